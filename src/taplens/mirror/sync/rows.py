"""Reading rows that carry `modified`: once in full, then what changed since."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import update

from taplens.clock import tapd_time
from taplens.errors import RejectedError
from taplens.mirror.landing import Place
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.rest import land_comments
from taplens.mirror.schema import workspace
from taplens.mirror.sync.job import OVERLAP_SECONDS, Job
from taplens.mirror.sync.spans import Span, plan_spans
from taplens.mirror.sync.streams import Stream, save_stream
from taplens.tapd.entities import BUG, COMMENT, ITERATION, STORY, TASK, TCASE, Entity
from taplens.tapd.values import parse_instant

Row = Mapping[str, Any]
_BATCH = 100  # ids a request


@dataclass(frozen=True, slots=True)
class RowStream:
    """A stream of rows: the TAPD entity, its landing, and further request parameters."""

    name: str
    entity: Entity
    land: Callable[[Place, Sequence[Row]], int]
    parameters: Mapping[str, Any]


def _items(item_type: str) -> Callable[[Place, Sequence[Row]], int]:
    return lambda place, rows: land_items(place, item_type, rows)


def _stories(place: Place, rows: Sequence[Row]) -> int:
    """Stories, and the tasks among them where the workspace keeps tasks as stories."""
    tasks = [row for row in rows if place.task_type and row["workitem_type_id"] == place.task_type]
    stories = [row for row in rows if row not in tasks] if tasks else rows
    return land_items(place, "story", stories) + land_items(place, "task", tasks)


_STREAMS = {
    "story": RowStream("story", STORY, _stories, {}),
    "bug": RowStream("bug", BUG, _items("bug"), {}),
    "task": RowStream("task", TASK, _items("task"), {}),
    "tcase": RowStream("tcase", TCASE, _items("tcase"), {}),
    "iteration": RowStream("iteration", ITERATION, _items("iteration"), {}),
    "comment": RowStream("comment", COMMENT, land_comments, {}),
}
ITEM_STREAMS = ("story", "bug")  # what must be here before questions can be answered
REST_STREAMS = ("iteration", "task", "tcase", "comment")


def row_stream(name: str, task_type: str | None) -> RowStream:
    """The stream of that name; tasks come as stories where the workspace keeps them so."""
    if name == "task" and task_type:
        return RowStream("task", STORY, _items("task"), {"workitem_type_id": task_type})
    return _STREAMS[name]


async def read_rows(job: Job, name: str, state: Stream | None = None) -> None:
    """Bring one stream in step; `state` is its position, where the caller has read it.

    The first time everything, resumably; then what was modified since the watermark. Rows land
    page by page, each page in one transaction with the position that it reaches. A read that may
    have skipped a row makes a census due.
    """
    source = row_stream(name, job.task_type)
    if state is None:
        state = await job.stream(name)
    if state.complete and state.watermark is not None:
        await _read_changed(job, source, state, state.watermark)
    else:
        await _read_all(job, source, state)


async def refetch(job: Job, source: RowStream, ids: Sequence[str]) -> set[str]:
    """Read single rows anew by their ids; returns the ids that TAPD still gives."""
    seen: set[str] = set()
    for start in range(0, len(ids), _BATCH):
        chunk = ids[start : start + _BATCH]
        asked = job.clock.now()
        rows = await job.client.rows(
            source.entity,
            workspace_id=job.workspace_id,
            limit=len(chunk),
            id=",".join(chunk),
            **source.parameters,
        )
        seen |= {str(row["id"]) for row in rows}
        landed = await job.land(asked, source.land, rows)
        job.meter.landed(job.workspace_id, source.name, landed)
    return seen


async def _read_all(job: Job, source: RowStream, state: Stream) -> None:
    if not state.position:
        total = await job.client.count(
            source.entity, workspace_id=job.workspace_id, **source.parameters
        )
        spans = await plan_spans(job, source, total)
        state = state.at(
            spans=[span.stored() for span in spans],
            span=0,
            page=1,
            started=job.clock.now(),
            high=0,
            rows=0,
        )
    spans = [Span.restored(stored) for stored in state.position["spans"]]
    total = sum(span.total for span in spans)
    job.meter.landed(job.workspace_id, source.name, 0, total)
    for index in range(state.position["span"], len(spans)):
        first = state.position["page"] if index == state.position["span"] else 1
        state = await _read_span(job, source, state.at(span=index, page=first), spans[index], total)
    skipped = state.position["rows"] < total
    await _finish(job, replace(state, complete=True), skipped=skipped)


async def _read_span(job: Job, source: RowStream, state: Stream, span: Span, total: int) -> Stream:
    """Read one span of a full read from the page its position names."""
    pages = job.client.pages(
        source.entity,
        workspace_id=job.workspace_id,
        total=span.total,
        start_page=state.position["page"],
        order="id asc",
        **source.parameters,
        **span.parameters("created"),
    )
    async with aclosing(pages):
        async for page in pages:
            state = _seen(state, page.rows).at(page=page.number + 1)
            landed = await job.land(state.position["started"], _land_page, source, page.rows, state)
            job.meter.landed(job.workspace_id, source.name, landed, total)
    return state


async def _read_changed(job: Job, source: RowStream, state: Stream, watermark: int) -> None:
    """Read what was modified since the watermark, ordered so that edits meanwhile shift nothing."""
    state = replace(state, position={"started": job.clock.now(), "high": watermark, "rows": 0})
    since = {"modified": f">{tapd_time(watermark - 1)}"}
    try:
        state, skipped = await _read_pages(job, source, state, since)
    except RejectedError as fault:
        if fault.code != "too_deep":
            raise
        total = await job.client.count(
            source.entity, workspace_id=job.workspace_id, **source.parameters, **since
        )
        for span in await plan_spans(job, source, total, field="modified", since=watermark - 1):
            state, _ = await _read_pages(job, source, state, span.parameters("modified"))
        skipped = True  # an edit meanwhile takes a row out of its span, and shifts the others
    await _finish(job, state, skipped=skipped)


async def _read_pages(
    job: Job, source: RowStream, state: Stream, parameters: Mapping[str, Any]
) -> tuple[Stream, bool]:
    """Read a list of unknown length; and whether a deletion meanwhile may have hidden a row.

    Where there is more than one page the rows are counted, and read from the first page on: what
    went before the count is no harm then, and what goes after it is missed.
    """
    asked = {"workspace_id": job.workspace_id, **source.parameters, **parameters}
    state, more = await _land_pages(job, source, state, None, **asked)
    if not more:
        return state, False
    before = state.position["rows"]
    total = await job.client.count(source.entity, **asked)
    state, _ = await _land_pages(job, source, state, total, **asked)
    return state, bool(state.position["rows"] - before < total)


async def _land_pages(
    job: Job, source: RowStream, state: Stream, total: int | None, **asked: Any
) -> tuple[Stream, bool]:
    """Land the pages of a counted list, or the first one of an uncounted; whether more follow."""
    pages = job.client.pages(source.entity, total=total, order="id asc", **asked)
    async with aclosing(pages):
        async for page in pages:
            state = _seen(state, page.rows)
            landed = await job.land(state.position["started"], _land_rows, source, page.rows)
            job.meter.landed(job.workspace_id, source.name, landed)
            if total is None:
                return state, not page.last
    return state, False


def _land_rows(place: Place, source: RowStream, rows: Sequence[Row]) -> int:
    return source.land(place, rows)


def _land_page(place: Place, source: RowStream, rows: Sequence[Row], state: Stream) -> int:
    landed = source.land(place, rows)
    save_stream(place.connection, place.workspace, state)
    return landed


def _seen(state: Stream, rows: Sequence[Row]) -> Stream:
    """The position after these rows: the largest `modified` met, and how many rows."""
    # TAPD's instants sort as text, so one of a page needs to be parsed.
    newest = parse_instant(max((row.get("modified") or "" for row in rows), default=""))
    high = max(newest or 0, state.position["high"])
    return state.at(high=high, rows=state.position["rows"] + len(rows))


async def _finish(job: Job, state: Stream, *, skipped: bool) -> None:
    """Store the end of a read, and in the same transaction whether it may have skipped a row."""
    await job.land(job.clock.now(), _save_end, _caught_up(job, state), skipped)


def _save_end(place: Place, state: Stream, skipped: bool) -> None:
    save_stream(place.connection, place.workspace, state)
    if skipped:
        demand_census(place)


def demand_census(place: Place) -> None:
    """Let the next cycle take a census that isn't told to leave it out."""
    place.connection.execute(
        update(workspace).where(workspace.c.key == place.workspace).values(census_at=0)
    )


def _caught_up(job: Job, state: Stream) -> Stream:
    """The stream once a read has ended.

    Whatever was changed while the read went on has a `modified` of at least the largest one seen
    less the read's duration, whatever TAPD's clock says: the watermark stays below that.
    """
    duration = math.ceil(max(job.clock.now() - state.position["started"], 0)) + 1
    reached = state.position["high"] - duration - OVERLAP_SECONDS
    watermark = max(reached, state.watermark or 0)
    return replace(state, watermark=watermark, position={}, read_at=state.position["started"])
