"""Faults that are set and counted: how many requests each lets pass and how many it strikes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Generic, Protocol, TypeVar


class Countable(Protocol):
    """What every fault has: its kind, how many matching requests pass first (`after`), how many
    it strikes (`times`; None for all), and that it strikes only each `every`-th of them."""

    @property
    def kind(self) -> str: ...  # noqa: D102 - see the class
    @property
    def after(self) -> int: ...  # noqa: D102
    @property
    def times(self) -> int | None: ...  # noqa: D102
    @property
    def every(self) -> int: ...  # noqa: D102


F = TypeVar("F", bound=Countable)


@dataclass(slots=True)
class Armed(Generic[F]):
    """A fault that is set, with its counts."""

    number: int
    fault: F
    seen: int = 0
    struck: int = 0

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as it was meant to."""
        return self.fault.times is not None and self.struck >= self.fault.times

    def meets(self) -> bool:
        """Count a matching request; whether the fault strikes it."""
        self.seen += 1
        late = self.seen - self.fault.after
        if late <= 0 or late % self.fault.every or self.spent:
            return False
        self.struck += 1
        return True


class Armoury(Generic[F]):
    """The faults that are set. Not thread-safe: it lives on the server's event loop."""

    def __init__(self, kinds: Collection[str]) -> None:
        self._kinds = kinds
        self._armed: list[Armed[F]] = []
        self._numbers = itertools.count(1)

    def __iter__(self) -> Iterator[Armed[F]]:
        return iter(self._armed)

    def add(self, fault: F) -> int:
        """Set a fault; returns its number.

        Raises ValueError for an unknown kind, and for `every` below 1.
        """
        if fault.kind not in self._kinds:
            raise ValueError(f"unknown fault {fault.kind!r}; there are: {', '.join(self._kinds)}")
        if fault.every < 1:
            raise ValueError("every must be at least 1")
        armed = Armed(next(self._numbers), fault)
        self._armed.append(armed)
        return armed.number

    def clear(self) -> None:
        """Behave again."""
        self._armed.clear()

    def listing(self) -> list[dict[str, Any]]:
        """The faults with their numbers and how many requests each saw and struck."""
        return [
            asdict(armed.fault)  # type: ignore[call-overload]
            | {"number": armed.number, "seen": armed.seen, "struck": armed.struck}
            for armed in self._armed
        ]

    def struck(self, matches: Callable[[F], bool]) -> list[F]:
        """The faults that strike a request; counts it for those that match."""
        return [armed.fault for armed in self._armed if matches(armed.fault) and armed.meets()]
