"""The keeper: one a process; opens the mirror, keeps it fresh, and runs reads off the loop."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection, insert, update

from taplens.clock import Clock
from taplens.errors import (
    ConfigurationError,
    EmptyMirrorError,
    MirrorError,
    SyncRunningError,
    TapdError,
    TapLensError,
)
from taplens.mirror import due, identity
from taplens.mirror.database import Database, open_mirror, open_state
from taplens.mirror.heaps import share_one_heap
from taplens.mirror.landing import Place
from taplens.mirror.lease import LEASE_SECONDS, Lease
from taplens.mirror.schema import sync_run
from taplens.mirror.sync.census import Difference
from taplens.mirror.sync.cycle import ENTITIES, Cycle, Plan
from taplens.mirror.sync.progress import Meter, Progress, ProgressEvent, SyncReport
from taplens.mirror.sync.rows import RowStream, row_stream
from taplens.mirror.threads import in_thread
from taplens.tapd import Client

if TYPE_CHECKING:
    from taplens.config import Settings
    from taplens.mirror.embedders.protocol import Embedder
    from taplens.mirror.snapshot.keeping import Snapshots, Source

logger = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

WAIT_SECONDS = 60.0  # how long a sync waits for another one to end
REREAD_SECONDS = 5.0  # how long an answer waits for single items to be read anew
_POLL_SECONDS = 0.25
_READABLE = 50  # ids a single re-read may ask for


@dataclass(slots=True)
class _Sync:
    """A sync that this process runs: its plan and task, and whether questions can be answered.

    `patient`: it waits for another process's sync instead of giving up at once.
    """

    plan: Plan
    patient: bool
    task: asyncio.Task[SyncReport]
    answerable: asyncio.Event
    listeners: list[Progress] = field(default_factory=list)


class Keeper:
    """The mirror of one process. Use as an async context manager; `start` begins refreshing.

    Errors are those of the tree; a read never waits for TAPD.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self.last_fault: TapLensError | None = None
        self._lease_seconds = lease_seconds
        self._mirror: Database | None = None
        self._opening = asyncio.Lock()
        self._snapshots: Snapshots | None = None
        self._snapping: asyncio.Task[None] | None = None
        self._state: Database | None = None
        self._client: Client | None = None
        self._embedder: Embedder | None = None
        self._choosing = asyncio.Lock()
        self._chosen = False
        self._sync: _Sync | None = None
        self._refreshing: asyncio.Task[None] | None = None

    @property
    def workspace_ids(self) -> tuple[str, ...]:
        """The configured workspaces; the first is meant when a call names none."""
        return self.settings.workspace_ids

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the background work, close the connections."""
        running = (self._refreshing, self._sync.task if self._sync else None, self._snapping)
        tasks: list[asyncio.Task[Any]] = [task for task in running if task is not None]
        for task in tasks:
            task.cancel()
        # Whatever ended them was told where it was waited for.
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
        if self._embedder is not None:
            await self._embedder.aclose()
        if self._snapshots is not None:
            await asyncio.to_thread(self._snapshots.close)
            self._snapshots = None
        for database in (self._mirror, self._state):
            if database is not None:
                await asyncio.to_thread(database.close)

    async def mirror(self) -> Database:
        """The mirror, opened (and created or migrated) at the first use. Raises MirrorError."""
        async with self._opening:  # two first callers must not open it twice
            if self._mirror is None:
                share_one_heap()
                self._mirror = await asyncio.to_thread(self._open)
            return self._mirror

    def _open(self) -> Database:
        database = open_mirror(self.settings)
        try:
            with database.read() as connection:
                identity.check_base_url(connection, self.settings.api_base_url)
        except MirrorError:
            database.close()
            raise
        return database

    async def read(
        self,
        function: Callable[Concatenate[Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run `function(connection, ...)` in a thread on one read snapshot. Raises MirrorError."""
        mirror = await self.mirror()

        def run() -> R:
            with mirror.read() as connection:
                return function(connection, *args, **kwargs)

        return await in_thread(run)

    async def analyse(
        self,
        function: Callable[Concatenate[Source, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run `function(source, ...)` in a thread, on the columnar snapshot and the mirror.

        Both are of one version; what the snapshot lacks of it is made first. The function may be
        run twice. Raises MirrorError.
        """
        snapshots = await self._opened_snapshots()
        return await in_thread(
            lambda: snapshots.ask(lambda source: function(source, *args, **kwargs))
        )

    async def _opened_snapshots(self) -> Snapshots:
        mirror = await self.mirror()
        async with self._opening:
            if self._snapshots is None:  # the libraries underneath take a while to load
                name = "taplens.mirror.snapshot.keeping"
                module = await asyncio.to_thread(importlib.import_module, name)
                self._snapshots = module.Snapshots(mirror, self.settings.snapshot_path)
            return self._snapshots

    async def _snap(self) -> None:
        """Have the snapshot ready before it is asked for; who asks is told what is wrong."""
        with contextlib.suppress(MirrorError):
            await self.analyse(lambda _source: None)

    async def me(self) -> str:
        """Who "me" is: the token's nick, else CURRENT_USER_NICK; "" when neither is known."""
        if self.settings.access_token:
            nick = await self.read(identity.nick_of, self.client().account)
            if nick:
                return nick
        return self.settings.user_nick

    def client(self) -> Client:
        """The TAPD client. Raises ConfigurationError without credentials."""
        if not self.settings.has_credentials:
            raise ConfigurationError("credentials_missing")
        if self._client is None:
            self._client = Client(self.settings, clock=self.clock)
        return self._client

    async def embedder(self) -> Embedder | None:
        """What makes vectors of texts; None where the settings want none.

        Raises ConfigurationError where they name what can't be used.
        """
        from taplens.mirror.embedders.choosing import embedder_of

        async with self._choosing:
            if not self._chosen:
                self._embedder = await asyncio.to_thread(embedder_of, self.settings)
                self._chosen = True
            return self._embedder

    # Keeping fresh

    def start(self) -> None:
        """Begin to refresh in the background, as often as the settings say."""
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh())

    async def _refresh(self) -> None:
        """A cycle every `sync_seconds`; the process that holds the lease does the work."""
        while True:
            try:
                if self.workspace_ids and self.settings.has_credentials:
                    await self._wait_until_due()
                    await self.sync(wait_seconds=0)
            except SyncRunningError:
                pass  # another process keeps the mirror fresh
            except TapLensError as fault:
                self.last_fault = fault  # shown by workspace_status; the next cycle tries again
            except Exception:
                logger.exception("A refresh failed unexpectedly; the next one tries again.")
                self.last_fault = MirrorError("sync_failed")
            await asyncio.sleep(self.settings.sync_seconds)

    async def _wait_until_due(self) -> None:
        """Wait while the last cycle, whichever process ran it, is younger than `sync_seconds`."""
        while (last := await self.read(due.last_synced, self.workspace_ids)) is not None:
            left = last + self.settings.sync_seconds - self.clock.now()
            # A clock set back must not put it off for long.
            if not 0 < left <= self.settings.sync_seconds:
                return
            await asyncio.sleep(left)

    async def ready(self, workspace_ids: Sequence[str], progress: Progress | None = None) -> None:
        """Return as soon as questions about these workspaces can be answered.

        At once where the items are here; else a sync is started (or the one of another process
        awaited) and `progress` told. Raises the error that keeps it from being answered.
        """
        wanted = tuple(workspace_ids)
        while not await self.read(due.all_answerable, wanted):
            self.client()  # without credentials there is nothing to wait for
            running = await self._joined(Plan(wanted), WAIT_SECONDS)
            with _listening(running, progress):
                try:
                    await self._answered(running, wanted)
                except SyncRunningError:
                    if running.patient:
                        raise
                else:
                    return

    async def _answered(self, running: _Sync, workspace_ids: tuple[str, ...]) -> None:
        """Wait until the items are here, by this process's sync or by another's."""
        while not (
            running.answerable.is_set() or await self.read(due.all_answerable, workspace_ids)
        ):
            if running.task.done():
                fault = running.task.exception()
                raise fault or EmptyMirrorError("mirror_empty", workspaces=", ".join(workspace_ids))
            # Another process doesn't tell when its items are here: the mirror is looked at.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await running.answerable.wait()

    async def _joined(self, plan: Plan, wait_seconds: float) -> _Sync:
        """The sync under way where it does what `plan` wants, else a new one.

        Raises SyncRunningError where another one of this process doesn't end in `wait_seconds`.
        """
        deadline = self.clock.monotonic() + wait_seconds
        while (running := self._sync) is not None and not running.task.done():
            if running.plan.covers(plan):
                return running
            left = deadline - self.clock.monotonic()
            if left <= 0:
                raise SyncRunningError("sync_running", holder=f"process {os.getpid()}")
            await asyncio.wait({running.task}, timeout=left)
        return self._begin(plan, wait_seconds)

    async def sync(
        self,
        *,
        workspace_ids: Sequence[str] | None = None,
        full: bool = False,
        entities: Sequence[str] | None = None,
        census: bool | None = None,
        progress: Progress | None = None,
        wait_seconds: float = WAIT_SECONDS,
    ) -> SyncReport:
        """Bring the mirror in step with TAPD; joins a sync of this process that does the same.

        `wait_seconds` bounds the wait for any other sync (then SyncRunningError). Raises TapdError,
        MirrorError or ConfigurationError; what had landed stays.
        """
        wanted = tuple(workspace_ids or self.workspace_ids)
        if not wanted:
            raise ConfigurationError("workspace_missing")
        plan = Plan(wanted, full, tuple(entities or ENTITIES), census)
        self.client()
        while True:
            running = await self._joined(plan, wait_seconds)
            with _listening(running, progress):
                try:
                    return await asyncio.shield(running.task)
                except SyncRunningError:
                    if running.patient or not wait_seconds:
                        raise

    def _begin(self, plan: Plan, wait_seconds: float) -> _Sync:
        """Start a sync as a task of this keeper, which owns and ends it."""
        answerable = asyncio.Event()
        listeners: list[Progress] = []
        task = asyncio.create_task(self._run(plan, wait_seconds, answerable, listeners))
        task.add_done_callback(self._remember)
        self._sync = _Sync(plan, wait_seconds > 0, task, answerable, listeners)
        return self._sync

    def _remember(self, task: asyncio.Task[SyncReport]) -> None:
        """Keep the fault of a sync that nobody may be waiting for any more."""
        fault = None if task.cancelled() else task.exception()
        if isinstance(fault, TapLensError) and not isinstance(fault, SyncRunningError):
            self.last_fault = fault

    async def _run(
        self,
        plan: Plan,
        wait_seconds: float,
        answerable: asyncio.Event,
        listeners: list[Progress],
    ) -> SyncReport:
        mirror, client = await self.mirror(), self.client()

        def tell(event: ProgressEvent) -> None:
            for listener in listeners:
                listener(event)

        meter = Meter(self.clock, client.usage, tell)
        async with Lease(mirror, self.clock, self._lease_seconds).held(wait_seconds):
            cycle = Cycle(
                self.settings,
                client,
                mirror,
                self.clock,
                meter,
                plan,
                self.embedder,
                answerable.set,
            )
            async with self._recorded(plan, meter):
                await cycle.run()
        if self._refreshing is not None and (self._snapping is None or self._snapping.done()):
            self._snapping = asyncio.create_task(self._snap())
        self.last_fault = None
        return meter.report

    @contextlib.asynccontextmanager
    async def _recorded(self, plan: Plan, meter: Meter) -> Any:
        """Write the run into the state: which account read what, and how it ended."""
        state = await self._opened_state()
        run_id = uuid.uuid4().hex
        kind = "full" if plan.full else "census" if plan.census else "incremental"
        begun = {
            "id": run_id,
            "account": self.client().account,
            "kind": kind,
            "base_url": self.settings.api_base_url,
            "workspaces": ",".join(plan.workspace_ids),
            "started_at": self.clock.now(),
        }
        await in_thread(partial(_begin_run, state, begun))
        outcome = "ended"
        try:
            yield
            outcome = "ok"
        except TapLensError as fault:
            outcome = fault.code
            raise
        finally:
            report = meter.finish()
            ended = {
                "ended_at": self.clock.now(),
                "requests": report.requests,
                "rows": report.total_rows,
                "outcome": outcome,
            }
            await in_thread(partial(_end_run, state, run_id, ended))

    async def _opened_state(self) -> Database:
        if self._state is None:
            self._state = await asyncio.to_thread(open_state, self.settings)
        return self._state

    async def verify(
        self, workspace_ids: Sequence[str] | None = None
    ) -> dict[str, list[Difference]]:
        """Compare counts and ids with TAPD, changing nothing: differences by workspace."""
        wanted = tuple(workspace_ids or self.workspace_ids)
        if not wanted:
            raise ConfigurationError("workspace_missing")
        mirror, client = await self.mirror(), self.client()
        meter = Meter(self.clock, client.usage, None)
        cycle = Cycle(self.settings, client, mirror, self.clock, meter, Plan(wanted), self.embedder)
        return await cycle.verify()

    # Single items

    async def refresh_items(self, items: Sequence[tuple[str, str, str]]) -> list[str]:
        """Read these items (workspace id, type, long id) anew where the mirror's row is old.

        One request a workspace and type, for which nobody waits long. Returns message keys of
        what went wrong: the answer then comes from the mirror.
        """
        old = await self.read(due.older_than, items, self.clock.now() - self.settings.item_seconds)
        warnings = []
        for (workspace_id, item_type), ids in old.items():
            if len(ids) > _READABLE:
                warnings.append("warning.not_refreshed")
            try:
                async with asyncio.timeout(REREAD_SECONDS):
                    warnings += await self._reread(workspace_id, item_type, ids[:_READABLE])
            except (TapdError, ConfigurationError, MirrorError, TimeoutError):
                warnings.append("warning.not_refreshed")
        return list(dict.fromkeys(warnings))

    async def _reread(self, workspace_id: str, item_type: str, ids: list[str]) -> list[str]:
        client, mirror = self.client(), await self.mirror()
        key, task_type = await self.read(due.workspace_key, workspace_id)
        source = row_stream(item_type, task_type)
        asked = self.clock.now()
        rows = await client.rows(
            source.entity,
            workspace_id=workspace_id,
            limit=len(ids),
            id=",".join(ids),
            **source.parameters,
        )

        def land() -> None:
            with mirror.write() as connection:
                reader = identity.reader(connection, client.account)
                place = Place(connection, mirror.terms, key, workspace_id, reader, asked, task_type)
                _land(place, source, rows)

        await in_thread(land)
        return [] if len(rows) == len(ids) else ["warning.not_listed"]


@contextlib.contextmanager
def _listening(running: _Sync, progress: Progress | None) -> Iterator[None]:
    """Tell `progress` how the sync goes on, while inside."""
    if progress is not None:
        running.listeners.append(progress)
    try:
        yield
    finally:
        if progress is not None:
            running.listeners.remove(progress)


def _land(place: Place, source: RowStream, rows: Sequence[dict[str, Any]]) -> None:
    source.land(place, rows)


def _begin_run(state: Database, values: dict[str, Any]) -> None:
    with state.write() as connection:
        connection.execute(insert(sync_run).values(**values))


def _end_run(state: Database, run_id: str, values: dict[str, Any]) -> None:
    with state.write() as connection:
        connection.execute(update(sync_run).where(sync_run.c.id == run_id).values(**values))
