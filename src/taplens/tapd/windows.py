"""Time windows that keep a change log within TAPD's depth cap, newest first.

TAPD refuses to page beyond 20000 rows. A span with more rows is cut in two until each window
holds few enough: one count for the whole span and one for each cut. Where TAPD refuses ranges (its
reference is of two minds for change logs), the windows are single days, without counts.

Rows of a change log are only ever added, so pages of a window that has passed never move.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from taplens.clock import day_of, day_start, tapd_time
from taplens.errors import RejectedError
from taplens.tapd.entities import DEPTH_CAP, Entity

if TYPE_CHECKING:
    from taplens.tapd.client import Client

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, both ends included, in UTC epoch seconds.

    `total` is the number of rows in it, None where it wasn't counted.
    """

    since: int
    until: int
    total: int | None = None

    @property
    def created(self) -> str:
        """The window as TAPD's `created` parameter; a whole day as that day, never as a range."""
        day = day_of(self.since)
        if (self.since, self.until) == (day_start(day), day_start(day + _DAY) - 1):
            return day.isoformat()
        return f"{tapd_time(self.since)}~{tapd_time(self.until)}"


def halves(window: Window) -> tuple[Window, Window]:
    """The older and the newer half of a window of at least two seconds, uncounted."""
    middle = (window.since + window.until) // 2
    return Window(window.since, middle), Window(middle + 1, window.until)


def day_windows(since: int, until: int) -> Iterator[Window]:
    """The days of the workspace's zone that touch the span, whole, newest first."""
    day, first = day_of(until), day_of(since)
    while day >= first:
        yield Window(day_start(day), day_start(day + _DAY) - 1)
        day -= _DAY


async def change_windows(
    client: Client, entity: Entity, workspace_id: str, since: int, until: int
) -> AsyncGenerator[Window, None]:
    """The windows in which to read a change log over [since, until], newest first.

    Counted ranges of at most 20000 rows, empty ones left out; or single days where TAPD refuses
    ranges. A single second with more rows than that is given as it is.
    """

    async def counted(window: Window) -> Window:
        created = window.created
        total = await client.count(entity, workspace_id=workspace_id, created=created)
        return replace(window, total=total)

    reached = until
    try:
        pending = [await counted(Window(since, until))]
        while pending:
            window = pending.pop()
            total = window.total or 0
            if total > DEPTH_CAP and window.since < window.until:
                older, newer = halves(window)
                newer = await counted(newer)
                rest = max(0, total - (newer.total or 0))
                pending += [replace(older, total=rest), newer]
                continue
            if total:
                yield window
            reached = window.since - 1
    except RejectedError:
        for window in day_windows(since, reached):
            yield window
