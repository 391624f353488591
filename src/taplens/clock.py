"""The one source of time, so that tests can set it, and the workspace's days."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

# TAPD's datetimes carry no offset and mean China Standard Time, which has no summer time.
WORKSPACE_ZONE = timezone(timedelta(hours=8), "+08:00")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Says what time it is.

    `seconds` returns UTC epoch seconds; `monotonic` seconds that never go back.
    """

    seconds: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic

    def now(self) -> int:
        """UTC epoch seconds, whole."""
        return int(self.seconds())

    def today(self) -> date:
        """The current day in the workspace's zone."""
        return day_of(self.now())


def day_of(instant: int) -> date:
    """The day in the workspace's zone that holds `instant` (UTC epoch seconds)."""
    return _local(instant).date()


def day_start(day: date) -> int:
    """UTC epoch seconds of the first second of `day` in the workspace's zone."""
    return int(datetime(day.year, day.month, day.day, tzinfo=WORKSPACE_ZONE).timestamp())


def tapd_time(instant: int) -> str:
    """`instant` (UTC epoch seconds) as TAPD writes datetimes: `YYYY-MM-DD HH:MM:SS`, +08:00."""
    return _local(instant).strftime("%Y-%m-%d %H:%M:%S")


def local_time(instant: int) -> datetime:
    """`instant` (UTC epoch seconds) as the workspace's clocks show it, without an offset."""
    return _local(instant).replace(tzinfo=None)


def iso_time(instant: int) -> str:
    """`instant` (UTC epoch seconds) for people and models: ISO 8601 in the workspace's zone."""
    return _local(instant).isoformat()


def _local(instant: int) -> datetime:
    """`instant` in the workspace's zone; Windows knows no time stamps before 1970."""
    return (_EPOCH + timedelta(seconds=instant)).astimezone(WORKSPACE_ZONE)
