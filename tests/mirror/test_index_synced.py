"""A sync builds the index, every later one keeps it, and a rebuild goes on beside it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sqlalchemy import select

from taplens.clock import Clock
from taplens.filters import parse
from taplens.mirror.index.keeping import begin_anew, is_complete, reaches
from taplens.mirror.index.rebuilding import rebuild
from taplens.mirror.keeper import Keeper
from taplens.mirror.reads_find import find_items
from taplens.mirror.schema import item, workspace
from taplens.mirror.scope import Scope
from tests.mirror.indexed import assert_in_step

NEW_TASK_WORKSPACE = "63390418"  # of the sandbox: keeps its tasks as stories


def found(connection, where: str, workspace_id: str):
    return find_items(connection, parse(where), Scope((workspace_id,), 0))


def complete(connection) -> bool:
    return is_complete(connection, connection.scalars(select(workspace.c.id)).all())


async def test_a_sync_leaves_an_index_that_later_syncs_keep_in_step(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=20)
    workspace_id = sandbox.world.first.id
    async with Keeper(connect(sandbox)) as keeper:
        report = await keeper.sync()
        assert "index" not in report.rows  # nothing that was read from TAPD
        assert_in_step(await keeper.mirror())
        bug = sandbox.truth(workspace_id, "bug")[0]["id"]
        other = sandbox.truth(workspace_id, "bug")[1]["id"]
        changes = {"title": "量子纠缠失败", "description": "<p>薛定谔的<b>猫</b></p>"}
        sandbox.act("edit", entity="bug", id=bug, changes=changes)
        sandbox.act("comment", entity="bug", id=other, text="<p>坍缩之后再看</p>")
        await keeper.sync()
        for where, expected in (("量子纠缠", bug), ("薛定谔的猫", bug), ("坍缩", other)):
            hits = await keeper.read(found, where, workspace_id)
            assert [row.id for row in hits.rows] == [expected], where
            assert hits.warnings == ()
        assert_in_step(await keeper.mirror())


async def test_comments_on_tasks_that_are_kept_as_stories_are_found_under_them(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=20)
    async with Keeper(connect(sandbox, NEW_TASK_WORKSPACE)) as keeper:
        await keeper.sync()
        task = await keeper.read(lambda c: c.scalar(select(item.c.id).where(item.c.type == 3)))
        sandbox.act("comment", entity="story", id=task, text="<p>坍缩之后再看</p>")
        await keeper.sync()
        hits = await keeper.read(found, "坍缩", NEW_TASK_WORKSPACE)
        assert [(row.type, row.id) for row in hits.rows] == [("task", task)]
        assert_in_step(await keeper.mirror())


async def test_a_sync_of_some_streams_alone_leaves_the_first_load_without_the_index(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=20)
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync(entities=["bug"])
        assert not await keeper.read(complete)
        await keeper.sync()
        assert_in_step(await keeper.mirror())


async def test_a_story_turned_into_a_task_and_back_is_found_with_its_comments(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=20)
    async with Keeper(connect(sandbox, NEW_TASK_WORKSPACE)) as keeper:
        await keeper.sync()
        task_type = sandbox.world.workspaces[NEW_TASK_WORKSPACE].task_type
        rows = sandbox.truth(NEW_TASK_WORKSPACE, "story")
        story = next(row for row in rows if row["workitem_type_id"] != task_type)
        sandbox.act("comment", entity="story", id=story["id"], text="<p>坍缩之后再看</p>")
        for kind, type_id in (("task", task_type), ("story", story["workitem_type_id"])):
            changes = {"workitem_type_id": type_id}
            sandbox.act("edit", entity="story", id=story["id"], changes=changes)
            await keeper.sync(census=False)
            hits = await keeper.read(found, "坍缩", NEW_TASK_WORKSPACE)
            assert [(row.type, row.id) for row in hits.rows] == [(kind, story["id"])]
        assert_in_step(await keeper.mirror())


async def test_what_goes_and_comes_back_is_found_while_it_is_there(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=20)
    workspace_id = sandbox.world.first.id
    bug = sandbox.truth(workspace_id, "bug")[-1]["id"]
    sandbox.act("edit", entity="bug", id=bug, changes={"title": "量子纠缠失败"})
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        for act, expected in (("remove", []), ("restore", [bug])):
            sandbox.act(act, entity="bug", id=bug)
            await keeper.sync()
            hits = await keeper.read(found, "量子纠缠", workspace_id)
            assert [row.id for row in hits.rows] == expected
        assert_in_step(await keeper.mirror())


async def test_a_full_sync_keeps_the_index_and_an_unfinished_one_is_ended(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=20)
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        await keeper.sync(full=True)
        mirror = await keeper.mirror()
        assert await keeper.read(complete)
        with mirror.write() as connection:
            begin_anew(connection)  # what a rebuild that was killed leaves
        hits = await keeper.read(found, "登录", sandbox.world.first.id)
        assert [notice.code for notice in hits.warnings] == ["index_not_ready"]
        await keeper.sync()
        assert_in_step(mirror)


async def test_a_rebuild_goes_on_beside_a_sync_and_readers_of_another_process(
    connect, start_sandbox
) -> None:
    sandbox = start_sandbox(items=40)
    settings = connect(sandbox)
    workspace_id = sandbox.world.first.id
    told = []
    async with Keeper(settings) as syncing, Keeper(replace(settings)) as rebuilding:
        await syncing.sync()
        bug = sandbox.truth(workspace_id, "bug")[0]["id"]
        sandbox.act("edit", entity="bug", id=bug, changes={"title": "量子纠缠失败"})
        mirror = await rebuilding.mirror()
        _, items, *hits = await asyncio.gather(
            syncing.sync(),
            rebuild(mirror, Clock(), rebuilding.embedder, told.append),
            *(rebuilding.read(found, "登录", workspace_id) for _ in range(5)),
        )
        assert len(hits) == 5
        await syncing.sync()  # whatever of the two came first
        (reach,) = await rebuilding.read(reaches)
        assert (reach.items, reach.complete) == (reach.indexed, True)
        assert items <= reach.items
        assert {event.step for event in told} <= {"index", "embedding"}
        assert (await rebuilding.read(found, "量子纠缠", workspace_id)).total == 1
        assert_in_step(mirror)
