"""Counting items, by up to two dimensions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest

from taplens.analysis.labelling import Labelling
from taplens.analysis.tally import Codes, tally
from taplens.errors import ArgumentError
from taplens.filters import Query
from taplens.mirror.compile import compile_query
from taplens.mirror.dimensions import Dimension, dimension
from taplens.mirror.scope import Notice, Scope
from taplens.mirror.snapshot.keeping import Source

MOST_GROUPS = 1_000_000
MOST_DIMENSIONS = 2
# Above this many groups only the largest are given words, and none are merged by them.
_MOST_WORDED = 5_000


@dataclass(frozen=True, slots=True)
class Group:
    """The items that share values; a value is None where the items have none.

    `values` are what a filter takes for them, `labels` the team's words.
    """

    values: tuple[str | None, ...]
    labels: tuple[str | None, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How many items match, by the dimensions asked for.

    `other` counts what stands in groups beyond the limit. Where an item can have several
    values (`overlapping`) it counts in each of its groups, so that they sum to more than `total`.
    """

    total: int
    by: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    other: int = 0
    overlapping: bool = False
    warnings: tuple[Notice, ...] = ()
    definitions: tuple[str, ...] = ()


def count_items(
    source: Source, query: Query, scope: Scope, *, by: Sequence[str] = (), limit: int = 50
) -> Counted:
    """How many items `query` means, in groups `by` at most two fields.

    A field may be any mirrored one but texts; times are grouped by day, or as `created:month`
    (day, week, month, year) says. Groups come by size, groups in time by time (the newest
    `limit` of them). Raises FilterError for the filter, ArgumentError for `by` and `limit`.
    """
    if not 1 <= limit <= MOST_GROUPS:
        raise ArgumentError("limit_out_of_range", limit=limit, most=MOST_GROUPS)
    if len(by) > MOST_DIMENSIONS:
        raise ArgumentError("group_too_many", most=MOST_DIMENSIONS)
    compiled = compile_query(source.connection, query, scope)
    dimensions = [dimension(compiled.catalogue, name) for name in by]
    names = tuple(entry.name for entry in dimensions)
    if len(set(names)) < len(names):
        raise ArgumentError("group_twice", name=names[0])
    definitions = dict.fromkeys(compiled.definitions)
    if "open" in names:
        definitions["definition.open"] = None
    chosen = source.snapshot.matching(source.connection, compiled)
    tallied = tally(source.snapshot, chosen, dimensions)
    groups, other = _groups(dimensions, tallied.counts, limit) if dimensions else ((), 0)
    return Counted(
        tallied.total,
        names,
        groups,
        other,
        tallied.overlapping,
        compiled.warnings,
        tuple(definitions),
    )


def _groups(
    dimensions: Sequence[Dimension], counts: Counter[Codes], limit: int
) -> tuple[tuple[Group, ...], int]:
    """The groups that are kept, in words, and how many items stand in the others."""
    everything, in_time = counts.total(), dimensions[0].in_time
    if len(counts) > _MOST_WORDED and not in_time:
        counts = _largest(counts, limit)
    words = [
        Labelling.of(entry, {codes[place] for codes in counts})
        for place, entry in enumerate(dimensions)
    ]
    merged: Counter[Codes] = Counter()
    for codes, count in counts.items():
        merged[tuple([entry.word[code] for entry, code in zip(words, codes, strict=True)])] += count
    if in_time:
        kept = _newest(words, merged, limit)
    else:
        groups = [_group(words, *entry) for entry in _largest(merged, limit).items()]
        kept = sorted(groups, key=_by_size)[:limit]
    return tuple(kept), everything - sum(group.count for group in kept)


def _largest(counts: Counter[Codes], limit: int) -> Counter[Codes]:
    """The `limit` largest, and those as large as the last of them."""
    least = nlargest(limit, counts.values())[-1:]
    return Counter({codes: count for codes, count in counts.items() if [count] >= least})


def _by_size(group: Group) -> tuple[object, ...]:
    return (-group.count, *(label or "" for label in group.labels))


def _newest(words: Sequence[Labelling], merged: Counter[Codes], limit: int) -> list[Group]:
    """The newest that fit, in the order of time; what has no time comes last."""
    times = words[0].shown
    order = sorted(merged, key=lambda identity: (times[identity[0]][0] or "", merged[identity]))
    groups = [_group(words, identity, merged[identity]) for identity in order[-limit:]]
    return sorted(
        groups, key=lambda group: (group.values[0] is None, group.values[0] or "", _by_size(group))
    )


def _group(words: Sequence[Labelling], identity: Codes, count: int) -> Group:
    pairs = [entry.shown[word] for entry, word in zip(words, identity, strict=True)]
    return Group(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs), count)
