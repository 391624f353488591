"""Looking up many codes at once, by arrays as long as the largest: no search is as fast."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from taplens.analysis.flow.histories import Ints


def numbered(codes: NDArray[Any]) -> tuple[Ints, Ints]:
    """The distinct codes (whole numbers from -1 up), rising, and of each code its place in them."""
    shifted = codes.astype(np.int64) + 1
    distinct = np.flatnonzero(np.bincount(shifted))
    return distinct - 1, places_of(distinct, shifted)


def places_of(among: Ints, codes: NDArray[Any]) -> Ints:
    """Of each of `codes` the place in `among` (distinct, rising, not negative); -1 for no place."""
    largest = max(int(column.max(initial=0)) for column in (among, codes))
    lookup = np.full(largest + 1, -1, np.int64)
    lookup[among] = np.arange(len(among))
    found: Ints = lookup[codes]
    return found
