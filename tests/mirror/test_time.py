"""Time passes at TAPD and things go wrong: in the end the mirror equals TAPD again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select

from taplens.config import Secret, Settings
from taplens.errors import TapdError
from taplens.mirror.fields import REMOVALS
from taplens.mirror.keeper import Keeper
from taplens.mirror.schema import item
from taplens.sandbox import RunningSandbox, SandboxOptions, running
from tests.conftest import TODAY
from tests.mirror.truth import differences, mirror_facts, sandbox_facts

PATHS = ("stories", "bugs", "tasks", "comments", "story_changes", "bug_changes", "")

fault = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["429", "5xx", "html", "cut", "reset", "hello", "shift"]),
        "path": st.sampled_from(PATHS),
        "after": st.integers(0, 2),
        "times": st.integers(1, 3),
    }
)
days = st.sampled_from([0.2, 1.0, 4.0])
steps = st.lists(st.one_of(fault, days, st.just("sync"), st.just("census")), max_size=3)


@pytest.mark.timeout(30)  # two stories, whose faults are waited for: a second each
@pytest.mark.parametrize("shard", range(6))
def test_after_any_faults_and_changes_a_good_sync_makes_the_mirror_equal(
    new_settings: Callable[[], Settings], shard: int
) -> None:
    @seed(shard)
    @examples(max_examples=2, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(world=st.integers(1, 50), story=steps)
    def holds(world: int, story: list[object]) -> None:
        with running(SandboxOptions(items=6, seed=world, today=TODAY)) as sandbox:
            asyncio.run(_live_through(sandbox, new_settings(), story))

    holds()


async def _live_through(sandbox: RunningSandbox, settings: Settings, story: list[object]) -> None:
    workspace_id = sandbox.world.first.id
    settings = replace(
        settings,
        api_base_url=sandbox.base_url,
        access_token=Secret("demo"),
        workspace_ids=(workspace_id,),
        requests_per_minute=1_000_000,
        request_seconds=1,
    )
    async with Keeper(settings) as keeper:
        for step in story:
            if isinstance(step, dict):
                sandbox.fault(**step)
            elif isinstance(step, float):
                await asyncio.to_thread(sandbox.pass_days, step, rate=4)
            else:
                with contextlib.suppress(TapdError):
                    await keeper.sync(census=step == "census")
    sandbox.clear_faults()
    # As patient as by default: what follows is no fault's time-out.
    async with Keeper(replace(settings, request_seconds=120)) as keeper:
        await keeper.sync(census=True)
        found = await keeper.read(mirror_facts, workspace_id)
    assert differences(sandbox_facts(sandbox, workspace_id), found) == {}


@pytest.fixture
def living(connect, start_sandbox):
    sandbox = start_sandbox(items=20)
    return sandbox, connect(sandbox), sandbox.world.first.id


async def _story(keeper: Keeper, item_id: str, column: str = "removed"):
    return await keeper.read(
        lambda c: c.scalar(select(item.c[column]).where(item.c.id == item_id, item.c.type == 1))
    )


async def test_what_an_edit_changes_is_in_the_mirror_after_the_next_sync(living) -> None:
    sandbox, settings, workspace_id = living
    story = sandbox.truth(workspace_id, "story")[0]["id"]
    async with Keeper(settings) as keeper:
        await keeper.sync()
        sandbox.act(
            "edit",
            entity="story",
            id=story,
            changes={"name": "支付超时：改过的标题 🚀"},
            actor="阿依古丽·买买提",
        )
        report = await keeper.sync()
        assert await _story(keeper, story, "title") == "支付超时：改过的标题 🚀"
    assert report.rows["story_change"] >= 1


@pytest.mark.parametrize(("kind", "tombstone"), [("delete", "deleted"), ("archive", "archived")])
async def test_tombstones_tell_why_and_vanish_when_the_item_is_restored(
    living, kind: str, tombstone: str
) -> None:
    sandbox, settings, workspace_id = living
    story = sandbox.truth(workspace_id, "story")[-1]["id"]
    async with Keeper(settings) as keeper:
        await keeper.sync()
        sandbox.act("remove", entity="story", id=story, kind=kind)
        await keeper.sync()
        assert REMOVALS[await _story(keeper, story)] == tombstone
        sandbox.act("restore", entity="story", id=story)
        await keeper.sync(census=True)
        assert await _story(keeper, story) is None


async def test_what_another_account_does_not_see_is_no_deletion(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=10)
    workspace_id = sandbox.store.workspaces()[1]["id"]
    ours = connect(sandbox, workspace_id)
    async with Keeper(ours) as keeper:
        await keeper.sync()
        before = await keeper.read(mirror_facts, workspace_id)
    sandbox.store.delete("comment", workspace_id, list(before["comment"])[:1])
    sandbox.store.delete("tcase", workspace_id, list(before["tcase"])[:1])
    theirs = replace(ours, access_token=Secret("guest"))
    async with Keeper(theirs) as keeper:
        await keeper.sync(census=True)
        seen = await keeper.read(mirror_facts, workspace_id)
    assert seen["tcase"].keys() == before["tcase"].keys()
    async with Keeper(ours) as keeper:
        await keeper.sync(census=True)
        seen = await keeper.read(mirror_facts, workspace_id)
    assert len(seen["comment"]) == len(before["comment"]) - 1


async def test_verify_says_what_differs_and_changes_nothing(living) -> None:
    sandbox, settings, workspace_id = living
    async with Keeper(settings) as keeper:
        await keeper.sync()
        assert all(found.equal for found in (await keeper.verify())[workspace_id])
        sandbox.pass_days(2, rate=10)
        before = await keeper.read(mirror_facts, workspace_id)
        found = (await keeper.verify())[workspace_id]
        assert not all(difference.equal for difference in found)
        assert differences(before, await keeper.read(mirror_facts, workspace_id)) == {}
