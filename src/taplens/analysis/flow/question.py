"""What is asked of the flow, what is found, and what all metrics read to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from taplens.analysis.flow.groups import Groups, groups_of
from taplens.analysis.flow.histories import STAGES, Histories, Ints
from taplens.analysis.flow.milestones import Milestones, milestones
from taplens.analysis.flow.reading import Read, read_histories
from taplens.analysis.flow.rules import Rules
from taplens.analysis.flow.spans import Span, span_of
from taplens.analysis.flow.telling import Row
from taplens.analysis.trends.periods import Periods, periods
from taplens.filters import Query
from taplens.mirror.compile import compile_query
from taplens.mirror.scope import Scope

if TYPE_CHECKING:
    from taplens.mirror.snapshot.keeping import Source

Definition = tuple[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question on the flow of the items that `where` means.

    `since` and `until` are dates as filters take them ("" for the default); `by` a field to split
    by, `interval` one of day, week, month ("": as the metric does); `start` and `stop` statuses
    that change the rule (flow.rules); `limit` how many groups or items are told.
    """

    where: Query
    since: str = ""
    until: str = ""
    by: str = ""
    interval: str = ""
    start: Sequence[str] = ()
    stop: Sequence[str] = ()
    limit: int = 20


@dataclass(slots=True, kw_only=True)
class Found:
    """An answer: rows as they are told, of `total` items.

    `left_out` counts items that couldn't be reckoned with, by reason; `items` are keys of the
    single items that rows name; `other` counts items in groups beyond the limit; `definitions` are
    catalogue keys with parameters, which are lists of words. `span` is the time it is about, which
    `from_history` says it knows from the history of statuses. `seconds` are lengths of time whose
    distribution can be drawn; `due` is the last day that was planned (ISO).
    """

    rows: list[Row]
    total: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    items: Sequence[int] = ()
    other: int = 0
    overlapping: bool = False
    definitions: tuple[Definition, ...] = ()
    span: Span | None = None
    from_history: bool = True
    seconds: Ints | None = None
    due: str | None = None


class Question:
    """One question, read from one version of the mirror; what it needs is read when it does."""

    def __init__(
        self, source: Source, scope: Scope, asked: Asked, over: Periods | None = None
    ) -> None:
        """`over` are the periods it goes by, where they don't follow from what is asked.

        Raises FilterError for the filter, ArgumentError for the other arguments.
        """
        self.source = source
        self.scope = scope
        self.asked = asked
        self._over = over
        self.span = self._span()
        self.compiled = compile_query(source.connection, asked.where, scope, finished_work=True)
        self.catalogue = self.compiled.catalogue
        self.rules = Rules(self.catalogue, asked.start, asked.stop)
        self.selection = source.snapshot.matching(source.connection, self.compiled)

    @cached_property
    def read(self) -> Read:
        """The histories of the items, with what their codes mean."""
        return read_histories(
            self.source, self.catalogue, self.selection, self.rules, self.scope.now
        )

    @property
    def histories(self) -> Histories:
        """The histories of the items."""
        return self.read.histories

    @cached_property
    def reached(self) -> Milestones:
        """When the items were started and finished."""
        return milestones(self.histories)

    @cached_property
    def periods(self) -> Periods:
        """The whole periods that are asked for; none lies after today."""
        asked = self.asked
        return self._over or periods(
            asked.interval, asked.since, asked.until, self.scope.now, past=True
        )

    @cached_property
    def edges(self) -> Ints:
        """The instants between the periods; the last of them ends now."""
        edges: Ints = np.minimum(np.array(self.periods.edges), self.scope.now + 1)
        return edges

    def _span(self) -> Span:
        if not self.asked.interval:
            return span_of(self.asked.since, self.asked.until, self.scope.now)
        return Span(int(self.edges[0]), int(self.edges[-1]))

    def groups(self, name: str) -> Groups:
        """The items in groups by the field `name`."""
        return groups_of(self.source, self.catalogue, self.histories.key, self.selection, name)

    def rule(self) -> Definition:
        """Which statuses count as what, in the team's words."""
        return "definition.flow.rule", {stage: self.read.words.get(stage, ()) for stage in STAGES}


def whole(histories: Histories) -> Groups:
    """All items in one group."""
    numbers = np.arange(histories.size)
    return Groups("", numbers, np.zeros(histories.size, np.int64), ((None, None),))


def by_period(question: Question, instants: Ints) -> Groups:
    """Items by the period that holds their instant; those outside stand in none."""
    names = question.periods.names
    places = np.searchsorted(question.edges, instants, side="right") - 1
    items = np.flatnonzero((places >= 0) & (places < len(names)))
    return Groups("period", items, places[items], tuple((name, name) for name in names))
