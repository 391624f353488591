"""Counts over time: what was finished in each period, what stood where at the end of each."""

from __future__ import annotations

import numpy as np

from taplens.analysis.flow.histories import MISSING, Histories, Ints


def per_period(instants: Ints, boundaries: Ints) -> Ints:
    """How many of `instants` lie in each of the periods between consecutive `boundaries`.

    A period holds its first instant and not the next one's. What lies outside isn't counted.
    """
    place = np.searchsorted(boundaries, instants, side="right") - 1
    inside = place[(place >= 0) & (place < len(boundaries) - 1)]
    return np.bincount(inside, minlength=len(boundaries) - 1)


def lasting(began: Ints, over: Ints, rows: Ints, size: int, ends: Ints) -> Ints:
    """How many stretches of time last just before each of `ends`: shape (size, ends).

    They last from `began` to `over` (excluded, never earlier); `rows` (0 to `size - 1`) says which
    row each counts in. Only what begins and ends is looked at, whatever lies between.
    """
    width = len(ends) + 1
    change = np.bincount(
        rows * width + np.searchsorted(ends, began, side="right"), minlength=size * width
    )
    change -= np.bincount(
        rows * width + np.searchsorted(ends, over, side="right"), minlength=size * width
    )
    counts: Ints = change.reshape(size, width).cumsum(axis=1)[:, :-1]
    return counts


def standing(histories: Histories, codes: Ints, size: int, ends: Ints) -> Ints:
    """How many items stood in each of `size` states at each of `ends`: shape (ends, states).

    `codes` gives the state (0 to `size - 1`) of each stay; `ends` rise, and an item counts where it
    stood just before such an instant. A stay that nobody knows the begin of isn't counted.
    """
    known = histories.entered != MISSING
    entered, left = histories.entered[known], histories.left[known]
    return lasting(entered, left, codes[known], size, ends).T
