"""One cycle over the workspaces: answerable first, then the rest, then the history."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, update

from taplens.errors import ArgumentError, TapdError
from taplens.mirror import identity
from taplens.mirror.landing import Place
from taplens.mirror.landing.metadata import ensure_workspace
from taplens.mirror.schema import workspace
from taplens.mirror.sync import metadata
from taplens.mirror.sync.census import Difference, compare, take_census
from taplens.mirror.sync.embedding import embed_items
from taplens.mirror.sync.history import CHANGE_STREAMS, read_history
from taplens.mirror.sync.indexing import build_index
from taplens.mirror.sync.job import Job, gather
from taplens.mirror.sync.relations import STREAM as RELATIONS
from taplens.mirror.sync.relations import read_relations
from taplens.mirror.sync.removals import read_removals
from taplens.mirror.sync.rows import (
    ITEM_STREAMS,
    REST_STREAMS,
    demand_census,
    read_rows,
    row_stream,
)
from taplens.mirror.sync.streams import drop_streams

if TYPE_CHECKING:
    from taplens.clock import Clock
    from taplens.config import Settings
    from taplens.mirror.database import Database
    from taplens.mirror.embedders.protocol import Embedder
    from taplens.mirror.sync.progress import Meter
    from taplens.tapd import Client

ENTITIES = (*ITEM_STREAMS, *REST_STREAMS)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sync is to do.

    `full` reads everything anew; `entities` limits it to these streams; `census` forces (True)
    or leaves out (False) the sweep of ids, which else is taken when it is due.
    """

    workspace_ids: tuple[str, ...]
    full: bool = False
    entities: tuple[str, ...] = ENTITIES
    census: bool | None = None

    def __post_init__(self) -> None:
        unknown = sorted(set(self.entities) - set(ENTITIES))
        if unknown:
            raise ArgumentError(
                "unknown_entity", names=", ".join(unknown), known=", ".join(ENTITIES)
            )

    @property
    def everything(self) -> bool:
        """Whether no stream is left out."""
        return set(self.entities) == set(ENTITIES)

    def covers(self, other: Plan) -> bool:
        """Whether a sync of this plan does all that one of `other` would."""
        return (
            set(other.workspace_ids) <= set(self.workspace_ids)
            and set(other.entities) <= set(self.entities)
            and (self.full or not other.full)
            and (other.census is not True or self.census is True)
        )


@dataclass(slots=True)
class Cycle:
    """A sync under way over several workspaces."""

    settings: Settings
    client: Client
    mirror: Database
    clock: Clock
    meter: Meter
    plan: Plan
    embedder: Callable[[], Awaitable[Embedder | None]]
    on_answerable: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Do what the plan says. Raises TapdError or MirrorError; what had landed stays."""
        jobs = [self._job(workspace_id) for workspace_id in self.plan.workspace_ids]
        answerable: list[Job] = []
        faults: list[TapdError] = []
        for job in jobs:  # a workspace that fails must not keep the others from being read
            with _collected(faults):
                await self._make_answerable(job)
                answerable.append(job)
        if not faults:
            self.meter.answerable()
            self.on_answerable()
        for job in answerable:
            with _collected(faults):
                await self._complete(job)
        if faults:
            raise faults[0]

    def _job(self, workspace_id: str) -> Job:
        return Job(self.settings, self.client, self.mirror, self.clock, self.meter, workspace_id)

    async def _make_answerable(self, job: Job) -> None:
        """Identity, the metadata an answer needs, the items."""
        types = await self._identify(job)
        first = await job.read(_time, job.workspace, "answerable_at") is None
        most = metadata.FIRST_STATUS_MAPS if first else None
        states = [await job.stream(name) for name in ITEM_STREAMS if name in self.plan.entities]
        # In this order: pages wait for their counts, and land fastest where their fields are known.
        await gather(
            *(read_rows(job, state.name, state) for state in states),
            metadata.read_custom_fields(job),
            metadata.read_statuses(job, types, most=most),
        )
        if self.plan.everything:
            await job.land(self.clock.now(), _mark, answerable_at=True)

    async def _identify(self, job: Job) -> list[str]:
        """Whose mirror, whose workspace; returns the ids of its story types, the tasks' last.

        Raises ForeignMirrorError before anything is written.
        """
        asked = self.clock.now()
        readers = [self.client.workspace_info(job.workspace_id), metadata.ask_types(job)]
        if self.settings.access_token:  # only a token is bound to a user
            readers.append(self.client.user_info())
        info, types, *users = await gather(*readers)
        job.workspace = await job.land(asked, _claim, info, self.settings.api_base_url, users)
        job.account = await job.read(identity.reader, self.client.account)
        if self.plan.full:
            await job.land(asked, _forget, self.plan)
        return await metadata.land_types(job, asked, types)

    async def _complete(self, job: Job) -> None:
        """Everything that may come after the first answers."""
        names = [name for name in REST_STREAMS if name in self.plan.entities]
        embeds = True
        if await job.read(_time, job.workspace, "answerable_at") is not None:
            await build_index(job)  # before, it would slow the first load of the other items
            embeds = await embed_items(job, self.embedder)
        first = await job.read(_time, job.workspace, "synced_at") is None
        if first or await self._census_due(job):
            await self._read_daily_metadata(job)
        await metadata.read_field_info(job)
        await gather(*(read_rows(job, name) for name in names))
        if embeds:  # the history takes long: not after it
            await embed_items(job, self.embedder)
        faults: list[TapdError] = []
        with _collected(faults):  # a bin that can't be read keeps no history from being read
            await read_removals(job)
        fresh_relations = not (await job.stream(RELATIONS)).complete
        if fresh_relations:
            await read_relations(job)
        for source in CHANGE_STREAMS:
            if source.item_type in self.plan.entities:
                await read_history(job, source)
        if not fresh_relations:
            await read_relations(job)
        if faults:
            raise faults[0]
        if await self._census_due(job):
            await take_census(job, self.plan.entities)
        if self.plan.everything:
            unknown = await job.read(_time, job.workspace, "census_at") is None
            await job.land(self.clock.now(), _mark, synced_at=True, census_at=unknown)

    async def _census_due(self, job: Job) -> bool:
        """Whether to sweep the ids: as the plan says, else a day after the last time.

        A first full read counts as a census, unless it may have skipped a row.
        """
        if self.plan.census is not None:
            return self.plan.census
        last = await job.read(_time, job.workspace, "census_at")
        return last is not None and self.clock.now() - last >= self.settings.census_seconds

    async def _read_daily_metadata(self, job: Job) -> None:
        types = await metadata.read_types(job)
        await gather(
            metadata.read_statuses(job, types, firsts=True),
            metadata.read_custom_fields(job, daily=True),
            metadata.read_field_info(job, daily=True),
            metadata.read_people(job),
            metadata.read_references(job),
            metadata.read_transitions(job, types),
        )

    async def verify(self) -> dict[str, list[Difference]]:
        """Compare every stream with TAPD, changing nothing: differences by workspace id."""
        found: dict[str, list[Difference]] = {}
        for workspace_id in self.plan.workspace_ids:
            job = self._job(workspace_id)
            key = await job.read(_known_workspace, workspace_id)
            if key is None:
                found[workspace_id] = []
                continue
            job.workspace, job.task_type = key
            job.account = await job.read(identity.reader, self.client.account)
            started = self.clock.now()
            found[workspace_id] = [
                await compare(job, row_stream(name, job.task_type), started)
                for name in self.plan.entities
            ]
        return found


@contextlib.contextmanager
def _collected(faults: list[TapdError]) -> Iterator[None]:
    """Keep a fault of TAPD for the end of the cycle."""
    try:
        yield
    except TapdError as fault:
        faults.append(fault)


def _claim(
    place: Place, info: dict[str, object], base_url: str, users: Iterable[dict[str, object]]
) -> int:
    company = str(info.get("company_id") or "").strip() or None
    identity.claim(place.connection, base_url, company)
    for user in users:
        if user.get("nick"):
            identity.save_nick(place.connection, place.account, str(user["nick"]))
    key = ensure_workspace(place.connection, info)
    place = replace(place, workspace=key)
    reader = identity.reader(place.connection, place.account)
    if identity.is_another_reader(place.connection, place.workspace_id, reader):
        demand_census(place)  # another account may see what the earlier one didn't
    return key


def _forget(place: Place, plan: Plan) -> None:
    """Let a full sync read its streams from the start; the items stay until they are replaced."""
    names = list(plan.entities) + [
        source.name for source in CHANGE_STREAMS if source.item_type in plan.entities
    ]
    drop_streams(place.connection, place.workspace, None if plan.everything else names)


def _mark(place: Place, /, **times: bool) -> None:
    values = {name: place.at for name, wanted in times.items() if wanted}
    statement = update(workspace).where(workspace.c.key == place.workspace)
    if "answerable_at" in values:  # when the items were first here
        place.connection.execute(
            statement.where(workspace.c.answerable_at.is_(None)).values(
                answerable_at=values.pop("answerable_at")
            )
        )
    if values:
        place.connection.execute(statement.values(**values))


def _time(connection: Connection, key: int, name: str) -> int | None:
    """One of a workspace's times: answerable_at, synced_at, census_at."""
    at: int | None = connection.scalar(select(workspace.c[name]).where(workspace.c.key == key))
    return at


def _known_workspace(connection: Connection, workspace_id: str) -> tuple[int, str | None] | None:
    row = connection.execute(
        select(workspace.c.key, workspace.c.task_type).where(workspace.c.id == workspace_id)
    ).one_or_none()
    return None if row is None else (row.key, row.task_type)
