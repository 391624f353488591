"""Forecasts: Monte Carlo over a team's own days, each drawn again from those that were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

FEWEST_RUNS, MOST_RUNS = 100, 100_000
LONGEST_DAYS = 3_653  # ten years: what lies beyond isn't a forecast
CONFIDENCES = (50, 70, 85, 95)
_SHORTEST_STRIDE = 64  # days: fewer are drawn as fast one by one
_LARGEST_SUM = 1_000_000  # items: the distribution of a stride's sum has a number for each
_AT_ONCE = 150_000  # draws held in memory: as many as stay near the processor


@dataclass(frozen=True)
class Fan:
    """For each of CONFIDENCES (percent): after how many days, or how many items.

    None: not within LONGEST_DAYS.
    """

    values: tuple[int | None, ...]


def days_needed(throughput: Ints, scope: int, *, runs: int, seed: int) -> Ints:
    """Of each run, the day (1: the first) by which `scope` items are done.

    `throughput` is what was finished on each day of the past; every day to come is one of them,
    drawn with equal chances and independently. A run that isn't done after LONGEST_DAYS is told
    as LONGEST_DAYS + 1. The same seed draws the same days.
    """
    if scope <= 0:
        return np.zeros(runs, np.int64)
    drawing, strides = np.random.Generator(np.random.PCG64(seed)), _Strides(throughput)
    needed = np.full(runs, LONGEST_DAYS + 1)
    waiting, left = np.arange(runs), np.full(runs, scope)
    passed = 0
    while len(waiting) and passed < LONGEST_DAYS:
        days = strides.longest(min(strides.surely_short(left), LONGEST_DAYS - passed))
        if days:
            left = left - strides.drawn(drawing, days, len(waiting))
        else:
            days = min(_most_days(waiting), _guess(throughput, left), LONGEST_DAYS - passed)
            drawn = _drawn(drawing, throughput, (days, len(waiting)))
            done = drawn.sum(axis=0, dtype=np.int64)
            reached = done >= left
            # Of a rising column, how many of its days weren't enough.
            rising = drawn[:, reached].cumsum(axis=0, dtype=np.int64)
            needed[waiting[reached]] = passed + 1 + (rising < left[reached]).sum(axis=0)
            waiting, left = waiting[~reached], (left - done)[~reached]
        passed += days
    return needed


class _Strides:
    """Draws what is done in many days at once, from the exact distribution of such a sum.

    A stride is a power of two of days: its distribution is that of the half one, twice.
    """

    def __init__(self, throughput: Ints) -> None:
        self._most = int(throughput.max())
        self._chances = [np.bincount(throughput) / len(throughput)]
        self._sums: dict[int, NDArray[np.float64]] = {}

    def surely_short(self, left: Ints) -> int:
        """Days in which not even the run with the least left can be done."""
        return (int(left.min()) - 1) // self._most if self._most else LONGEST_DAYS

    def longest(self, days: int) -> int:
        """The longest stride within `days`; 0 where single days are as fast, or smaller."""
        days = min(days, _LARGEST_SUM // max(self._most, 1))
        return 1 << (days.bit_length() - 1) if days >= _SHORTEST_STRIDE else 0

    def drawn(self, drawing: np.random.Generator, days: int, runs: int) -> Ints:
        """What is done in each of so many runs in `days` days, a stride."""
        if days not in self._sums:
            sums = np.cumsum(self._of(days.bit_length() - 1))
            self._sums[days] = sums / sums[-1]
        found: Ints = np.searchsorted(self._sums[days], drawing.random(runs), side="right")
        return found

    def _of(self, level: int) -> NDArray[np.float64]:
        """The chances of each sum over 2 ** level days."""
        while len(self._chances) <= level:
            half = self._chances[-1]
            size = 2 * len(half) - 1
            length = 1 << size.bit_length()
            whole = np.fft.irfft(np.fft.rfft(half, length) ** 2, length)[:size]
            self._chances.append(np.maximum(whole, 0.0))  # what lies below is rounding
        return self._chances[level]


def _most_days(waiting: Ints) -> int:
    return max(_AT_ONCE // len(waiting), 1)


def _guess(throughput: Ints, left: Ints) -> int:
    """Days after which most runs should be done: more drawn at once would be drawn in vain."""
    mean = float(throughput.mean())
    return max(int(left.max() / mean * 1.2) + 8, 1) if mean else LONGEST_DAYS


def done_within(throughput: Ints, days: int, *, runs: int, seed: int) -> Ints:
    """Of each run, how many items are done in `days` days, drawn as for `days_needed`."""
    drawing = np.random.Generator(np.random.PCG64(seed))
    strides = _Strides(throughput)
    total = np.zeros(runs, np.int64)
    while days:
        if some := strides.longest(days):
            total += strides.drawn(drawing, some, runs)
        else:
            some = min(_most_days(total), days)
            total += _drawn(drawing, throughput, (some, runs)).sum(axis=0, dtype=np.int64)
        days -= some
    return total


def course(
    throughput: Ints, days: int, shares: Sequence[float], *, runs: int, seed: int
) -> NDArray[np.float64]:
    """How many items are done after each of `days` days: percentiles, shape (shares, days)."""
    drawing = np.random.Generator(np.random.PCG64(seed))
    total, lines = np.zeros(runs, np.int64), []
    for _ in range(days):
        total += _drawn(drawing, throughput, (1, runs))[0]
        lines.append(np.percentile(total, shares))
    return np.array(lines).reshape(days, len(shares)).T


def _drawn(
    drawing: np.random.Generator, throughput: Ints, shape: tuple[int, int]
) -> NDArray[np.int32]:
    return throughput.astype(np.int32).take(
        drawing.integers(0, len(throughput), shape, dtype=np.uint16)
    )


def done_by(needed: Ints) -> Fan:
    """After how many days so many percent of the runs are done."""
    ranked = np.sort(needed)
    found = (int(ranked[_rank(len(ranked), share)]) for share in CONFIDENCES)
    return Fan(tuple(days if days <= LONGEST_DAYS else None for days in found))


def at_least(done: Ints) -> Fan:
    """How many items so many percent of the runs finish at the least."""
    ranked = np.sort(done)[::-1]
    return Fan(tuple(int(ranked[_rank(len(ranked), share)]) for share in CONFIDENCES))


def _rank(size: int, share: int) -> int:
    """The place (from 0) of the value that `share` percent of `size` ranked ones reach."""
    return max(-(-size * share // 100) - 1, 0)
