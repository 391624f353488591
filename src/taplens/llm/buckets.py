"""Requests and tokens a minute: what keeps a batch from running into the provider's 429.

A bucket remembers what was spent in each of the last sixty seconds, so that no minute, wherever
it begins, sees more than the rate. (A bucket that merely refills would let twice the rate
through in a minute that begins with a full one.)
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

from taplens.clock import Clock
from taplens.errors import ModelRateLimitError
from taplens.llm.bounded import Bounded

WINDOW_SECONDS = 60
BUCKETS = 4096  # keys may be made up by clients (names of models): there is no end of those
PATIENCE_SECONDS = 600.0  # the longest wait for a turn: every wait is bounded


class Rate(NamedTuple):
    """The most requests and tokens in any 60 s; 0: unlimited."""

    rpm: int = 0
    tpm: int = 0


@dataclass(slots=True)
class _Cell:
    """What was spent in one second."""

    second: int
    requests: int = 0
    tokens: int = 0

    def is_past(self, now: float) -> bool:
        # A second's spending may have come at its very end: it counts until that is a minute ago.
        return self.second + 1 + WINDOW_SECONDS <= now


@dataclass(slots=True)
class _Bucket:
    """The last minute of one key, second by second, and the queue of those who wait."""

    monotonic: Callable[[], float]
    cells: deque[_Cell] = field(default_factory=deque)
    requests: int = 0
    tokens: int = 0
    queue: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_idle(self) -> bool:
        """Whether nothing of the last minute is in it, and nobody waits."""
        self.forget(self.monotonic())
        return not self.cells and not self.queue.locked()

    def forget(self, now: float) -> None:
        while self.cells and self.cells[0].is_past(now):
            cell = self.cells.popleft()
            self.requests -= cell.requests
            self.tokens -= cell.tokens

    def spend(self, now: float, requests: int, tokens: int) -> _Cell:
        if not self.cells or self.cells[-1].second != int(now):
            self.cells.append(_Cell(int(now)))
        self.cells[-1].requests += requests
        self.cells[-1].tokens += tokens
        self.requests += requests
        self.tokens += tokens
        return self.cells[-1]

    def wait(self, now: float, tokens: int, rate: Rate) -> float:
        """Seconds until a request of `tokens` fits into `rate`; 0 when it does."""
        requests, spent = self.requests, self.tokens
        # More tokens than a minute may have must not wait for ever: they take a whole minute.
        room = rate.tpm - min(tokens, rate.tpm)
        seconds = 0.0
        for cell in self.cells:
            if (not rate.rpm or requests < rate.rpm) and (not rate.tpm or spent <= room):
                break
            requests -= cell.requests
            spent -= cell.tokens
            seconds = cell.second + 1 + WINDOW_SECONDS - now
        return seconds


@dataclass(slots=True, eq=False)
class Booking:
    """What one request has taken, to be settled once it is known what it took.

    Without a bucket nothing is counted: there is no rate to be kept.
    """

    tokens: int = 0
    bucket: _Bucket | None = None
    cell: _Cell | None = None

    def settle(self, tokens: int) -> None:
        """The request took `tokens`: more of them count from now, fewer never counted.

        Only what it took itself is given back, in the second in which it was taken, and once.
        """
        bucket, cell, difference = self.bucket, self.cell, tokens - self.tokens
        self.bucket = self.cell = None
        if bucket is None or cell is None:
            return
        now = bucket.monotonic()
        bucket.forget(now)
        if difference > 0:
            bucket.spend(now, 0, difference)
        elif not cell.is_past(now):
            cell.tokens += difference
            bucket.tokens += difference


UNCOUNTED = Booking()


class Buckets:
    """One bucket for each key (an account and a model, a client's key), all in this process.

    `clock` and `sleep` can be replaced, so that tests don't wait.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._monotonic = (clock or Clock()).monotonic
        self._sleep = sleep
        self._buckets: Bounded[Hashable, _Bucket] = Bounded(BUCKETS, lambda bucket: bucket.is_idle)

    def try_take(self, key: Hashable, tokens: int, rate: Rate) -> Booking | float:
        """Books a request of `tokens` under `key`: the booking, or the seconds until it fits."""
        if rate == (0, 0):
            return UNCOUNTED
        if seconds := self.wait(key, tokens, rate):
            return seconds
        bucket = self._bucket(key)
        return Booking(tokens, bucket, bucket.spend(self._monotonic(), 1, tokens))

    def wait(self, key: Hashable, tokens: int, rate: Rate) -> float:
        """The seconds until a request of `tokens` would fit; 0 when it does. Books nothing."""
        now = self._monotonic()
        bucket = self._bucket(key)
        bucket.forget(now)
        return bucket.wait(now, tokens, rate)

    async def acquire(
        self, key: Hashable, tokens: int, rate: Rate, *, provider: str = ""
    ) -> Booking:
        """Books a request of `tokens` under `key`, waiting for its turn, first come first served.

        Raises ModelRateLimitError when there was no turn for ten minutes.
        """
        if rate == (0, 0):
            return UNCOUNTED
        deadline = self._monotonic() + PATIENCE_SECONDS
        async with self._bucket(key).queue:
            while not isinstance(taken := self.try_take(key, tokens, rate), Booking):
                if self._monotonic() + taken > deadline:
                    raise ModelRateLimitError(
                        "model_budget_exhausted",
                        provider=provider,
                        retry_after=taken,
                        seconds=round(PATIENCE_SECONDS),
                    )
                await self._sleep(taken)
            return taken

    def _bucket(self, key: Hashable) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets.remember(key, _Bucket(self._monotonic))
        return bucket
