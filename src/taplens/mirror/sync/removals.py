"""Reading the recycle bins: what was deleted, archived, moved or merged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, func, select, update

from taplens.errors import (
    AccessError,
    ProtocolError,
    RejectedError,
    ServerFaultError,
    TapdError,
)
from taplens.mirror.fields import REMOVAL_CODES, TYPE_CODES
from taplens.mirror.landing import Place
from taplens.mirror.landing.rest import Removal, land_removals, removal_of
from taplens.mirror.schema import item, removal
from taplens.mirror.sync.job import Job
from taplens.mirror.sync.rows import refetch, row_stream
from taplens.mirror.sync.spans import workspace_created
from taplens.mirror.sync.streams import Stream
from taplens.tapd.entities import REMOVED_BUG, REMOVED_STORY, REMOVED_TASK, Entity
from taplens.tapd.windows import day_windows

_DAY = 86_400
_CHUNK = 500
# Faults of the answer; those of the way to TAPD would meet the next bin, too.
_OF_ONE_BIN = (RejectedError, AccessError, ProtocolError, ServerFaultError)


@dataclass(frozen=True, slots=True)
class Bin:
    """A recycle bin: whose rows it holds, and how TAPD is asked for them."""

    name: str
    item_type: str
    entity: Entity
    parameters: Mapping[str, str] = field(default_factory=dict)
    archived: bool = False


BINS = (
    Bin("removed_story", "story", REMOVED_STORY),
    Bin("archived_story", "story", REMOVED_STORY, {"is_archived": "1"}, archived=True),
    Bin("removed_bug", "bug", REMOVED_BUG, {"include_all": "1"}),
    Bin("removed_task", "task", REMOVED_TASK),
)


async def read_removals(job: Job, *, everything: bool = False) -> None:
    """Bring the tombstones in step with the recycle bins.

    The bins document filters by single days and no order. A small bin is read whole; of a large
    one the days since the last read, the day before included, unless `everything` is wanted:
    only a whole read also finds what was taken out again. A bin too deep to be read whole is read
    by days alone; what was taken out of it the census finds among the items.

    A bin that TAPD refuses keeps no other from being read: its fault is raised at the end.
    """
    faults: list[TapdError] = []
    for source in BINS:
        if job.task_type and source.item_type == "task":
            continue  # the tasks lie in the stories' bin, and this one would seem emptied
        try:
            await _read_bin(job, source, everything)
        except _OF_ONE_BIN as fault:
            faults.append(fault)
    if faults:
        raise faults[0]


async def _read_bin(job: Job, source: Bin, everything: bool) -> None:
    """Read one bin; its position tells how.

    `rows`: how many it held; `lag`: see _with_lag; `deep`: it can't be read whole; `back`: where
    the first read of a deep one goes on (UTC epoch seconds, inside the day that comes next).
    """
    asked = job.clock.now()
    passed = await job.read(_newest_instant) or 0
    state = _with_lag(await job.stream(source.name), asked, passed)
    until = max(asked, passed)
    if not state.position.get("deep"):
        pages = math.ceil((state.position.get("rows", 0) + 1) / source.entity.page_cap)
        if everything or not state.complete or pages <= len(_days_since(state, until)):
            try:
                await _read_whole(job, source, state, asked)
                return
            except RejectedError as fault:
                if fault.code != "too_deep":
                    raise
            state = state.at(deep=True)
    state = await _read_new(job, source, state, asked, until)
    if not state.complete:
        await _read_back(job, source, state)


def _with_lag(state: Stream, asked: int, passed: int) -> Stream:
    """The stream with how far TAPD's clock may lag behind ours: the least that was ever seen.

    `passed` is an instant that has passed at TAPD when it is `asked` here.
    """
    return state.at(lag=max(min(asked - passed, state.position.get("lag", asked)), 0))


def _newest_instant(connection: Connection) -> int | None:
    """The newest `modified` of all the mirror: a time that has passed at TAPD, too."""
    newest: int | None = connection.scalar(select(func.max(item.c.modified)))
    return newest


def _days_since(state: Stream, until: int) -> list[str]:
    """The days (ISO) that may hold removals the mirror hasn't seen, newest first."""
    reached = max(state.watermark or 0, (state.read_at or 0) - state.position["lag"])
    windows = day_windows(min(reached, until) - _DAY, until)
    return [window.created for window in windows]


async def _read_whole(job: Job, source: Bin, state: Stream, asked: int) -> None:
    found = await _read_entries(job, source, None)
    await _read_missing(job, source, {entry.id for entry in found})
    state = replace(_seen(state, found), complete=True, read_at=asked)
    await job.save(state.at(rows=len(found)))


async def _read_new(job: Job, source: Bin, state: Stream, asked: int, until: int) -> Stream:
    """Read what was removed since the last read; a first read has all before it, from `until`."""
    if state.read_at is None:
        return replace(state, read_at=asked).at(back=until)
    days = _days_since(state, until)
    found = [entry for day in days for entry in await _read_entries(job, source, day)]
    added = [entry for entry in found if (entry.removed_at or 0) > (state.watermark or 0)]
    state = state.at(rows=state.position.get("rows", 0) + len(added))
    state = replace(_seen(state, found), read_at=asked)
    await job.save(state)
    return state


async def _read_back(job: Job, source: Bin, state: Stream) -> None:
    """Read a deep bin day by day, the newest first, down to the workspace's first."""
    founded = await workspace_created(job)
    for window in day_windows(founded, state.position["back"]):
        found = await _read_entries(job, source, window.created)
        state = _seen(state, found).at(back=window.since - 1)
        await job.save(state)
    await job.save(replace(state, complete=True).at(back=None))


def _seen(state: Stream, found: Sequence[Removal]) -> Stream:
    """The stream with the newest removal met as its watermark."""
    newest = max([state.watermark or 0, *(entry.removed_at or 0 for entry in found)])
    return replace(state, watermark=newest or None)


async def _read_entries(job: Job, source: Bin, day: str | None) -> list[Removal]:
    """Read and land the bin's rows of this day (ISO); of all days where it is None.

    Raises RejectedError("too_deep") where all are more than TAPD lets one page through. Of a
    single day as many are read as it lets: the census finds the rest.
    """
    found: list[Removal] = []
    asked = job.clock.now()
    assert source.entity.modified is not None
    parameters: dict[str, Any] = dict(source.parameters)
    if day is not None:
        parameters[source.entity.modified] = day
    pages = job.client.pages(source.entity, workspace_id=job.workspace_id, **parameters)
    try:
        async with aclosing(pages):
            async for page in pages:
                entries = [
                    removal_of(source.item_type, row, archived=source.archived) for row in page.rows
                ]
                landed = await job.land(asked, land_removals, source.item_type, entries)
                job.meter.landed(job.workspace_id, source.name, landed)
                found += entries
    except RejectedError as fault:
        if day is None or fault.code != "too_deep":
            raise
    return found


async def _read_missing(job: Job, source: Bin, found: set[str]) -> None:
    """Read anew what the bin listed and lists no more.

    What TAPD gives was restored, and lands as any item. The others stay gone: bins are emptied,
    and another account may be shown less of one.
    """
    kinds = _kinds(source)
    stored = await job.read(_listed, job.workspace, kinds, source.item_type, job.task_type)
    for item_type, ids in stored.items():
        missing = sorted(set(ids) - found)
        seen = await refetch(job, row_stream(item_type, job.task_type), missing)
        gone = [item_id for item_id in missing if item_id not in seen]
        await job.land(job.clock.now(), _unlist, item_type, gone)


def _listed(
    connection: Connection, workspace: int, kinds: list[int], item_type: str, task_type: str | None
) -> dict[str, list[str]]:
    """Ids of the tombstones that a bin of these kinds listed when it was last read, by type."""
    shared = item_type == "story" and task_type  # then the tasks lie in the stories' bin
    return {
        name: list(
            connection.scalars(
                select(removal.c.id).where(
                    removal.c.workspace == workspace,
                    removal.c.type == TYPE_CODES[name],
                    removal.c.kind.in_(kinds),
                    removal.c.listed,
                )
            )
        )
        for name in ((item_type, "task") if shared else (item_type,))
    }


def _unlist(place: Place, item_type: str, ids: list[str]) -> None:
    for start in range(0, len(ids), _CHUNK):
        place.connection.execute(
            update(removal)
            .where(
                removal.c.workspace == place.workspace,
                removal.c.type == TYPE_CODES[item_type],
                removal.c.id.in_(ids[start : start + _CHUNK]),
            )
            .values(listed=False)
        )


def _kinds(source: Bin) -> list[int]:
    if source.archived:
        return [REMOVAL_CODES["archived"]]
    names = ("deleted", "moved", "merged") if source.item_type == "bug" else ("deleted",)
    return [REMOVAL_CODES[name] for name in names]
