"""A recycle bin of any size is read to its end, and keeps nothing behind it from being read."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select

from taplens.clock import Clock
from taplens.errors import ProtocolError
from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.keeper import Keeper
from taplens.mirror.schema import removal, stream
from taplens.mirror.sync.streams import load_stream

FOUNDED = date(2026, 3, 1)
DAYS = 20
ROWS = 450
CAP = 200  # rows that may be paged through: TAPD's 20,000 in small
PATH = "bugs/get_removed_bugs"


def _binned(number: int, day: date) -> dict[str, str]:
    return {
        "id": f"1150311786001{number:06}",
        "title": f"重复的缺陷 {number} 🗑",
        "reporter": "晚风",
        "created": "2026-03-01 09:00:00",
        "operation_user": "晚风",
        "modified": f"{day} 10:00:00",
        "type": "delete",
    }


@pytest.fixture
def full_bin(connect, start_sandbox):
    """A sandbox of a month whose bin of bugs got some a day for twenty days; settings; a clock."""
    sandbox = start_sandbox(items=6)
    workspace = sandbox.store.workspaces()[0]
    founded = {"created": f"{FOUNDED} 10:00:00"}
    sandbox.store.put("workspace", workspace["id"], [workspace | founded])
    rows = [
        _binned(900_000 + number, FOUNDED + timedelta(days=number % DAYS)) for number in range(ROWS)
    ]
    sandbox.store.put("removed_bug", workspace["id"], rows)
    # Something has just happened: TAPD's clock is known to be no more than a minute behind.
    sandbox.act("create", entity="bug", values={"title": "刚刚提交"})
    return sandbox, connect(sandbox), Clock(seconds=lambda: sandbox.world.now + 60)


def _bugs(connection) -> set[str]:
    """The bugs of the full bin that the mirror knows as gone."""
    query = select(removal.c.id).where(removal.c.type == TYPE_CODES["bug"])
    return {one for one in connection.scalars(query) if one[-6] == "9"}


def _days(sandbox) -> list[str]:
    """The days that the bin of bugs was asked for; "" for all."""
    asked = [parse_qs(row["query"]) for row in sandbox.requests() if row["path"] == PATH]
    return [query.get("modified", [""])[0] for query in asked]


async def test_a_bin_deeper_than_tapd_pages_is_read_day_by_day(full_bin, monkeypatch) -> None:
    sandbox, settings, clock = full_bin
    monkeypatch.setattr("taplens.tapd.paging.DEPTH_CAP", CAP)
    async with Keeper(settings, clock=clock) as keeper:
        await keeper.sync(entities=("bug",))
        assert len(await keeper.read(_bugs)) == ROWS
        histories = await keeper.read(
            lambda c: list(
                c.scalars(select(stream.c.complete).where(stream.c.name == "bug_change"))
            )
        )
        assert histories == [True]
        sandbox.clear_requests()
        await keeper.sync(entities=("bug",), census=True)  # nothing of it is read twice
        assert set(_days(sandbox)) == {"2026-03-30", "2026-03-31"}


async def test_a_deep_bin_goes_on_where_it_was_interrupted(full_bin, monkeypatch) -> None:
    sandbox, settings, clock = full_bin
    monkeypatch.setattr("taplens.tapd.paging.DEPTH_CAP", CAP)
    sandbox.fault("unwrapped", PATH, after=15)
    async with Keeper(settings, clock=clock) as keeper:
        with pytest.raises(ProtocolError):
            await keeper.sync(entities=("bug",))
        landed = await keeper.read(_bugs)
        assert 0 < len(landed) < ROWS
        reached = (await keeper.read(load_stream, 1, "removed_bug")).position["back"]
        sandbox.clear_faults()
        sandbox.clear_requests()
        late = _binned(999_999, date(2026, 3, 31))
        sandbox.store.put("removed_bug", sandbox.world.first.id, [late])
        await keeper.sync(entities=("bug",))
        assert len(await keeper.read(_bugs)) == ROWS + 1
    asked = _days(sandbox)
    assert "" not in asked
    assert len(asked) < DAYS
    assert reached


async def test_a_fault_of_one_bin_keeps_no_other_from_being_read(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=6)
    sandbox.fault("unwrapped", "stories/get_removed_stories")
    async with Keeper(connect(sandbox)) as keeper:
        with pytest.raises(ProtocolError):
            await keeper.sync(entities=("bug",))
        bugs = await keeper.read(
            lambda c: list(c.scalars(select(removal.c.type).where(removal.c.type == 2)))
        )
    assert len(bugs) == len(sandbox.truth(sandbox.world.first.id, "removed_bug"))


async def test_an_idle_cycle_asks_a_large_bin_for_the_days_since_its_last_read(full_bin) -> None:
    sandbox, settings, clock = full_bin
    async with Keeper(settings, clock=clock) as keeper:
        await keeper.sync(entities=("bug",))
        sandbox.clear_requests()
        await keeper.sync(entities=("bug",), census=False)
        assert set(_days(sandbox)) == {"2026-03-30", "2026-03-31"}


async def test_a_bin_that_cannot_be_read_keeps_no_history_from_being_read(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=6)
    sandbox.fault("html", PATH)
    async with Keeper(connect(sandbox, request_seconds=1)) as keeper:
        with pytest.raises(ProtocolError):
            await keeper.sync()
        complete = select(stream.c.name).where(stream.c.complete, stream.c.name.like("%_change"))
        assert len(await keeper.read(lambda c: list(c.scalars(complete)))) == 3
