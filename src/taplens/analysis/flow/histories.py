"""The status histories of items as arrays: what every flow metric is computed from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

NOT_STARTED, IN_PROGRESS, ENDED = 0, 1, 2
STAGES = ("not_started", "in_progress", "ended")

# Instants that are none, far outside the calendar; still small enough that an item's number times
# the distance between them fits into 64 bits.
MISSING, FOREVER = -(2**40), 2**40
_APART = 2**42


@dataclass(frozen=True)
class Histories:
    """The histories of n items: m stays in statuses, each item's together and in their order.

    All instants are UTC epoch seconds, MISSING where unknown. A stay lasts until the item's next
    one begins, the last lasts still. Every item has at least one: an item that never moved has had
    its present status since it was created.

    Of an item: `key` (mirror), `created`, `known_from` (every move since then is known; MISSING
    where all are), `told` (when a field of TAPD's says that it ended) and `removed` (since when it
    is gone; FOREVER where it isn't, MISSING where nobody knows). Its stays are
    `offsets[i]:offsets[i + 1]` of `status` (code), `stage` (NOT_STARTED, IN_PROGRESS, ENDED) and
    `began`. `now` is the time of the question.
    """

    key: Ints
    created: Ints
    known_from: Ints
    told: Ints
    removed: Ints
    offsets: Ints
    status: Ints
    stage: NDArray[np.int8]
    began: Ints
    now: int

    @property
    def size(self) -> int:
        """How many items there are."""
        return len(self.key)

    @cached_property
    def owner(self) -> Ints:
        """Of each stay, the number (from 0) of its item."""
        return np.repeat(np.arange(self.size), np.diff(self.offsets))

    @cached_property
    def is_first(self) -> Flags:
        """Of each stay, whether it is its item's first."""
        flags = np.zeros(len(self.began), np.bool_)
        flags[self.offsets[:-1]] = True
        return flags

    @cached_property
    def is_last(self) -> Flags:
        """Of each stay, whether it is its item's last."""
        flags = np.zeros(len(self.began), np.bool_)
        flags[self.offsets[1:] - 1] = True
        return flags

    @cached_property
    def is_whole(self) -> Flags:
        """Of each item, whether all its moves are known."""
        whole: Flags = (self.created != MISSING) & (self.created >= self.known_from)
        return whole

    @cached_property
    def enters_end(self) -> Flags:
        """Of each stay, whether the item came into the end states with it."""
        ended = self.stage == ENDED
        flags: Flags = ended & (self.is_first | ~_shifted(ended, 1))
        return flags

    @cached_property
    def leaves_end(self) -> Flags:
        """Of each stay, whether the item left the end states at its end: it was reopened."""
        ended = self.stage == ENDED
        flags: Flags = ended & ~self.is_last & ~_shifted(ended, -1)
        return flags

    @cached_property
    def line(self) -> Ints:
        """The begins on one rising line: `owner * _APART + began`, none before an earlier one.

        Where the clock went backwards a stay begins when the one before it did.
        """
        return np.maximum.accumulate(self.owner * _APART + self.began)

    @cached_property
    def entered(self) -> Ints:
        """`began`, but never before the item's earlier stays."""
        return self.line - self.owner * _APART

    @cached_property
    def left(self) -> Ints:
        """When each stay ended, with the item's removal at the latest; FOREVER where it lasts.

        Never before it began: what was removed nobody knows when stood nowhere.
        """
        left = np.where(self.is_last, FOREVER, np.append(self.entered[1:], FOREVER))
        return np.maximum(np.minimum(left, self.removed[self.owner]), self.entered)

    @property
    def unplaced(self) -> dict[str, int]:
        """How many items were removed nobody knows when, by reason as others are left out."""
        count = int(np.count_nonzero(self.removed == MISSING))
        return {"removed_unknown": count} if count else {}

    def first_where(self, flags: Flags) -> Ints:
        """The first stay of each item at which `flags` (one a stay) holds; -1 where none is."""
        return _reduced(np.minimum, self.offsets, np.where(flags, _numbers(flags), len(flags)))

    def last_where(self, flags: Flags) -> Ints:
        """The last stay of each item at which `flags` (one a stay) holds; -1 where none is."""
        return _reduced(np.maximum, self.offsets, np.where(flags, _numbers(flags), -1))


def _shifted(flags: Flags, places: int) -> Flags:
    """The flags of the stays before (1) or after (-1); what comes round belongs to another item."""
    return np.roll(flags, places)


def _numbers(flags: Flags) -> Ints:
    return np.arange(len(flags))


def _reduced(function: Any, offsets: Ints, places: Ints) -> Ints:
    if not len(places):
        return np.zeros(0, np.int64)
    found: Ints = function.reduceat(places, offsets[:-1])
    return np.where(found < len(places), found, -1)
