"""What the provider was asked, and which of its answers are still under way."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

CAPACITY = 1000


@dataclass(slots=True)
class Exchange:
    """One request and its fate. `at` is wall time (epoch seconds) of its arrival.

    `headers` have lower-case names; `body` is the parsed JSON, or the text where it is none.
    `status` is 0 until it is answered; `state` is open, finished (all was sent that was meant
    to), torn (by a fault) or disconnected (the caller left before the end).
    """

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: Any
    model: str
    streamed: bool
    status: int = 0
    state: str = "open"


class Log:
    """The latest exchanges, oldest first; it wakes those who wait for something to happen.

    Not thread-safe: it lives on the server's event loop.
    """

    def __init__(self) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=CAPACITY)
        self._open: dict[int, Exchange] = {}
        self._changed = asyncio.Event()
        self.total = 0

    def begin(self, exchange: Exchange) -> None:
        """Note the arrival of a request."""
        self._exchanges.append(exchange)
        self._open[id(exchange)] = exchange
        self.total += 1
        self.wake()

    def end(self, exchange: Exchange, state: str) -> None:
        """Note the end of an answer."""
        exchange.state = state
        self._open.pop(id(exchange), None)
        self.wake()

    def listing(self) -> list[dict[str, Any]]:
        """The exchanges as plain data."""
        return [asdict(exchange) for exchange in self._exchanges]

    def open(self) -> list[Exchange]:
        """Those whose answer hasn't ended."""
        return list(self._open.values())

    def clear(self) -> None:
        """Forget all exchanges; those under way stay open."""
        self._exchanges.clear()
        self.total = 0

    def wake(self) -> None:
        """Let everyone look again who waits for something."""
        woken, self._changed = self._changed, asyncio.Event()
        woken.set()

    async def until(self, true: Callable[[], bool], seconds: float) -> None:
        """Return once `true()` holds. Raises TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            while not true():
                await self._changed.wait()
