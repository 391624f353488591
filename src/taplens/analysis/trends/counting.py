"""Counting events by period and group; pure, on arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taplens.analysis.trends.lives import Array, Events


@dataclass(frozen=True, slots=True)
class Groups:
    """Which groups an item counts in: those of item i are `group[offsets[i]:offsets[i + 1]]`.

    `count` is how many groups there are.
    """

    offsets: Array
    group: Array
    count: int


def grouped(groups: Groups, events: Events) -> tuple[Array, Array]:
    """The times of the events and their groups: an event in several groups once for each."""
    starts = groups.offsets[events.item]
    sizes = groups.offsets[events.item + 1] - starts
    firsts = np.repeat(starts - np.append(0, np.cumsum(sizes)[:-1])[: len(sizes)], sizes)
    return np.repeat(events.at, sizes), groups.group[firsts + np.arange(len(firsts))]


def happened(at: Array, group: Array, count: int, edges: Array) -> Array:
    """How many of these times lie in each period, by group: an array (groups, periods)."""
    period = np.searchsorted(edges, at, side="right") - 1
    inside = (period >= 0) & (period < len(edges) - 1)
    return _counted(group[inside], period[inside], count, len(edges) - 1)


def begun(at: Array, group: Array, count: int, edges: Array) -> Array:
    """How many of these times lie before the end of each period, by group (groups, periods)."""
    period = np.searchsorted(edges[1:], at, side="right")
    inside = period < len(edges) - 1
    counts = _counted(group[inside], period[inside], count, len(edges) - 1)
    total: Array = np.cumsum(counts, axis=1)
    return total


def _counted(group: Array, period: Array, groups: int, periods: int) -> Array:
    places = np.bincount(group * periods + period, minlength=groups * periods)
    return places.reshape(groups, periods)
