"""state.db while a server runs: keys are read in and usage is written out, once a second."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from taplens.clock import Clock
from taplens.config import Settings
from taplens.errors import MirrorError
from taplens.gateway.keys import Key, Keyring
from taplens.gateway.ledger import Ledger, Sums
from taplens.mirror.threads import in_thread

if TYPE_CHECKING:
    from taplens.mirror.database import Database

logger = logging.getLogger(__name__)

EXCHANGE_SECONDS = 1.0  # at most this much usage is lost when the process is killed
CLOSING_SECONDS = 5.0
_LOOK_SECONDS = 1.0  # a key that is not known is looked for in the database this often at most

_Found = tuple[list[tuple[Key, bytes]], Sums]


class Books:
    """The keys and the ledger of a process; `open` once before they are used."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.keyring = Keyring(settings.http_token)
        self.ledger = Ledger(clock)
        self.fault: MirrorError | None = None
        self._settings = settings
        self._database: Database | None = None
        self._exchanging = asyncio.Lock()
        self._looking = asyncio.Lock()
        self._looked_at = float("-inf")

    def open(self) -> None:
        """Open the database and read the keys; blocks. Raises MirrorError."""
        from taplens.mirror.database import open_state

        if self._database is None:
            self._database = open_state(self._settings)
            month = self._month()
            self._settle(self._read(month), month)

    def close(self) -> None:
        """Close the database; blocks."""
        database, self._database = self._database, None
        if database is not None:
            database.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While inside, the books are kept; at the end what is left is written, and all closed."""
        await asyncio.to_thread(self.open)
        task = asyncio.create_task(self._keep(), name="taplens-books")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])  # an exchange that is under way is waited for
            await self._close()

    async def exchange(self) -> None:
        """Write what is pending and read what others have changed; a fault is kept and told.

        When the caller is cancelled, this returns only once the thread at work has ended.
        """
        async with self._exchanging:
            month = self._month()
            try:
                if batch := self.ledger.begin():
                    await in_thread(lambda: self._write(batch))
                found = await in_thread(lambda: self._read(month))
            except MirrorError as fault:
                self.fault = fault
                logger.warning("%s %s", fault.message(), fault.mend())
                return
            self._settle(found, month)

    async def look_again(self) -> bool:
        """Read the keys anew, unless that was done just now; whether they are new to the caller.

        Who comes while another one's look is under way waits for it.
        """
        asked_at = time.monotonic()
        async with self._looking:
            if asked_at - self._looked_at >= _LOOK_SECONDS:
                await self.exchange()
                self._looked_at = time.monotonic()
            return asked_at < self._looked_at

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(EXCHANGE_SECONDS)
            try:
                await self.exchange()
            except Exception:  # the books must be kept whatever went wrong once
                logger.exception("The books could not be exchanged with state.db.")

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(CLOSING_SECONDS):
                await self.exchange()
        except TimeoutError:
            logger.warning("state.db did not take the last usage in %g s.", CLOSING_SECONDS)
        # The process has to end: what can't be written now is told and lost.
        if lost := self.ledger.begin():
            requests = sum(amounts.requests for amounts in lost.values())
            tokens = sum(amounts.tokens for amounts in lost.values())
            logger.error("The usage of %d requests (%d tokens) is lost.", requests, tokens)
        await asyncio.to_thread(self.close)

    def _write(self, batch: Sums) -> None:
        """In a thread: the batch stored, and at once no longer to be stored."""
        from taplens.gateway import usage_store

        assert self._database is not None
        with self._database.write() as connection:
            usage_store.add(connection, batch)
        self.ledger.written()

    def _read(self, month: str) -> _Found:
        """In a thread: the keys, and what they used in the month."""
        from taplens.gateway import key_store, usage_store

        assert self._database is not None
        with self._database.read() as connection:
            keys = key_store.stored(connection)
            counted = any(key.has_budget for key, _ in keys)
            return keys, usage_store.month(connection, month) if counted else {}

    def _settle(self, found: _Found, month: str) -> None:
        keys, used = found
        self.keyring.replace(keys)
        self.ledger.stored(used, month)
        self.fault = None

    def _month(self) -> str:
        return self.ledger.today()[:7]
