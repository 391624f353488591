"""What is gone is told apart from what another account isn't shown, and from what comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from taplens.config import Secret
from taplens.mirror.fields import REMOVALS, TYPES
from taplens.mirror.keeper import Keeper
from taplens.mirror.schema import item, removal, stream, workspace
from taplens.mirror.sync import rows
from taplens.tapd.entities import BUG
from tests.mirror.truth import differences, mirror_facts, sandbox_facts

NEW_TASK_WORKSPACE = "63390418"  # of the sandbox: keeps its tasks as stories


def _tombstones(connection):
    return {
        (TYPES[row.type], row.id): REMOVALS[row.kind] for row in connection.execute(select(removal))
    }


def _census_taken(sandbox) -> bool:
    return any("fields=id" in row["query"] for row in sandbox.requests())


@pytest.fixture
def living(connect, start_sandbox):
    sandbox = start_sandbox(items=12)
    return sandbox, connect(sandbox), sandbox.world.first.id


async def test_an_item_taken_out_of_the_bin_is_present_after_the_next_sync(living) -> None:
    sandbox, settings, workspace_id = living
    bug = sandbox.truth(workspace_id, "bug")[-1]["id"]
    async with Keeper(settings) as keeper:
        await keeper.sync()
        sandbox.act("remove", entity="bug", id=bug)
        await keeper.sync()
        assert (await keeper.read(_tombstones))["bug", bug] == "deleted"
        sandbox.act("restore", entity="bug", id=bug)  # its `modified` doesn't move
        await keeper.sync(census=False)
        assert ("bug", bug) not in await keeper.read(_tombstones)
        found = await keeper.read(mirror_facts, workspace_id)
    assert differences(sandbox_facts(sandbox, workspace_id), found) == {}


async def test_an_emptied_bin_brings_nothing_back_and_is_asked_about_once(living) -> None:
    sandbox, settings, workspace_id = living
    bug = sandbox.truth(workspace_id, "bug")[-1]["id"]
    async with Keeper(settings) as keeper:
        await keeper.sync()
        sandbox.act("remove", entity="bug", id=bug)
        await keeper.sync()
        sandbox.store.delete("removed_bug", workspace_id, [bug])
        await keeper.sync(census=False)
        assert (await keeper.read(_tombstones))["bug", bug] == "deleted"
        sandbox.clear_requests()
        await keeper.sync(census=False)
    asked = [row["query"] for row in sandbox.requests() if row["path"] == "bugs"]
    assert not any(bug in str(query) for query in asked)


async def test_a_task_kept_as_a_story_leaves_the_tombstone_of_a_task(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=20)
    settings = connect(sandbox, NEW_TASK_WORKSPACE)
    async with Keeper(settings) as keeper:
        await keeper.sync()
        tasks = await keeper.read(
            lambda c: list(c.scalars(select(item.c.id).where(item.c.type == 3)))
        )
        sandbox.act("remove", entity="story", id=tasks[0])
        await keeper.sync()
        assert (await keeper.read(_tombstones))["task", tasks[0]] == "deleted"
        sandbox.act("remove", entity="story", id=tasks[1])
    # One that was gone before the mirror began is told by its changes.
    fresh = replace(settings, home=settings.home / "fresh")
    if not settings.database_url:
        async with Keeper(fresh) as keeper:
            await keeper.sync()
            found = await keeper.read(_tombstones)
            assert found["task", tasks[0]] == found["task", tasks[1]] == "deleted"


async def test_a_task_kept_as_a_story_comes_back_when_it_is_restored(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=20)
    async with Keeper(connect(sandbox, NEW_TASK_WORKSPACE)) as keeper:
        await keeper.sync()
        task = await keeper.read(lambda c: c.scalar(select(item.c.id).where(item.c.type == 3)))
        sandbox.act("remove", entity="story", id=task)
        await keeper.sync(census=False)
        assert (await keeper.read(_tombstones))["task", task] == "deleted"
        sandbox.act("restore", entity="story", id=task)
        await keeper.sync(census=False)
        assert ("task", task) not in await keeper.read(_tombstones)
        found = await keeper.read(mirror_facts, NEW_TASK_WORKSPACE)
    assert found["task"] == sandbox_facts(sandbox, NEW_TASK_WORKSPACE)["task"]


async def test_a_read_that_may_have_skipped_a_row_makes_a_census_due_even_after_a_break(
    living,
) -> None:
    sandbox, settings, _ = living
    async with Keeper(settings) as keeper:
        await keeper.sync()
        # As if the read of the test cases had been interrupted, and had seen too few rows.
        mirror = await keeper.mirror()
        with mirror.write() as connection:
            connection.execute(
                update(stream)
                .where(stream.c.name == "tcase")
                .values(
                    complete=False,
                    position='{"spans":[[null,null,400]],"span":0,"page":2,"started":0,"high":0,"rows":1}',
                )
            )
        await keeper.sync(census=False)
        due = await keeper.read(lambda c: c.scalar(select(workspace.c.census_at)))
        assert due == 0
        sandbox.clear_requests()
        await keeper.sync()
        assert _census_taken(sandbox)
        assert await keeper.read(lambda c: c.scalar(select(workspace.c.census_at))) > 0


async def test_another_account_takes_a_census_of_what_it_may_see(living) -> None:
    sandbox, settings, _ = living
    settings = replace(settings, workspace_ids=(sandbox.store.workspaces()[1]["id"],))
    async with Keeper(replace(settings, access_token=Secret("guest"))) as keeper:
        await keeper.sync()
        seen = await keeper.read(lambda c: c.scalar(select(func.count()).select_from(item)))
    async with Keeper(settings) as keeper:
        sandbox.clear_requests()
        await keeper.sync()
        assert _census_taken(sandbox)
        assert await keeper.read(lambda c: c.scalar(select(func.count()).select_from(item))) >= seen


async def test_accounts_that_take_turns_take_a_census_once_each(living) -> None:
    sandbox, settings, _ = living
    other = replace(settings, access_token=None, api_user="demo", api_password=Secret("demo"))
    for one in (settings, other, settings, other):
        async with Keeper(one) as keeper:
            sandbox.clear_requests()
            await keeper.sync()
    assert not _census_taken(sandbox)


async def test_what_another_account_saw_last_is_missed_once_this_one_has_seen_it(living) -> None:
    sandbox, settings, workspace_id = living
    other = replace(settings, access_token=None, api_user="demo", api_password=Secret("demo"))
    async with Keeper(settings) as keeper:
        await keeper.sync()
    case = sandbox.truth(workspace_id, "tcase")[0]["id"]
    async with Keeper(other) as keeper:
        await keeper.sync(census=True)
        sandbox.store.delete("tcase", workspace_id, [case])
        await keeper.sync(census=True)
        assert (await keeper.read(_tombstones))["tcase", case] == "invisible"


async def test_a_census_of_one_entity_asks_for_no_other(living) -> None:
    sandbox, settings, _ = living
    async with Keeper(settings) as keeper:
        await keeper.sync()
        before = await keeper.read(lambda c: c.scalar(select(workspace.c.census_at)))
        sandbox.clear_requests()
        await keeper.sync(entities=["bug"], census=True)
        assert await keeper.read(lambda c: c.scalar(select(workspace.c.census_at))) == before
    swept = {row["path"] for row in sandbox.requests() if "fields=id" in row["query"]}
    assert swept == {"bugs"}


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_deletion_between_the_pages_of_a_refresh_hides_nothing_for_long(
    living, monkeypatch, after: int
) -> None:
    sandbox, settings, workspace_id = living
    small = replace(rows._STREAMS["bug"], entity=replace(BUG, page_cap=3))
    monkeypatch.setitem(rows._STREAMS, "bug", small)
    bugs = sorted(row["id"] for row in sandbox.truth(workspace_id, "bug"))
    async with Keeper(settings) as keeper:
        await keeper.sync()
        for bug in bugs:
            sandbox.act("edit", entity="bug", id=bug, changes={"title": f"改过的 {bug}"})
        gone = {"act": "remove", "entity": "bug", "id": bugs[0]}
        sandbox.fault("shift", path="bugs", after=after, times=1, acts=(gone,))
        await keeper.sync(census=False)
        await keeper.sync()
        found = await keeper.read(mirror_facts, workspace_id)
    assert differences(sandbox_facts(sandbox, workspace_id), found) == {}
