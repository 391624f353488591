"""The census: a sweep of all ids, which finds what leaves no trace elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from taplens.mirror.fields import REMOVAL_CODES, TYPE_CODES
from taplens.mirror.index.keeping import keep
from taplens.mirror.landing import Place
from taplens.mirror.landing.rest import Removal, commented, land_removals
from taplens.mirror.schema import comment, item, term, workspace
from taplens.mirror.sync.job import Job
from taplens.mirror.sync.relations import read_relations
from taplens.mirror.sync.removals import read_removals
from taplens.mirror.sync.rows import ITEM_STREAMS, REST_STREAMS, RowStream, refetch, row_stream
from taplens.mirror.sync.spans import plan_spans
from taplens.tapd.values import parse_instant

_CHUNK = 500

Listed = dict[str, int]  # id -> modified


@dataclass(frozen=True, slots=True)
class Known:
    """What the mirror holds of one row: when it was modified and fetched, by whom, and if gone."""

    modified: int
    fetched_at: int
    account: str
    removed: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """How the mirror differs from TAPD's listing of one stream, as ids."""

    stream: str
    listed: int
    missing: tuple[str, ...]  # listed, not in the mirror (or gone there)
    stale: tuple[str, ...]  # modified since it was mirrored
    extra: tuple[str, ...]  # in the mirror, not listed, and last seen by this account

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.missing or self.stale or self.extra)


async def take_census(job: Job, names: Sequence[str]) -> list[Difference]:
    """Sweep the streams `names` and repair what differs; returns what did.

    What this account once saw and TAPD lists no more, in no recycle bin either, becomes a
    tombstone "no longer visible". What only another account saw is left as it is; what this one
    sees, too, is its own from now on. A sweep of all streams counts as the day's.
    """
    started = job.clock.now()
    await read_removals(job, everything=True)
    differences = []
    for name in names:
        source = row_stream(name, job.task_type)
        difference, others = await _compared(job, source, started)
        differences.append(difference)
        for chunk in _chunks(others, _CHUNK):
            await job.land(started, _adopt, source, chunk)
        # A deletion while the ids were listed may have hidden one that is there: all are asked for.
        doubtful = {*difference.missing, *difference.stale, *difference.extra}
        seen = await refetch(job, source, sorted(doubtful))
        gone = [row_id for row_id in difference.extra if row_id not in seen]
        for chunk in _chunks(gone, _CHUNK):
            await job.land(started, _bury, source, chunk)
        job.meter.landed(job.workspace_id, "census", difference.listed)
    if set(names) >= {*ITEM_STREAMS, *REST_STREAMS}:
        await read_relations(job, everything=True)
        await job.land(started, _save_census)
    return differences


async def compare(job: Job, source: RowStream, started: int) -> Difference:
    """How the mirror differs from TAPD's ids of one stream.

    What the mirror fetched after `started` (UTC epoch seconds) is newer than the listing.
    """
    difference, _ = await _compared(job, source, started)
    return difference


async def _compared(job: Job, source: RowStream, started: int) -> tuple[Difference, list[str]]:
    """See `compare`; and the ids that TAPD lists, but another account saw last."""
    listed = await _listing(job, source)
    known = await job.read(_known, job.workspace, source.name)
    account = job.account
    if source.name == "story":  # the list may hold the tasks that are kept as stories
        tasks = await job.read(_known, job.workspace, "task") if job.task_type else {}
        listed = {key: modified for key, modified in listed.items() if key not in tasks}
    missing = [key for key in listed if key not in known or known[key].removed]
    stale = [
        key
        for key, modified in listed.items()
        if key in known and not known[key].removed and known[key].modified < modified
    ]
    extra = [
        key
        for key, row in known.items()
        if key not in listed
        and not row.removed
        and row.account == account
        and row.fetched_at <= started
    ]
    others = [key for key in listed if key in known and known[key].account != account]
    found = Difference(source.name, len(listed), tuple(missing), tuple(stale), tuple(extra))
    return found, others


async def _listing(job: Job, source: RowStream) -> Listed:
    """Every id TAPD lists, with its `modified`."""
    total = await job.client.count(
        source.entity, workspace_id=job.workspace_id, **source.parameters
    )
    listed: Listed = {}
    for span in await plan_spans(job, source, total):
        pages = job.client.pages(
            source.entity,
            workspace_id=job.workspace_id,
            total=span.total,
            order="id asc",
            fields="id,modified",
            **source.parameters,
            **span.parameters("created"),
        )
        async with aclosing(pages):
            async for page in pages:
                for row in page.rows:
                    listed[str(row["id"])] = parse_instant(row.get("modified")) or 0
    return listed


def _known(connection: Connection, workspace_key: int, name: str) -> dict[str, Known]:
    table = comment if name == "comment" else item
    query = (
        select(table.c.id, table.c.modified, table.c.fetched_at, term.c.text, table.c.removed)
        .join(term, term.c.key == table.c.account)
        .where(table.c.workspace == workspace_key)
    )
    if table is item:
        query = query.where(item.c.type == TYPE_CODES[name])
    return {
        row.id: Known(row.modified or 0, row.fetched_at, row.text, row.removed)
        for row in connection.execute(query)
    }


def _adopt(place: Place, source: RowStream, ids: Sequence[str]) -> None:
    """Note that this account sees these rows."""
    table = comment if source.name == "comment" else item
    condition = (table.c.workspace == place.workspace) & table.c.id.in_(ids)
    if table is item:
        condition &= item.c.type == TYPE_CODES[source.name]
    code = place.code(place.account)
    place.connection.execute(update(table).where(condition).values(account=code))


def _bury(place: Place, source: RowStream, ids: Sequence[str]) -> None:
    if source.name == "comment":
        _bury_comments(place, ids)
        return
    removals = [Removal(item_id, "invisible", removed_at=place.at) for item_id in ids]
    land_removals(place, source.name, removals, listed=False)


def _bury_comments(place: Place, ids: Sequence[str]) -> None:
    statement = (
        update(comment)
        .where(comment.c.workspace == place.workspace, comment.c.id == bindparam("gone"))
        .values(removed=REMOVAL_CODES["invisible"])
    )
    place.connection.execute(statement, [{"gone": row_id} for row_id in ids])
    keep(place.connection, place.workspace, sorted(commented(place, comment.c.id.in_(ids))))


def _save_census(place: Place) -> None:
    place.connection.execute(
        update(workspace).where(workspace.c.key == place.workspace).values(census_at=place.at)
    )


def _chunks(ids: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])
