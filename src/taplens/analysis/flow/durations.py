"""Percentiles, means and counts of lengths of time, for many groups at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from taplens.analysis.flow.histories import Ints

Floats: TypeAlias = NDArray[np.float64]

DAY = 86_400
PERCENTILES = (50, 75, 85, 95)


@dataclass(frozen=True)
class Durations:
    """Of each group: `count`, `total` and `mean` (seconds), and a row of `percentiles` (seconds).

    A group of nothing has NaN for its mean and percentiles.
    """

    count: Ints
    total: Ints
    mean: Floats
    percentiles: Floats


def durations(
    seconds: Ints, groups: Ints, size: int, percentiles: tuple[int, ...] = PERCENTILES
) -> Durations:
    """What `seconds` amount to in each of the groups 0 to `size - 1`; `groups` names each one's.

    A percentile lies between the two nearest values, as far as it is from each (the linear way:
    Hyndman & Fan 1996, type 7).
    """
    order = np.lexsort((seconds, groups))
    values = seconds[order]
    count = np.bincount(groups, minlength=size)
    total = _sums(values, count)
    with np.errstate(invalid="ignore"):
        mean = total / np.where(count, count, np.nan)
    begin = np.cumsum(count) - count
    places = (count[:, None] - 1) * (np.array(percentiles) / 100)
    low = np.floor(places).astype(np.int64)
    share = places - low
    high = np.minimum(low + 1, count[:, None] - 1)
    filled = np.append(values, 0)  # what an empty last group points to
    below, above = (filled[np.maximum(begin[:, None] + place, 0)] for place in (low, high))
    found = np.where(count[:, None] > 0, below + (above - below) * share, np.nan)
    return Durations(count, total, mean, found)


def _sums(values: Ints, count: Ints) -> Ints:
    """The sums of consecutive runs of `count` values, exactly."""
    ends = np.cumsum(count)
    running = np.append(0, np.cumsum(values))
    sums: Ints = running[ends] - running[ends - count]
    return sums
