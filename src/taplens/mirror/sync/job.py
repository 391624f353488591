"""One workspace under synchronisation: what every step needs, in one place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from taplens.mirror.landing import Place
from taplens.mirror.sync.streams import Stream, load_stream, save_stream
from taplens.mirror.threads import in_thread

if TYPE_CHECKING:
    from taplens.clock import Clock
    from taplens.config import Settings
    from taplens.mirror.database import Database
    from taplens.mirror.sync.progress import Meter
    from taplens.tapd import Client

P = ParamSpec("P")
R = TypeVar("R")

# TAPD's times have whole seconds, many rows share one, and whether `>` includes its bound is
# not documented: windows overlap by this much.
OVERLAP_SECONDS = 2


@dataclass(slots=True)
class Job:
    """A workspace, the client that reads it and the mirror it is read into.

    `workspace` is the mirror's key of the workspace; `task_type` the work-item type of tasks
    where the workspace keeps them as stories; `account` who reads, as `identity.reader` tells.
    """

    settings: Settings
    client: Client
    mirror: Database
    clock: Clock
    meter: Meter
    workspace_id: str
    workspace: int = 0
    task_type: str | None = None
    account: str = ""

    async def land(
        self,
        at: int,
        function: Callable[Concatenate[Place, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run `function(place, ...)` in a thread, in one write transaction of its own.

        `at` is when the rows were asked for (UTC epoch seconds).
        """

        def run() -> R:
            with self.mirror.write() as connection:
                return function(self.place(connection, at), *args, **kwargs)

        return await in_thread(run)

    async def read(
        self,
        function: Callable[Concatenate[Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run `function(connection, ...)` in a thread, on a read snapshot."""

        def run() -> R:
            with self.mirror.read() as connection:
                return function(connection, *args, **kwargs)

        return await in_thread(run)

    def place(self, connection: Connection, at: int) -> Place:
        """Where rows fetched at `at` land."""
        return Place(
            connection,
            self.mirror.terms,
            self.workspace,
            self.workspace_id,
            self.account or self.client.account,
            at,
            self.task_type,
        )

    async def stream(self, name: str) -> Stream:
        """The position of one stream of this workspace."""
        return await self.read(load_stream, self.workspace, name)

    async def save(self, state: Stream) -> None:
        """Store a stream's position on its own."""
        await self.land(
            self.clock.now(),
            lambda place: save_stream(place.connection, place.workspace, state),
        )


async def gather(*reads: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run all at once; the first fault ends the others and is raised itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(read) for read in reads]
    except ExceptionGroup as faults:
        raise faults.exceptions[0] from None
    return [task.result() for task in tasks]
