"""Into which groups items, and what happened to them, fall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from taplens.analysis.labelling import Labelling
from taplens.analysis.spread import spread
from taplens.analysis.trends.counting import Groups, grouped
from taplens.analysis.trends.lives import UNSET, Array, Events
from taplens.analysis.trends.reading import Past
from taplens.clock import day_start
from taplens.mirror.dimensions import Dimension
from taplens.mirror.snapshot.matching import Selection
from taplens.mirror.snapshot.opened import Snapshot

MOST_GROUPS = 200  # the smaller ones beyond are one from the beginning


@dataclass(frozen=True, slots=True)
class Split:
    """Groups by name (None: the items without a value), and who tells which events fall where.

    `of(events)` gives times and groups (places in `names`): an event once for each of its groups.
    The last group is what stands in no other.
    """

    names: tuple[str | None, ...]
    of: Callable[[Events], tuple[Array, Array]]


def whole() -> Split:
    """No split: one group."""
    return Split((None,), lambda events: (events.at, np.zeros(len(events.at), np.int64)))


def by_status(past: Past) -> Split:
    """By the status in which, or into which, something happened."""
    names = (*past.labels, None, None)
    none = len(past.labels)
    return Split(names, lambda e: (e.at, np.where(e.status < 0, none, e.status).astype(np.int64)))


def by_field(snapshot: Snapshot, past: Past, chosen: Selection, entry: Dimension) -> Split:
    """By the present values of a field."""
    places, codes, values = read_values(snapshot, past, chosen, entry)
    words = Labelling.of(entry, [*values, None])
    labels = [words.shown[words.word[value]][1] for value in [*values, None]]
    number = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    places, found = _once(places, np.array([number[label] for label in labels])[codes])
    order = np.argsort(-np.bincount(found, minlength=len(number)), kind="stable")[:MOST_GROUPS]
    everything = list(number)
    names = [everything[place] for place in order.tolist()]
    group_of = np.full(len(number), len(names))
    group_of[order] = np.arange(len(names))
    places, groups = _once(places, group_of[found])
    offsets = np.append(0, np.cumsum(np.bincount(places, minlength=len(past.keys))))
    known = Groups(offsets, groups[np.argsort(places, kind="stable")], len(names) + 1)
    return Split((*names, None), lambda events: grouped(known, events))


def _once(places: Array, groups: Array) -> tuple[Array, Array]:
    """Each item once in each of its groups."""
    width = 1 + groups.max(initial=0)
    pairs = places * width + groups
    if np.bincount(places).max(initial=0) > 1:
        pairs = np.unique(pairs)
    return pairs // width, pairs % width


def read_values(
    snapshot: Snapshot, past: Past, chosen: Selection, entry: Dimension
) -> tuple[Array, Array, list[Any]]:
    """Each chosen item's values of a dimension: places, codes, and what the codes stand for.

    The code beyond the last value stands for none.
    """
    parts = spread(chosen, [entry])
    read = snapshot.columns(
        f"{parts.common} SELECT chosen.key, {parts.values[0]} AS value"  # noqa: S608
        f" FROM {parts.source}",
        parts.parameters,
    )
    empty = np.ma.getmaskarray(read["value"])
    held = np.ma.getdata(read["value"])
    values, inverse = np.unique(held[~empty], return_inverse=True)
    codes = np.full(len(empty), len(values))
    codes[~empty] = inverse
    return np.searchsorted(past.keys, read["key"]), codes, values.tolist()


def at_days(snapshot: Snapshot, past: Past, chosen: Selection, entry: Dimension) -> Events:
    """The days that a time field of the chosen items names, as events in their present status."""
    places, codes, values = read_values(snapshot, past, chosen, entry)
    shown = entry.shown(values)
    days = [_start_of(shown[value][0]) if value in shown else UNSET for value in values]
    at = np.array([*days, UNSET], dtype=np.int64)[codes]
    known = at != UNSET
    return Events(at[known], places[known], past.status[places[known]])


def _start_of(day: str) -> int:
    """When a day begins; UNSET for what is no day: anything may have been typed into a field."""
    try:
        return day_start(date.fromisoformat(day))
    except ValueError:
        return UNSET
