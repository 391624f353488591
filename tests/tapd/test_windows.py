"""Windows over a change log: newest first, within the depth cap, few counts."""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left, bisect_right
from itertools import pairwise
from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taplens.errors import RejectedError
from taplens.tapd import Client, Window, change_windows, day_windows
from taplens.tapd.entities import BUG_CHANGE, DEPTH_CAP, STORY_CHANGE
from taplens.tapd.values import parse_instant

from .raw_server import RawServer, good, refusal

WS = "58210347"
YEAR = 365 * 86_400
START = 1_735_660_800  # 2025-01-01 00:00:00 +08:00


class CountingLog:
    """A change log that can only be counted: many rows at given seconds."""

    def __init__(self, times: list[int], ranges: bool = True) -> None:
        self.times = sorted(times)
        self.counts = 0
        self.ranges = ranges

    async def count(self, _entity: object, *, workspace_id: str, created: str) -> int:
        self.counts += 1
        since, until = span_of(created)
        if "~" in created and not self.ranges:
            raise RejectedError("parameter_rejected", path="story_changes/count", detail="created")
        return bisect_right(self.times, until) - bisect_left(self.times, since)


def span_of(created: str) -> tuple[int, int]:
    since, tilde, until = created.partition("~")
    start = parse_instant(since)
    assert start is not None
    end = parse_instant(until) if tilde else start + 86_399
    assert end is not None
    return start, end


async def planned(log: Any, since: int, until: int) -> list[Window]:
    return [window async for window in change_windows(log, STORY_CHANGE, WS, since, until)]


def year_of(rows: int) -> list[int]:
    """Rows as a team makes them: by day, on working hours, more at the ends of iterations."""
    chance = random.Random(7)
    days = chance.choices(range(365), weights=[1 + day % 14 for day in range(365)], k=rows)
    return [START + day * 86_400 + chance.randrange(9 * 3600, 20 * 3600) for day in days]


@pytest.mark.parametrize("rows", [0, 1, 19_999, 20_000, 20_001, 45_000, 300_000])
def test_a_year_of_history_costs_at_most_a_fifth_more_than_its_pages(rows: int) -> None:
    log = CountingLog(year_of(rows))
    windows = asyncio.run(planned(log, START, START + YEAR - 1))
    cap = STORY_CHANGE.page_cap
    pages = sum(ceil((window.total or 0) / cap) for window in windows)
    assert log.counts + pages <= max(1, 1.2 * ceil(rows / cap), ceil(rows / cap) + 1)
    assert sum(window.total or 0 for window in windows) == rows
    assert all(0 < (window.total or 0) <= DEPTH_CAP for window in windows)


@settings(max_examples=50, deadline=None)
@given(
    bursts=st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 3_000), st.integers(1, 15_000)),
        max_size=12,
    ),
    since=st.integers(0, 5_000),
    length=st.integers(0, 10_000),
)
def test_windows_hold_every_row_once_newest_first(
    bursts: list[tuple[int, int, int]], since: int, length: int
) -> None:
    times = [at + number % (spread + 1) for at, spread, rows in bursts for number in range(rows)]
    log = CountingLog([START + time for time in times])
    first, last = START + since, START + since + length
    windows = asyncio.run(planned(log, first, last))
    for newer, older in pairwise(windows):
        assert older.until < newer.since
    held = 0
    for window in windows:
        assert first <= window.since <= window.until <= last
        rows = bisect_right(log.times, window.until) - bisect_left(log.times, window.since)
        assert window.total == rows > 0
        assert rows <= DEPTH_CAP or window.since == window.until
        held += rows
    assert held == bisect_right(log.times, last) - bisect_left(log.times, first)


def test_where_ranges_are_refused_the_windows_are_whole_days_without_counts() -> None:
    log = CountingLog([], ranges=False)
    since = START + 5 * 3600
    windows = asyncio.run(planned(log, since, since + 2 * 86_400))
    assert [window.created for window in windows] == ["2025-01-03", "2025-01-02", "2025-01-01"]
    assert {window.total for window in windows} == {None}
    assert log.counts == 1


def test_a_window_that_was_stored_asks_the_same_again() -> None:
    for window in (next(day_windows(START, START)), Window(START, START + 4_000, 17)):
        stored = [window.since, window.until, window.total]
        assert Window(*stored).created == window.created


def test_a_whole_day_is_asked_as_a_day_and_the_rest_as_a_range_to_the_second() -> None:
    assert Window(START, START + 86_399).created == "2025-01-01"
    assert Window(START, START + 86_400).created == "2025-01-01 00:00:00~2025-01-02 00:00:00"
    assert Window(START, START + 86_398).created == "2025-01-01 00:00:00~2025-01-01 23:59:58"
    assert Window(START + 1, START + 1).created == "2025-01-01 00:00:01~2025-01-01 00:00:01"


@given(st.integers(START, START + YEAR), st.integers(0, 40 * 86_400))
def test_days_cover_the_span_without_gaps(since: int, length: int) -> None:
    windows = list(day_windows(since, since + length))
    assert windows[-1].since <= since <= windows[-1].until
    assert windows[0].since <= since + length <= windows[0].until
    for newer, older in pairwise(windows):
        assert older.until + 1 == newer.since


async def test_ranges_refused_half_way_leave_the_rest_to_days(
    server: RawServer, client: Client
) -> None:
    refused = refusal(422, "created 只支持单天查询")
    server.script = [good({"count": 50_000}), good({"count": 15_000}), refused]
    asked = change_windows(client, BUG_CHANGE, WS, START, START + 20 * 86_400 - 1)
    windows = [window async for window in asked]
    assert windows[0] == Window(START + 10 * 86_400, START + 20 * 86_400 - 1, 15_000)
    assert windows[1:] == list(day_windows(START, START + 10 * 86_400 - 1))
    assert len(server.requests) == 3
