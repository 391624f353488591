"""The question itself: what of which items, period by period, in which groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from taplens.analysis.labelling import free_name
from taplens.analysis.series import Series
from taplens.analysis.trends.counting import begun, happened
from taplens.analysis.trends.lives import Array, Events
from taplens.analysis.trends.periods import Periods, periods
from taplens.analysis.trends.reading import Past, chosen_places, past_of
from taplens.analysis.trends.splitting import Split, at_days, by_field, by_status, whole
from taplens.errors import ArgumentError
from taplens.filters import Query
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.compile import compile_query
from taplens.mirror.dimensions import Dimension, dimension
from taplens.mirror.scope import Notice, Scope
from taplens.mirror.snapshot.keeping import Source
from taplens.mirror.snapshot.matching import Selection

CREATED, CLOSED, OPEN = "created", "closed", "open"
MEASURES = (CREATED, CLOSED, OPEN)
MOST_LINES = 50  # groups shown beside the one of all others
OTHER, NONE = "other", "none"


@dataclass(frozen=True, slots=True)
class Trends:
    """Numbers by period: one series for each measure, and where they are split, each group.

    `measures` and `groups` are in the order of the series; `total` is how many items match. An
    item with several values of the field `by` ("": no split) counts in several groups.
    """

    total: int
    periods: Periods
    measures: tuple[str, ...]
    by: str
    groups: tuple[str, ...]
    series: tuple[Series, ...]
    warnings: tuple[Notice, ...]
    definitions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: the measures and fields of time, and how they are cut and split.

    `of` names MEASURES or any field of time; `since` and `until` are dates as filters have them;
    `by` is a field that items can be counted by ("": no split), of whose groups the `limit`
    largest are told apart.
    """

    of: tuple[str, ...] = MEASURES
    interval: str = "week"
    since: str = ""
    until: str = ""
    by: str = ""
    limit: int = 5


def trends(source: Source, query: Query, scope: Scope, asked: Asked) -> Trends:
    """What became of the items that `query` means, period by period; see docs/metrics.md.

    Raises FilterError for the filter, ArgumentError for everything else that is asked.
    """
    if not 1 <= asked.limit <= MOST_LINES:
        raise ArgumentError("limit_out_of_range", limit=asked.limit, most=MOST_LINES)
    compiled = compile_query(source.connection, query, scope)
    fields = _time_fields(compiled.catalogue, asked.of or MEASURES)
    split_by = dimension(compiled.catalogue, asked.by) if asked.by else None
    span = periods(asked.interval, asked.since, asked.until, scope.now, past=OPEN in fields)
    chosen = source.snapshot.matching(source.connection, compiled)
    past = past_of(source)
    which = chosen_places(source, past, chosen)
    split = _split(source, past, chosen, split_by)
    numbers = {
        name: _numbers(past, which, split, np.array(span.edges), name)
        if field is None
        else _in_groups(split, at_days(source.snapshot, past, chosen, field), np.array(span.edges))
        for name, field in fields.items()
    }
    groups, series = _lines(split, numbers, asked.limit if split_by else None)
    return Trends(
        total=int(np.count_nonzero(which)),
        periods=span,
        measures=tuple(fields),
        by=split_by.name if split_by else "",
        groups=groups,
        series=series,
        warnings=(*compiled.warnings, *_left_out(past, which, fields)),
        definitions=compiled.definitions,
    )


def _time_fields(catalogue: Catalogue, names: Sequence[str]) -> dict[str, Dimension | None]:
    """What is counted, by name: a measure (None), or a field of time. Raises ArgumentError."""
    found: dict[str, Dimension | None] = {}
    for name in names:
        if name in MEASURES:
            found[name] = None
            continue
        field = dimension(catalogue, name)
        if not field.in_time:
            raise ArgumentError("trend_not_time", name=field.name)
        found[field.name] = None if field.name in MEASURES else field
    return found


def _split(source: Source, past: Past, chosen: Selection, by: Dimension | None) -> Split:
    if by is None:
        return whole()
    if by.name == "status":
        return by_status(past)
    return by_field(source.snapshot, past, chosen, by)


def _numbers(past: Past, which: Array, split: Split, edges: Array, name: str) -> Array:
    """A measure of the items `which`: an array (groups, periods)."""

    def chosen(events: Events) -> Events:
        kept = which[events.item]
        return Events(events.at[kept], events.item[kept], events.status[kept])

    lives, count = past.lives, len(split.names)
    if name == OPEN:
        opened: Array = begun(*split.of(chosen(lives.opened)), count, edges)
        return opened - begun(*split.of(chosen(lives.ended)), count, edges)
    return _in_groups(split, chosen(lives.created if name == CREATED else lives.closed), edges)


def _in_groups(split: Split, events: Events, edges: Array) -> Array:
    """How many of the events lie in each period: an array (groups, periods)."""
    return happened(*split.of(events), len(split.names), edges)


def _lines(
    split: Split, numbers: Mapping[str, Array], limit: int | None
) -> tuple[tuple[str, ...], tuple[Series, ...]]:
    """The groups that are told apart, the largest first, and their series."""
    if limit is None:
        return (), tuple(_series(name, "", lines[0]) for name, lines in numbers.items())
    sizes = sum(lines.sum(axis=1) for lines in numbers.values())
    rest = len(split.names) - 1
    order = [group for group in np.argsort(-sizes, kind="stable").tolist() if group != rest]
    kept = [group for group in order[:limit] if sizes[group]]
    others = [*order[limit:], rest]
    told: list[str] = []
    for group in kept:
        name = split.names[group]
        told.append(NONE if name is None else free_name(name, {OTHER, NONE, *told}))
    if sizes[others].any() or not told:  # of nothing, too, there are zeros
        told.append(OTHER)
    series = [
        _series(name, group, line)
        for name, lines in numbers.items()
        for group, line in zip(told, [*lines[kept], lines[others].sum(axis=0)], strict=False)
    ]
    return tuple(told), tuple(series)


def _series(name: str, group: str, line: Array) -> Series:
    return Series(name, group, tuple(line.tolist()))


def _left_out(past: Past, which: Array, names: Mapping[str, object]) -> Iterator[Notice]:
    """What had to be left out, counted."""
    told = {
        "trend_uncreated": (past.lives.uncreated, MEASURES),
        "trend_undated": (past.lives.undated, (CLOSED, OPEN)),
        "trend_unplaced": (past.unplaced, (OPEN,)),
    }
    for code, (places, measures) in told.items():
        count = int(np.count_nonzero(which[places]))
        if count and any(name in names for name in measures):
            yield Notice(code, {"count": count})
