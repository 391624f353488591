"""A dictionary that stays small whatever names it is asked to remember."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Bounded(dict[K, V]):
    """Holds at most `most` entries: before one more, those that are idle are forgotten.

    Where that is not enough, the oldest are: down to three quarters, so that it is rarely done.
    New entries must come in by `remember`.
    """

    def __init__(self, most: int, is_idle: Callable[[V], bool]) -> None:
        super().__init__()
        self._most = most
        self._is_idle = is_idle

    def remember(self, key: K, value: V) -> V:
        """Put `value` in, and give it back."""
        if len(self) >= self._most:
            self._make_room()
        self[key] = value
        return value

    def _make_room(self) -> None:
        for key in [key for key, value in self.items() if self._is_idle(value)]:
            del self[key]
        too_many = len(self) - self._most * 3 // 4
        for key in list(self)[: max(0, too_many)]:
            del self[key]
