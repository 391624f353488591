"""The sync lease: one process at a time writes what it reads from TAPD."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import uuid
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from taplens.errors import MirrorError, SyncRunningError
from taplens.mirror.dialects import server_seconds
from taplens.mirror.schema import lease
from taplens.mirror.threads import in_thread

if TYPE_CHECKING:
    from taplens.clock import Clock
    from taplens.mirror.database import Database

NAME = "sync"
LEASE_SECONDS = 15.0  # after a holder was killed, the next one waits at most this long
_POLL_SECONDS = 0.25


class Lease:
    """The right to sync, held in the database, renewed while held, free when the holder dies."""

    def __init__(self, mirror: Database, clock: Clock, seconds: float = LEASE_SECONDS) -> None:
        self._mirror = mirror
        self._clock = clock
        self._seconds = seconds
        self._lost = False
        host = platform.node() or "?"
        self.holder = f"process {os.getpid()} on {host} {uuid.uuid4().hex[:8]}"

    def try_acquire(self) -> str | None:
        """Take the lease, or renew it. Returns None, or who holds it."""
        with self._mirror.write() as connection:
            now = server_seconds(connection, self._clock)
            row = connection.execute(select(lease).where(lease.c.name == NAME)).one_or_none()
            # A clock set back must not lock everybody out: a lease ends soon, or means nothing.
            in_force = row is not None and 0 < row.expires_at - now <= 2 * self._seconds
            if row is not None and in_force and row.holder != self.holder:
                return str(row.holder)
            connection.execute(delete(lease).where(lease.c.name == NAME))
            connection.execute(
                insert(lease).values(name=NAME, holder=self.holder, expires_at=now + self._seconds)
            )
        return None

    def release(self) -> None:
        """Give the lease back, if it is still ours."""
        with self._mirror.write() as connection:
            connection.execute(
                delete(lease).where(lease.c.name == NAME, lease.c.holder == self.holder)
            )

    @contextlib.asynccontextmanager
    async def held(self, wait_seconds: float = 0.0) -> AsyncIterator[None]:
        """Hold the lease around a block; wait for it up to `wait_seconds`.

        Raises SyncRunningError when another process keeps it, or takes it over meanwhile.
        """
        await self._acquire(wait_seconds)
        self._lost = False
        task = asyncio.current_task()
        renewal = asyncio.create_task(self._renew(task))
        try:
            yield
        except asyncio.CancelledError:
            if self._lost and task is not None and task.uncancel() == 0:
                raise SyncRunningError("sync_taken_over") from None
            raise
        finally:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)
            await in_thread(self.release)

    async def _acquire(self, wait_seconds: float) -> None:
        deadline = self._clock.monotonic() + wait_seconds
        while holder := await in_thread(self.try_acquire):
            if self._clock.monotonic() >= deadline:
                raise SyncRunningError("sync_running", holder=holder)
            await asyncio.sleep(_POLL_SECONDS)

    async def _renew(self, owner: asyncio.Task[object] | None) -> None:
        """Renew in time; a lease lost to another process ends the block that rests on it."""
        valid_until = self._clock.monotonic() + self._seconds
        while not self._lost:
            await asyncio.sleep(self._seconds / 3)
            asked = self._clock.monotonic()
            try:
                self._lost = await in_thread(self.try_acquire) is not None
                valid_until = asked + self._seconds
            except MirrorError:  # a busy database may serve the next try, as long as it is ours
                self._lost = self._clock.monotonic() >= valid_until
        if owner is not None:
            owner.cancel()
