"""The request budget: never more than N requests in any 60 s, shared by all processes.

N numbered slots live in a SQLite file. A slot serves one attempt at a time and is ready again
one window after that attempt *ended*, so the server can't see two requests of one slot within a
window, however long the network held them; with N slots it sees at most N. Who finds no slot
ready reserves the one that is ready first and sleeps until then: first come, first served,
without polling. A slot of a crashed process frees itself `hold_seconds` and a window after its
grant. Times are of the monotonic clock, which is one for all processes of a machine.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import TypeVar

from taplens.clock import Clock
from taplens.errors import MirrorError, RateLimitError

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60.0
PATIENCE_SECONDS = 3600.0  # the longest wait for a slot: every wait is bounded
_BUSY_SECONDS = 30.0
_LOOKS_PER_WINDOW = 60  # how often to look again when every slot is in use or reserved

_Result = TypeVar("_Result")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS slot (
    account TEXT NOT NULL,
    number INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    ready_at REAL NOT NULL,
    PRIMARY KEY (account, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS slot_ready ON slot (account, taken, ready_at);
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of ours: usable from `start`, ours until `until` unless given back before."""

    number: int
    start: float
    until: float


class SlotFile:
    """The slots of one account in their SQLite file; synchronous, for one thread at a time.

    `path` is the file, `fallback` the one to use where nothing can be written into its folder,
    `key` names account and base URL, `limit` is the number of slots, `window` and `hold` are
    seconds. All times are of one monotonic clock.
    """

    def __init__(
        self,
        path: Path,
        key: str,
        limit: int,
        *,
        window: float,
        hold: float,
        fallback: Path | None = None,
    ) -> None:
        self._path = path
        self._fallback = fallback
        self._key = key
        self._limit = limit
        self._window = window
        self._hold = hold
        self._connection: sqlite3.Connection | None = None

    def take(self, now: float) -> Slot | None:
        """A slot that is ready, else a new one, else a reservation of the first to be ready.

        None when all slots are in use or reserved: none of them can be ready within a window.
        """
        newly_opened = self._connection is None
        with self._transaction() as connection:
            if newly_opened:
                self._forget_earlier_clock(connection, now)
            choice = self._choice(connection, now)
            if choice is None:
                return None
            number, start = choice
            until = start + self._hold + self._window
            connection.execute(
                "INSERT OR REPLACE INTO slot VALUES (?, ?, 1, ?)", (self._key, number, until)
            )
        return Slot(number, start, until)

    def give_back(self, slot: Slot, ready_at: float) -> None:
        """Lets others have the slot from `ready_at` on, if it is still ours."""
        with self._transaction() as connection:
            # `until` is the proof that the slot is still ours.
            connection.execute(
                "UPDATE slot SET taken = 0, ready_at = ?"
                " WHERE account = ? AND number = ? AND taken = 1 AND ready_at = ?",
                (ready_at, self._key, slot.number, slot.until),
            )

    def close(self) -> None:
        """Closes the file; it is opened again when used."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _choice(self, connection: sqlite3.Connection, now: float) -> tuple[int, float] | None:
        free = self._first(connection, taken=0)
        if free is not None and free[1] <= now:
            return free[0], now
        held = self._first(connection, taken=1)
        if held is not None and held[1] <= now:  # past its time: of a process that died
            return held[0], now
        (highest,) = connection.execute(
            "SELECT max(number) FROM slot WHERE account = ?", (self._key,)
        ).fetchone()
        unused = 0 if highest is None else int(highest) + 1
        return (unused, now) if unused < self._limit else free

    def _forget_earlier_clock(self, connection: sqlite3.Connection, now: float) -> None:
        """Frees the slots whose times no grant can have led to: they were written before the
        machine restarted, when its clock began anew.
        """
        connection.execute(
            "UPDATE slot SET taken = 0, ready_at = ? WHERE account = ? AND ready_at > ?",
            (now, self._key, now + 2 * self._window + self._hold),
        )

    def _first(self, connection: sqlite3.Connection, *, taken: int) -> tuple[int, float] | None:
        row: tuple[int, float] | None = connection.execute(
            "SELECT number, ready_at FROM slot WHERE account = ? AND taken = ? AND number < ?"
            " ORDER BY ready_at LIMIT 1",
            (self._key, taken, self._limit),
        ).fetchone()
        return row

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._connected()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as fault:
            raise MirrorError("budget_unusable", path=self._path, detail=fault) from fault

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._make_folder()
            connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
            try:
                # A slot lost with the power would be one of before the restart: no need to sync.
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = OFF")
                connection.executescript(_SCHEMA)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _make_folder(self) -> None:
        """Makes the file's folder; turns to the fallback where that can't be done or written to."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with TemporaryFile(dir=self._path.parent):
                return
        except OSError as fault:
            if self._fallback in (None, self._path):
                raise
            told = MirrorError("budget_not_shared", path=self._path, fallback=self._fallback)
            logger.warning("%s %s (%s)", told.message(), told.mend(), fault)
        self._path = self._fallback
        self._path.parent.mkdir(parents=True, exist_ok=True)


class RequestBudget:
    """Hands out the slots of one account at one base URL.

    `path` is the shared SQLite file, `key` names account and base URL (no secrets), `limit` the
    requests in any `window_seconds`; an attempt never lasts longer than `hold_seconds`. Where
    nothing can be written beside `path`, that is logged and `fallback` is used.
    """

    def __init__(
        self,
        path: Path,
        key: str,
        limit: int,
        *,
        hold_seconds: float,
        window_seconds: float = WINDOW_SECONDS,
        fallback: Path | None = None,
        clock: Clock | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._slots = SlotFile(
            path, key, limit, window=window_seconds, hold=hold_seconds, fallback=fallback
        )
        self._limit = limit
        self._window = window_seconds
        self._monotonic = (clock or Clock()).monotonic
        self._sleep = sleep
        self._thread: ThreadPoolExecutor | None = None
        self._queue = asyncio.Lock()  # serves the tasks of one process in their order

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[float]:
        """Holds a slot for one attempt; yields the seconds that were waited for it.

        Raises RateLimitError after an hour without a slot, MirrorError when the file of the
        budget can't be used.
        """
        called = self._monotonic()
        slot = await self._reserved()
        started = False
        try:
            while (ahead := slot.start - self._monotonic()) > 0:
                await self._sleep(ahead)
            started = True
            yield self._monotonic() - called
        finally:
            # An attempt that never began leaves the slot as it found it. Not awaited, so that
            # a cancelled request can't lose the slot; the thread keeps the order.
            ready_at = self._monotonic() + self._window if started else slot.start
            self._submit(lambda: self._slots.give_back(slot, ready_at))

    async def aclose(self) -> None:
        """Writes what is pending and closes the file; the budget opens it again when used."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.submit(self._slots.close)
            await asyncio.to_thread(thread.shutdown)

    async def _reserved(self) -> Slot:
        """A slot of ours, perhaps usable only later."""
        async with self._queue:
            deadline = self._monotonic() + PATIENCE_SECONDS
            while (slot := await self._taken()) is None:
                if self._monotonic() >= deadline:
                    raise RateLimitError("budget_exhausted", limit=self._limit)
                await self._sleep(self._window / _LOOKS_PER_WINDOW)
            return slot

    async def _taken(self) -> Slot | None:
        future = self._submit(lambda: self._slots.take(self._monotonic()))
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            future.add_done_callback(self._return_unused)
            raise

    def _return_unused(self, future: Future[Slot | None]) -> None:
        if not future.cancelled() and future.exception() is None:
            slot = future.result()
            if slot is not None and self._thread is not None:
                self._submit(lambda: self._slots.give_back(slot, slot.start))

    def _submit(self, work: Callable[[], _Result]) -> Future[_Result]:
        self._thread = self._thread or ThreadPoolExecutor(1, "taplens-budget")
        return self._thread.submit(work)
