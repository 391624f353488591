"""When items came, were open and were closed: from their statuses over time; pure, on arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

UNSET = -(2**62)  # a time that isn't known
NEVER = 2**62  # a time that doesn't come
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Items:
    """n items: times in UTC epoch seconds, UNSET or NEVER where there is none.

    `finished` is what the item itself says of its end, `removed` when it was removed (UNSET where
    that isn't known: then it counts as open at no time); `status` is the present one, as a code.
    """

    created: Array
    is_open: Array
    finished: Array
    removed: Array
    status: Array


@dataclass(frozen=True, slots=True)
class Stays:
    """m stays in a status, in the order of items and, of each item, of time.

    `item` is a place in Items, `began` UTC epoch seconds, `is_end` whether the status is an end
    state, `status` its code.
    """

    item: Array
    began: Array
    is_end: Array
    status: Array


@dataclass(frozen=True, slots=True)
class Events:
    """Things that happened: when (`at`), to which item (its place), in or into which status."""

    at: Array
    item: Array
    status: Array


@dataclass(frozen=True, slots=True)
class Lives:
    """What happened to items, each in the order of time.

    They are created and closed once each, opened and ended perhaps often: between the two they
    were open. `undated` are the places of items that are closed, nobody knows since when, and
    `uncreated` of those whose creation isn't known; both are left out (the undated of all but
    `created`).
    """

    created: Events
    closed: Events
    opened: Events
    ended: Events
    undated: Array
    uncreated: Array


def lives(items: Items, stays: Stays) -> Lives:
    """The lives of `items`.

    An item is open in every status that is no end state. It is closed, if it is now, since its
    last entry into one from another status. An item whose stays don't lead to what it is now has
    had its present status since it was created, or, closed, is closed since the time it tells.
    A stay that begins before the one before it (or before the creation) begins with it.
    """
    known = items.created != UNSET
    stays = _trusted(items, stays, known)
    began, ended, first, last = _bounds(items, stays)
    bare = known.copy()  # without a history
    bare[stays.item] = False
    dated = bare & ~items.is_open & (items.finished != UNSET)
    finished = np.where(dated, np.maximum(items.finished, items.created), NEVER)

    whole, closers = np.flatnonzero(known), np.flatnonzero(dated)
    simple = np.flatnonzero(bare & (items.is_open | dated))
    spells, entry = np.flatnonzero(~stays.is_end), _last_entries(stays, last)
    status = items.status.copy()
    status[stays.item[first]] = stays.status[first]
    opened, over = _until_removed(
        items,
        _both(_of_stays(stays, spells, began), _of_items(items, simple, items.created)),
        np.concatenate([ended[spells], finished[simple]]),
    )
    return Lives(
        created=_in_time(Events(items.created[whole], whole, status[whole])),
        closed=_in_time(_both(_of_stays(stays, entry, began), _of_items(items, closers, finished))),
        opened=_in_time(opened),
        ended=_in_time(over),
        undated=np.flatnonzero(bare & ~items.is_open & ~dated),
        uncreated=np.flatnonzero(~known),
    )


def _of_stays(stays: Stays, which: Array, began: Array) -> Events:
    return Events(began[which], stays.item[which], stays.status[which])


def _of_items(items: Items, which: Array, at: Array) -> Events:
    return Events(at[which], which, items.status[which])


def _both(one: Events, other: Events) -> Events:
    return Events(
        np.concatenate([one.at, other.at]),
        np.concatenate([one.item, other.item]),
        np.concatenate([one.status, other.status]),
    )


def _until_removed(items: Items, opened: Events, ends: Array) -> tuple[Events, Events]:
    """The openings that lasted for some time before the item was removed, and their ends."""
    ends = np.minimum(ends, items.removed[opened.item])
    lasting = opened.at < ends
    over = lasting & (ends != NEVER)
    ended = Events(ends[over], opened.item[over], opened.status[over])
    return Events(opened.at[lasting], opened.item[lasting], opened.status[lasting]), ended


def _trusted(items: Items, stays: Stays, known: Array) -> Stays:
    """The stays of items that were created and whose last stay says what they are now."""
    last = _lasts(stays)
    trusted = np.zeros(len(items.created), bool)
    owners = stays.item[last]
    trusted[owners] = known[owners] & (items.is_open[owners] != stays.is_end[last])
    kept = trusted[stays.item]
    return stays if kept.all() else Stays(*(column[kept] for column in _columns(stays)))


def _columns(stays: Stays) -> tuple[Array, Array, Array, Array]:
    return stays.item, stays.began, stays.is_end, stays.status


def _lasts(stays: Stays) -> Array:
    """The place of each item's last stay."""
    return np.flatnonzero(np.diff(stays.item, append=-1))


def _bounds(items: Items, stays: Stays) -> tuple[Array, Array, Array, Array]:
    """When each stay began and ended, never backwards, and the places of first and last ones."""
    first = np.flatnonzero(np.diff(stays.item, prepend=-1))
    last = _lasts(stays)
    began = stays.began.copy()
    began[first] = items.created[stays.item[first]]
    began = _never_backwards(began, first)
    ended = np.append(began[1:], NEVER)[: len(began)]
    ended[last] = NEVER
    return began, ended, first, last


def _never_backwards(times: Array, first: Array) -> Array:
    """The times of each run (they begin at the places `first`), each at least the one before."""
    if not len(times):
        return times
    steps = np.zeros(len(times), np.int64)
    steps[first[1:]] = times.max() - times.min() + 1  # lifts each run above all before it
    lift = np.cumsum(steps)
    found: Array = np.maximum.accumulate(times + lift) - lift
    return found


def _last_entries(stays: Stays, last: Array) -> Array:
    """The place of the stay by which each item that ends closed entered its last end states."""
    places = np.arange(len(stays.item))
    entering = stays.is_end.copy()
    entering[1:] &= ~(stays.is_end[:-1] & (stays.item[1:] == stays.item[:-1]))
    latest = np.maximum.accumulate(np.where(entering, places, -1))
    return latest[last[stays.is_end[last]]]


def _in_time(events: Events) -> Events:
    order = np.argsort(events.at)
    item, status = (column[order].astype(np.int32) for column in (events.item, events.status))
    return Events(events.at[order], item, status)
