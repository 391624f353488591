"""Reading the change logs: newest first and resumably, then what was added since."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from taplens.clock import tapd_time
from taplens.errors import RejectedError
from taplens.mirror.landing import Place
from taplens.mirror.landing.history import land_changes
from taplens.mirror.schema import item
from taplens.mirror.sync.job import OVERLAP_SECONDS, Job
from taplens.mirror.sync.streams import Stream, newest_modified, save_stream
from taplens.tapd.entities import BUG_CHANGE, STORY_CHANGE, TASK_CHANGE, Entity
from taplens.tapd.values import parse_instant
from taplens.tapd.windows import Window, change_windows, day_windows

if TYPE_CHECKING:
    from taplens.tapd import Page

_DAY = 86_400
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChangeStream:
    """The change log of one item type."""

    name: str
    item_type: str
    entity: Entity


CHANGE_STREAMS = (
    ChangeStream("story_change", "story", STORY_CHANGE),
    ChangeStream("bug_change", "bug", BUG_CHANGE),
    ChangeStream("task_change", "task", TASK_CHANGE),
)


async def read_history(job: Job, source: ChangeStream) -> None:
    """Bring one change log in step: what is new first, then further back, newest first.

    Change rows are append-only, so a window whose end lies in the past never changes and can be
    paged through in any session. Where the workspace keeps tasks as stories their changes are
    among the stories' and TAPD has no log of tasks.
    """
    if source.item_type == "task" and job.task_type:
        return
    state = await job.stream(source.name)
    if state.watermark is None:
        state = await _begin(job, source)
    elif state.position.get("low") is not None or state.complete:
        state = await _read_new(job, source, state)
    if not state.complete:
        await _read_back(job, source, state)


async def _begin(job: Job, source: ChangeStream) -> Stream:
    """Where the first read stands: nothing yet, from the newest item's change backwards.

    TAPD's clock isn't ours: the newest `modified` met is a time that certainly has passed there.
    """
    oldest = await job.read(_oldest_created, job.workspace)
    newest = await job.read(newest_modified, job.workspace)
    info = await job.client.workspace_info(job.workspace_id)
    founded = parse_instant(info.get("created"))
    low = min(time for time in (oldest, founded, newest, job.clock.now()) if time) - _DAY
    high = newest or job.clock.now()
    if job.settings.history_days:
        low = max(low, high - job.settings.history_days * _DAY)
    state = Stream(
        source.name,
        watermark=high - OVERLAP_SECONDS,
        history_from=high + 1,
        position={"low": low, "high": high},
    )
    await job.save(state)
    return state


def _oldest_created(connection: Connection, workspace: int) -> int | None:
    oldest: int | None = connection.scalar(
        select(func.min(item.c.created)).where(item.c.workspace == workspace)
    )
    return oldest


async def _read_back(job: Job, source: ChangeStream, state: Stream) -> None:
    """Read window after window, the newest first, down to the beginning."""
    low = state.position["low"]
    window = state.position.get("window")
    if window:  # one was interrupted
        state = await _read_window(job, source, state, Window(*window))
    until = min(state.position["high"], (state.history_from or low) - 1)
    if until >= low:
        windows = change_windows(job.client, source.entity, job.workspace_id, low, until)
        async with aclosing(windows):
            async for following in windows:
                state = await _read_window(job, source, state.at(page=1), following)
    done = replace(state, complete=True, history_from=low, position={}, read_at=job.clock.now())
    await job.save(done)


async def _read_window(job: Job, source: ChangeStream, state: Stream, window: Window) -> Stream:
    stored = [window.since, window.until, window.total]
    state = state.at(window=stored, page=state.position.get("page", 1))
    pages = job.client.pages(
        source.entity,
        workspace_id=job.workspace_id,
        total=window.total,
        start_page=state.position["page"],
        order="id desc",
        created=window.created,
    )
    async with aclosing(pages):
        async for page in pages:
            oldest = min((parse_instant(row["created"]) or 0 for row in page.rows), default=None)
            if oldest is not None:
                reached = min(oldest + 1, state.history_from or oldest + 1)
                state = replace(state, history_from=reached)
            state = state.at(page=page.number + 1)
            await _land(job, source, page, state, window.total)
    state = replace(state, history_from=min(window.since, state.history_from or window.since))
    state = state.at(window=None, page=1)
    await job.save(state)
    return state


async def _read_new(job: Job, source: ChangeStream, state: Stream) -> Stream:
    """Read the rows added since the watermark; rows met twice change nothing."""
    started, since = job.clock.now(), (state.watermark or 0) - 1
    high = state.watermark or 0
    try:
        high = await _read_since(job, source, state, f">{tapd_time(since)}", high)
    except RejectedError:  # ranges are refused: day by day
        newest = await job.read(newest_modified, job.workspace)
        until = max(job.clock.now(), newest or 0)
        for window in day_windows(since, until):
            high = await _read_since(job, source, state, window.created, high)
    duration = math.ceil(max(job.clock.now() - started, 0)) + 1
    watermark = max(high - duration - OVERLAP_SECONDS, state.watermark or 0)
    state = replace(state, watermark=watermark, read_at=started)
    await job.save(state)
    return state


async def _read_since(
    job: Job, source: ChangeStream, state: Stream, created: str, high: int
) -> int:
    """Land the rows of one `created` condition; returns the largest `created` met."""
    pages = job.client.pages(
        source.entity, workspace_id=job.workspace_id, order="id asc", created=created
    )
    async with aclosing(pages):
        async for page in pages:
            await _land(job, source, page, state, None)
            high = max([high, *(parse_instant(row["created"]) or 0 for row in page.rows)])
    return high


async def _land(
    job: Job, source: ChangeStream, page: Page, state: Stream, total: int | None
) -> None:
    landed = await job.land(job.clock.now(), _land_page, source.item_type, page.rows, state)
    job.meter.landed(job.workspace_id, source.name, landed, total)


def _land_page(place: Place, item_type: str, rows: Sequence[Row], state: Stream) -> int:
    landed = land_changes(place, item_type, rows)
    save_stream(place.connection, place.workspace, state)
    return landed
