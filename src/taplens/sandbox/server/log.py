"""The request log: when each request came in, for which path, from which account."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

from taplens.sandbox.server.call import Call

CAPACITY = 200_000


@dataclass(slots=True)
class Entry:
    """One request: `at` is wall time (epoch seconds) of its arrival, `account` "" unknown."""

    at: float
    method: str
    path: str
    query: str
    account: str
    status: int = 0


class RequestLog:
    """The latest requests, oldest first; older ones than CAPACITY are forgotten."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=CAPACITY)
        self._total = 0

    def add(self, call: Call) -> Entry:
        """Note the arrival of a request; its status is filled in when it is answered."""
        account = call.account.name if call.account else ""
        entry = Entry(time.time(), call.method, call.path, call.query, account)
        self._entries.append(entry)
        self._total += 1
        return entry

    @property
    def total(self) -> int:
        """How many requests there were since the last clearing."""
        return self._total

    def clear(self) -> None:
        """Forget all requests."""
        self._entries.clear()
        self._total = 0

    def listing(self) -> list[dict[str, Any]]:
        """The requests as plain data."""
        return [asdict(entry) for entry in self._entries]

    def counts(self) -> dict[str, int]:
        """How many requests each path got."""
        return dict(Counter(entry.path for entry in self._entries))
