"""Gates: places where an answer waits until a test, or a person, opens them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

_LONGEST = 60.0  # seconds an answer waits at a gate that nobody opens


class Gates:
    """Gates by name; each is closed until it is opened. They live on the server's event loop.

    `arrived` is called whenever an answer has come to a gate.
    """

    def __init__(self, arrived: Callable[[], None]) -> None:
        self._arrived = arrived
        self._opened: dict[str, asyncio.Event] = {}
        self._waiting: Counter[str] = Counter()

    def waiting(self, name: str) -> int:
        """How many answers wait at a gate."""
        return self._waiting[name]

    def open(self, name: str) -> None:
        """Open a gate for good: let everyone through who waits or comes later."""
        self._gate(name).set()

    def close_all(self) -> None:
        """Open every gate for those who wait, and have new ones from then on."""
        for gate in self._opened.values():
            gate.set()
        self._opened = {}

    async def arrive(self, name: str) -> None:
        """Wait at a gate until it is opened, at most a minute."""
        self._waiting[name] += 1
        self._arrived()
        try:
            async with asyncio.timeout(_LONGEST):
                await self._gate(name).wait()
        except TimeoutError:
            return
        finally:
            self._waiting[name] -= 1

    def _gate(self, name: str) -> asyncio.Event:
        return self._opened.setdefault(name, asyncio.Event())
