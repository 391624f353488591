"""The question of a forecast: what is open, what the team finished a day, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from taplens.analysis.flow.counting import per_period
from taplens.analysis.flow.histories import Ints
from taplens.analysis.flow.milestones import milestones
from taplens.analysis.flow.reading import read_histories
from taplens.analysis.flow.rules import Rules
from taplens.analysis.flow.spans import named_time
from taplens.analysis.forecast import (
    LONGEST_DAYS,
    Fan,
    at_least,
    days_needed,
    done_by,
    done_within,
)
from taplens.clock import day_of, day_start
from taplens.errors import ArgumentError
from taplens.filters import And, Condition, Node, Not, Or, Query
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.compile import compile_query
from taplens.mirror.names import resolve
from taplens.mirror.scope import Notice, Scope
from taplens.mirror.snapshot.matching import Selection

if TYPE_CHECKING:
    from taplens.mirror.snapshot.keeping import Source

# What says which items are planned or open now: what was finished earlier isn't.
_OF_NOW = frozenset(("is", "open", "id", "status", "iteration", "release", "parent", "story"))
_TIMES = frozenset(("instant", "date"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedForecast:
    """When the open items that `where` means will be done; or, with `until` (a date as filters
    take it), how many items will be by then.

    The days of the last `days` days are drawn, in `runs` runs from `seed` on; what was finished
    on them is told by `pace`, else by `where` without its conditions on how things are now.
    """

    where: Query
    until: str = ""
    runs: int
    seed: int
    days: int
    pace: Query | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What follows: `fan` are days from `today` on (or how many items by `by`), for CONFIDENCES.

    `scope` items are open; `throughput` holds what was finished on each day from `first` on, which
    begins at `begin` (epoch seconds).
    """

    scope: int
    today: date
    by: date | None
    first: date
    begin: int
    throughput: Ints
    fan: Fan
    pace: Query
    warnings: tuple[Notice, ...]


def forecast(source: Source, scope: Scope, asked: AskedForecast) -> Forecast:
    """The forecast that is asked for.

    Raises FilterError for a filter; ArgumentError for `until`, and where nothing was finished.
    """
    today = day_of(scope.now)
    by = _day(asked.until, scope.now, today)
    compiled = compile_query(source.connection, asked.where, scope)
    selection = source.snapshot.matching(source.connection, compiled)
    ((count,),) = source.snapshot.rows(
        f"SELECT count(*) FROM item WHERE is_open AND removed IS NULL AND ({selection.sql})",  # noqa: S608
        selection.parameters,
    )
    pace = asked.pace or Query(lasting(compiled.catalogue, asked.where.where))
    first = today - timedelta(days=asked.days)
    throughput = _throughput(source, scope, pace, first, today)
    if not throughput.any() and (count or by):
        raise ArgumentError("forecast_nothing_finished", days=asked.days, first=first.isoformat())
    runs, seed = asked.runs, asked.seed
    if by:
        fan = at_least(done_within(throughput, (by - today).days, runs=runs, seed=seed))
    else:
        fan = done_by(days_needed(throughput, count, runs=runs, seed=seed))
    return Forecast(
        scope=count,
        today=today,
        by=by,
        first=first,
        begin=day_start(first),
        throughput=throughput,
        fan=fan,
        pace=pace,
        warnings=compiled.warnings,
    )


def _day(text: str, now: int, today: date) -> date | None:
    """The last day of the time that `text` names. Raises ArgumentError for none, or a past one."""
    if not text:
        return None
    day = day_of(named_time(text, now).end - 1)
    if not 0 < (day - today).days <= LONGEST_DAYS:
        raise ArgumentError("forecast_date", value=text[:40], last=_last(today).isoformat())
    return day


def _last(today: date) -> date:
    return today + timedelta(days=LONGEST_DAYS)


def _throughput(source: Source, scope: Scope, pace: Query, first: date, today: date) -> Ints:
    """How many items were finished on each day from `first` on, before `today`."""
    compiled = compile_query(source.connection, pace, scope, finished_work=True)
    selection = source.snapshot.matching(source.connection, compiled)
    begin = day_start(first)
    # Who was finished since then is closed, and has been modified since: few need to be read.
    selection = Selection(
        f"({selection.sql}) AND NOT is_open AND (modified IS NULL OR modified >= ?)",
        (*selection.parameters, begin),
    )
    rules = Rules(compiled.catalogue, (), ())
    read = read_histories(source, compiled.catalogue, selection, rules, scope.now)
    days = range((today - first).days + 1)
    ends = np.array([day_start(first + timedelta(days=number)) for number in days], np.int64)
    return per_period(milestones(read.histories).finished, ends)


def lasting(catalogue: Catalogue, node: Node | None) -> Node | None:
    """A filter without what it says of how things are now: open or not, planned, times, ids.

    Of a group joined by `or`, or turned round, nothing is kept that says so anywhere.
    """
    if isinstance(node, And):
        kept = [part for part in node.parts if not _mentions(catalogue, part)]
        return And(kept) if len(kept) > 1 else next(iter(kept), None)
    return None if node is None or _mentions(catalogue, node) else node


def _mentions(catalogue: Catalogue, node: Node) -> bool:
    match node:
        case And(parts) | Or(parts):
            return any(_mentions(catalogue, part) for part in parts)
        case Not(part):
            return _mentions(catalogue, part)
        case Condition():
            target = resolve(catalogue, node.field, node.position)
            if target.special == "removed":
                return node.operator != "unset"
            in_time = any(part.kind in _TIMES for part in target.parts)
            return in_time or (target.special or target.name) in _OF_NOW
    return False
