"""Burn-down and burn-up: an iteration's scope and what of it was done, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taplens.analysis.flow.counting import lasting
from taplens.analysis.flow.histories import ENDED, FOREVER, MISSING, Histories, Ints


@dataclass(frozen=True)
class Burn:
    """At each end of a day: how many items are in the iteration, and how many of them are done."""

    scope: Ints
    done: Ints


@dataclass(frozen=True)
class Memberships:
    """Stretches of time that items spent in an iteration: UTC epoch seconds, `left` excluded.

    `items` are numbers of items in the histories; `left` is FOREVER where the item is still in it.
    """

    items: Ints
    joined: Ints
    left: Ints


def memberships(
    histories: Histories,
    present: Ints,
    changes: tuple[Ints, Ints, Ints, Ints],
    wanted: Sequence[int],
) -> Memberships:
    """When items were in one of the iterations with the codes `wanted`.

    `present` is the iteration each item is in now; `changes` are the moves between iterations as
    (item's number, when, old, new), in the order of item and time. Before its first move an item
    was where that came from, without moves always where it is; since the last one it is where it
    is now, whatever the move says: moves may name iterations that have since been renamed.
    """
    items, when, old, new = changes
    first = np.append(True, items[1:] != items[:-1])[: len(items)]
    last = np.append(items[1:] != items[:-1], True)[: len(items)]
    stayed = np.ones(histories.size, np.bool_)
    stayed[items] = False
    unmoved = np.flatnonzero(stayed)
    came = np.concatenate([histories.created[unmoved], histories.created[items[first]], when])
    went = np.concatenate(
        [
            np.full(len(unmoved), FOREVER),
            when[first],
            np.where(last, FOREVER, np.append(when[1:], FOREVER)[: len(when)]),
        ]
    )
    where = np.concatenate([present[unmoved], old[first], np.where(last, present[items], new)])
    held = np.concatenate([unmoved, items[first], items])
    inside = np.isin(where, wanted) & (went > came)
    return Memberships(held[inside], came[inside], went[inside])


def burn(histories: Histories, inside: Memberships, ends: Ints) -> Burn:
    """Scope and done just before each of `ends` (rising instants)."""
    # Each stay of an item with each of its memberships: what both last for.
    stays = np.diff(histories.offsets)[inside.items]
    which = np.repeat(np.arange(len(stays)), stays)
    step = np.arange(len(which)) - np.repeat(np.cumsum(stays) - stays, stays)
    stay = histories.offsets[inside.items][which] + step
    began = np.maximum(inside.joined[which], histories.entered[stay])
    over = np.minimum(inside.left[which], histories.left[stay])
    there = (began < over) & (histories.entered[stay] != MISSING)
    done = (histories.stage[stay] == ENDED)[there].astype(np.int64)
    undone, ready = lasting(began[there], over[there], done, 2, ends)
    return Burn(undone + ready, ready)
