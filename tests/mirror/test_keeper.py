"""Processes that die, meet or wait: nothing committed is lost and readers are never blocked."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from taplens.clock import Clock
from taplens.config import Secret, Settings
from taplens.errors import ConfigurationError, SyncRunningError, TapdError
from taplens.mirror import keeper as keeper_module
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.keeper import Keeper
from taplens.mirror.lease import Lease
from taplens.mirror.schema import item, lease, workspace
from taplens.mirror.threads import in_thread
from tests.mirror.truth import differences, mirror_facts, sandbox_facts


def _environment(settings: Settings) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if "TAP" not in name}
    return inherited | {
        "TAPLENS_HOME": str(settings.home),
        "TAPLENS_BUDGET_FOLDER": str(settings.home),
        "TAPLENS_DATABASE_URL": settings.database_url,
        "TAPD_API_BASE_URL": settings.api_base_url,
        "TAPD_ACCESS_TOKEN": "demo",
        "TAPD_WORKSPACE_ID": ",".join(settings.workspace_ids),
        "TAPLENS_REQUESTS_PER_MINUTE": "1000000",
        "TAPLENS_LANG": "en",
    }


async def _until(condition) -> None:
    """Wait for something that another process brings about; the test's own limit bounds it."""
    while not condition():  # noqa: ASYNC110 - there is no event across processes
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("path", ["bugs", "comments", "story_changes", "bug_changes"])
async def test_a_killed_sync_loses_nothing_and_the_next_goes_on(
    connect, start_sandbox, path: str
) -> None:
    sandbox = start_sandbox(items=24)
    settings = connect(sandbox)
    workspace_id = sandbox.world.first.id
    sandbox.fault("latency", path=path, seconds=30)
    process = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-m", "taplens", "sync"],
        env=_environment(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await _until(lambda: sandbox.faults()[0]["struck"])
    finally:
        process.kill()
        process.wait(5)
    sandbox.clear_faults()
    sandbox.clear_requests()
    async with Keeper(settings, lease_seconds=0.4) as keeper:
        await keeper.sync(wait_seconds=1)
        found = await keeper.read(mirror_facts, workspace_id)
    assert differences(sandbox_facts(sandbox, workspace_id), found) == {}
    if path in ("story_changes", "bug_changes"):  # the items were here: only their changes are read
        asked = [row["query"] for row in sandbox.requests() if row["path"] == "stories"]
        assert asked
        assert all("modified" in str(query) for query in asked)


async def test_a_second_sync_waits_for_the_first_or_says_so(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=20)
    settings = connect(sandbox)
    sandbox.fault("latency", path="bug_changes", seconds=0.6, times=1)
    async with Keeper(settings) as first, Keeper(settings) as second:
        running = asyncio.create_task(first.sync())
        await _until(lambda: any(row["path"] == "stories" for row in sandbox.requests()))
        with pytest.raises(SyncRunningError) as fault:
            await second.sync(wait_seconds=0)
        assert "process" in fault.value.message("en")
        await asyncio.gather(running, second.sync(wait_seconds=4))


async def test_readers_are_not_blocked_while_a_sync_writes(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=24)
    settings = connect(sandbox)
    async with Keeper(settings) as writer, Keeper(settings) as reader:
        await writer.ready(writer.workspace_ids)
        running = asyncio.create_task(writer.sync(full=True))
        answers = []
        while not running.done():
            count = select(func.count()).select_from(item).where(item.c.type.in_((1, 2)))
            answers.append(await reader.read(lambda c, count=count: c.scalar(count)))
        await running
    assert len(answers) > 5
    assert set(answers) == {24}


async def test_a_cancelled_sync_leaves_a_mirror_that_answers(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=20)
    settings = connect(sandbox)
    async with Keeper(settings) as keeper:
        await keeper.ready(keeper.workspace_ids)  # the rest of the sync is still running
    async with Keeper(settings) as keeper:
        await keeper.sync(wait_seconds=1)
        found = await keeper.read(mirror_facts, sandbox.world.first.id)
    assert differences(sandbox_facts(sandbox, sandbox.world.first.id), found) == {}


async def test_the_first_question_starts_the_sync_and_is_answered_before_it_ends(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=20)
    sandbox.fault("latency", path="bug_changes", seconds=20)
    steps = []
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.ready(keeper.workspace_ids, lambda event: steps.append(event.step))
        count = select(func.count()).select_from(item).where(item.c.type.in_((1, 2)))
        assert await keeper.read(lambda c: c.scalar(count)) >= 20
        assert {"story", "bug"} <= set(steps)


async def test_two_processes_asked_at_once_both_answer(connect, start_sandbox) -> None:
    settings = connect(start_sandbox(items=20))
    async with Keeper(settings) as first, Keeper(settings) as second:
        await asyncio.gather(first.ready(first.workspace_ids), second.ready(second.workspace_ids))


async def test_a_question_is_answered_while_another_process_still_reads_the_rest(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=20)
    settings = connect(sandbox)
    sandbox.fault("latency", path="comments", seconds=20)
    async with Keeper(settings) as first, Keeper(settings) as second:
        running = asyncio.create_task(first.sync())
        await _until(lambda: any(row["path"] == "workitem_types" for row in sandbox.requests()))
        await second.ready(second.workspace_ids)
        assert not running.done()
        running.cancel()


async def test_a_question_about_another_workspace_waits_for_a_sync_of_its_own(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=10)
    first, second = (row["id"] for row in sandbox.store.workspaces()[:2])
    async with Keeper(connect(sandbox, first, second)) as keeper:
        running = asyncio.create_task(keeper.sync(workspace_ids=[first]))
        await _until(sandbox.requests)
        await keeper.ready([second])
        await running


async def test_a_question_about_bugs_is_not_answered_from_a_sync_of_stories_alone(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=10)
    async with Keeper(connect(sandbox)) as keeper:
        running = asyncio.create_task(keeper.sync(entities=["story"]))
        await _until(sandbox.requests)
        await keeper.ready(keeper.workspace_ids)
        bugs = select(func.count()).select_from(item).where(item.c.type == 2)
        assert await keeper.read(lambda c: c.scalar(bugs)) > 0
        await running


async def test_a_cycle_of_another_process_is_as_good_as_ones_own(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=10)
    settings = connect(sandbox)
    async with Keeper(settings) as first, Keeper(settings) as second:
        await first.sync()
        sandbox.clear_requests()
        second.start()
        await second.read(lambda c: c.scalar(select(func.count()).select_from(item)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await second._refreshing
    assert sandbox.requests() == []


async def test_the_first_question_outlasts_a_refresh_that_found_the_lease_taken(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=10)
    settings = connect(sandbox)
    async with Keeper(settings) as keeper:
        other = Lease(await keeper.mirror(), Clock(), 15)
        assert other.try_acquire() is None
        keeper.start()
        asking = asyncio.create_task(keeper.ready(keeper.workspace_ids))
        await _until(lambda: keeper._sync is not None and keeper._sync.patient)
        other.release()
        await asking


async def test_a_sync_joins_one_of_its_process_that_does_the_same(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=10)
    async with Keeper(connect(sandbox)) as keeper:
        reports = await asyncio.gather(keeper.sync(), keeper.sync(entities=["bug"]))
        assert reports[0] is reports[1]


async def test_a_sync_that_may_not_wait_says_that_one_is_running(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=10)
    async with Keeper(connect(sandbox)) as keeper:
        running = asyncio.create_task(keeper.sync(entities=["bug"]))
        await _until(sandbox.requests)
        with pytest.raises(SyncRunningError):
            await keeper.sync(wait_seconds=0)
        await running


async def test_single_items_that_cannot_be_kept_are_answered_from_the_mirror(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=10)
    workspace_id = sandbox.world.first.id
    bug = sandbox.truth(workspace_id, "bug")[0]["id"]
    async with Keeper(connect(sandbox, item_seconds=0)) as keeper:
        await keeper.sync()
        (await keeper.mirror()).writable = False
        told = await keeper.refresh_items([(workspace_id, "bug", bug)])
        assert told == ["warning.not_refreshed"]


async def test_a_slow_tapd_holds_up_no_answer_about_single_items(
    connect, start_sandbox, monkeypatch
) -> None:
    monkeypatch.setattr(keeper_module, "REREAD_SECONDS", 0.1)
    sandbox = start_sandbox(items=10)
    workspace_id = sandbox.world.first.id
    bug = sandbox.truth(workspace_id, "bug")[0]["id"]
    async with Keeper(connect(sandbox, item_seconds=0)) as keeper:
        await keeper.sync()
        sandbox.fault("latency", path="bugs", seconds=30)
        told = await keeper.refresh_items([(workspace_id, "bug", bug)])
        assert told == ["warning.not_refreshed"]


async def test_an_unforeseen_fault_does_not_end_the_refreshing(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=10)
    settings = replace(connect(sandbox), sync_seconds=0)
    story = sandbox.truth(sandbox.world.first.id, "story")[0]
    async with Keeper(settings) as keeper:
        await keeper.sync()
        # A row that breaks a promise: its id is no number.
        broken = story | {"modified": "2030-01-01 00:00:00", "id": "x"}
        sandbox.store.put("story", sandbox.world.first.id, [broken])
        keeper.start()
        await _until(lambda: keeper.last_fault is not None)
        assert keeper.last_fault.mend("zh")
        sandbox.store.delete("story", sandbox.world.first.id, ["x"])
        await _until(lambda: keeper.last_fault is None)


async def test_a_cancelled_landing_ends_before_the_lease_is_given_back(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=10)
    async with Keeper(connect(sandbox)) as keeper:
        mirror = await keeper.mirror()
        landing, leave = threading.Event(), threading.Event()

        def slow() -> None:
            with mirror.write():
                landing.set()
                leave.wait(4)

        task = asyncio.create_task(in_thread(slow))
        await asyncio.to_thread(landing.wait, 4)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        leave.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        with mirror.write():
            pass


async def test_a_fault_after_the_answer_is_remembered(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=20)
    sandbox.fault("html", path="comments")
    async with Keeper(connect(sandbox, request_seconds=1)) as keeper:
        await keeper.ready(keeper.workspace_ids)
        await _until(lambda: keeper.last_fault is not None)


async def test_an_empty_mirror_without_credentials_says_what_to_set(connect, sandbox) -> None:
    async with Keeper(connect(sandbox, access_token=None)) as keeper:
        with pytest.raises(ConfigurationError) as fault:
            await keeper.ready(keeper.workspace_ids)
        assert "TAPD_ACCESS_TOKEN" in fault.value.mend("zh")


async def test_a_mirrored_workspace_answers_without_credentials_or_network(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=20)
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
    sandbox.fault("reset")
    async with Keeper(connect(sandbox, access_token=None)) as keeper:
        await keeper.ready(keeper.workspace_ids)


async def _title(keeper: Keeper, story: str) -> str:
    return await keeper.read(
        lambda c: c.scalar(select(item.c.title).where(item.c.id == story, item.c.type == 1))
    )


async def test_an_old_row_is_read_anew_in_one_request(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=20)
    workspace_id = sandbox.world.first.id
    story = sandbox.truth(workspace_id, "story")[0]["id"]
    async with Keeper(connect(sandbox, item_seconds=0)) as keeper:
        await keeper.sync()
        sandbox.act("edit", entity="story", id=story, changes={"name": "刚刚改的标题"})
        sandbox.clear_requests()
        assert await keeper.refresh_items([(workspace_id, "story", story)]) == []
        assert len(sandbox.requests()) == 1
        assert await _title(keeper, story) == "刚刚改的标题"


async def test_a_fresh_row_is_not_read_again(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=20)
    workspace_id = sandbox.world.first.id
    story = sandbox.truth(workspace_id, "story")[0]["id"]
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        sandbox.clear_requests()
        assert await keeper.refresh_items([(workspace_id, "story", story)]) == []
        assert sandbox.requests() == []


async def test_a_failed_re_read_is_told_and_the_mirror_answers(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=20)
    workspace_id = sandbox.world.first.id
    story = sandbox.truth(workspace_id, "story")[0]["id"]
    settings = connect(sandbox, item_seconds=0, request_seconds=1)
    async with Keeper(settings) as keeper:
        await keeper.sync()
        title = await _title(keeper, story)
        sandbox.fault("html", path="stories")
        notes = await keeper.refresh_items([(workspace_id, "story", story)])
        assert notes == ["warning.not_refreshed"]
        assert await _title(keeper, story) == title


async def test_a_slow_page_does_not_undo_a_fresher_single_read(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=20)
    workspace_id = sandbox.world.first.id
    story = sandbox.truth(workspace_id, "story")[0]["id"]
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        mirror = await keeper.mirror()
        with mirror.write() as connection:
            connection.execute(
                update(item)
                .where(item.c.id == story, item.c.type == 1)
                .values(modified=4_000_000_000, title="更新的")
            )
        await keeper.sync(full=True)
        assert await _title(keeper, story) == "更新的"


async def test_the_background_refresh_brings_changes_without_being_asked(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=20)
    workspace_id = sandbox.world.first.id
    story = sandbox.truth(workspace_id, "story")[0]["id"]
    settings = replace(connect(sandbox), sync_seconds=0)
    async with Keeper(settings) as keeper:
        await keeper.sync()
        sandbox.act("edit", entity="story", id=story, changes={"name": "后台会看到"})
        keeper.start()
        while await _title(keeper, story) != "后台会看到":  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_failing_refresh_is_remembered_and_the_next_one_clears_it(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=20)
    settings = replace(connect(sandbox, request_seconds=1), sync_seconds=0)
    async with Keeper(settings) as keeper:
        sandbox.fault("html", path="workitem_types")
        keeper.start()
        await _until(lambda: keeper.last_fault is not None)
        assert isinstance(keeper.last_fault, TapdError)
        sandbox.clear_faults()
        await _until(lambda: keeper.last_fault is None)


def _move_end(mirror: Database, seconds: float) -> None:
    """Let the lease end so much later than it says."""
    with mirror.write() as connection:
        connection.execute(update(lease).values(expires_at=lease.c.expires_at + seconds))


class TestLease:
    def test_it_is_free_again_when_its_holder_has_died(self, settings: Settings) -> None:
        mirror = open_mirror(settings)
        dead, alive = Lease(mirror, Clock(), 15), Lease(mirror, Clock(), 15)
        assert dead.try_acquire() is None
        assert alive.try_acquire() == dead.holder
        _move_end(mirror, -16)
        assert alive.try_acquire() is None
        assert dead.try_acquire() == alive.holder
        mirror.close()

    def test_a_clock_set_back_locks_nobody_out(self, settings: Settings) -> None:
        mirror = open_mirror(settings)
        assert Lease(mirror, Clock(), 15).try_acquire() is None
        _move_end(mirror, 1_000_000)  # as it looks to a clock set back so far
        assert Lease(mirror, Clock(), 15).try_acquire() is None
        mirror.close()

    @pytest.mark.parametrize("new_settings", ["postgresql"], indirect=True)
    def test_machines_whose_clocks_differ_take_no_lease_from_each_other(
        self, settings: Settings
    ) -> None:
        mirror = open_mirror(settings)
        here = Lease(mirror, Clock(), 15)
        ahead = Lease(mirror, Clock(seconds=lambda: time.time() + 3_600), 15)
        assert here.try_acquire() is None
        assert ahead.try_acquire() == here.holder
        assert here.try_acquire() is None
        mirror.close()

    async def test_a_sync_that_lost_its_lease_ends(self, settings: Settings) -> None:
        mirror = open_mirror(settings)
        mine = Lease(mirror, Clock(), 0.3)
        with pytest.raises(SyncRunningError) as fault:
            async with mine.held():
                with mirror.write() as connection:
                    connection.execute(update(lease).values(holder="another"))
                    connection.execute(update(lease).values(expires_at=lease.c.expires_at + 0.2))
                await asyncio.sleep(3)
        assert fault.value.code == "sync_taken_over"
        mirror.close()


async def test_a_workspace_never_mirrored_is_not_answerable(connect, sandbox) -> None:
    async with Keeper(connect(sandbox)) as keeper:
        rows = await keeper.read(lambda c: c.execute(select(workspace)).all())
        assert rows == []


def test_secrets_never_show_in_settings() -> None:
    settings = Settings(access_token=Secret("很秘密"), api_password=Secret("hunter2"))
    assert "很秘密" not in repr(settings)
    assert "hunter2" not in f"{settings}"
