"""Where tasks are kept as stories, an item is held once: as what TAPD last said it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from taplens.config import Settings
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.fields import TYPES
from taplens.mirror.keeper import Keeper
from taplens.mirror.landing import Place
from taplens.mirror.landing.history import land_changes
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.metadata import ensure_workspace
from taplens.mirror.landing.rest import Removal, land_comments, land_removals
from taplens.mirror.schema import change, comment, item, item_value, raw, removal, status_interval

WORKSPACE = "63390418"  # of the sandbox: keeps its tasks as stories
STORY_TYPE, TASK_TYPE = "1163390418001000001", "1163390418001000002"
OTHER = {"story": "task", "task": "story"}
ROW = {
    "id": "1163390418001000011",
    "name": "优惠券叠加规则 🎫",
    "status": "resolved",
    "created": "2026-01-05 09:00:00",
    "modified": "2026-01-09 09:00:00",
    "custom_field_one": "微信｜支付宝",
}
MOVE = {
    "id": "1",
    "story_id": ROW["id"],
    "workitem_type_id": STORY_TYPE,
    "creator": "阿依古丽·买买提",
    "created": "2026-01-07 12:00:00",
    "field_changes": [{"field": "status", "value_before": "planning", "value_after": "resolved"}],
}
REMARK = {
    "id": "7",
    "entry_type": "stories",
    "entry_id": ROW["id"],
    "author": "阿依古丽·买买提",
    "description": "<p>改为任务</p>",
    "created": "2026-01-07 12:00:00",
}
LATER = {"modified": "2026-01-10 09:00:00"}


@pytest.fixture
def mirror(settings: Settings) -> Iterator[Database]:
    database = open_mirror(settings)
    with database.write() as connection:
        ensure_workspace(connection, {"id": WORKSPACE, "name": "环宇商城"})
    yield database
    database.close()


def _land(mirror: Database, function, *arguments, at: int = 1_770_000_000) -> None:
    with mirror.write() as connection:
        place = Place(connection, mirror.terms, 1, WORKSPACE, "user:demo", at, TASK_TYPE)
        function(place, *arguments)


def _kinds(connection, identity: str = ROW["id"]) -> dict[str, list[str]]:
    """As a story, as a task or both: what each table holds an id as, and how often."""
    tables = {
        "item": item.c.id,
        "change": change.c.item_id,
        "comment": comment.c.item_id,
        "interval": status_interval.c.item_id,
        "removal": removal.c.id,
    }
    return {
        name: sorted(
            TYPES[code]
            for code in connection.scalars(
                select(column.table.c.type).where(
                    column == identity, column.table.c.type.in_((1, 3))
                )
            )
        )
        for name, column in tables.items()
    }


def _held(mirror: Database) -> dict[str, list[str]]:
    with mirror.read() as connection:
        return _kinds(connection)


@pytest.mark.parametrize("was", ["story", "task"])
def test_an_item_of_another_type_than_before_is_held_once_with_all_that_hangs_on_it(
    mirror, was: str
) -> None:
    became = OTHER[was]
    _land(mirror, land_items, was, [ROW])
    _land(mirror, land_changes, "story", [MOVE])
    _land(mirror, land_comments, [REMARK])
    _land(mirror, land_removals, was, [Removal(ROW["id"], "deleted")])
    _land(mirror, land_items, became, [ROW | LATER], at=1_770_000_100)
    assert _held(mirror) == {
        "item": [became],
        "change": [became],
        "comment": [became],
        "interval": [became, became],
        "removal": [],
    }
    with mirror.read() as connection:
        (key,) = connection.scalars(select(item.c.key))
        assert list(connection.scalars(select(raw.c.item))) == [key]
        assert list(connection.scalars(select(item_value.c.item).distinct())) == [key]


def test_a_slow_page_does_not_turn_an_item_back_into_what_it_was(mirror) -> None:
    _land(mirror, land_items, "task", [ROW | LATER])
    _land(mirror, land_items, "story", [ROW], at=1_770_000_100)
    assert _held(mirror)["item"] == ["task"]


@pytest.mark.parametrize("kind", ["story", "task"])
def test_changes_and_comments_stand_under_what_the_item_is_whichever_lands_first(
    mirror, kind: str
) -> None:
    late = MOVE | {"id": "2", "workitem_type_id": TASK_TYPE, "created": "2026-01-08 12:00:00"}
    _land(mirror, land_changes, "story", [MOVE])
    _land(mirror, land_comments, [REMARK])
    _land(mirror, land_items, kind, [ROW])
    _land(mirror, land_changes, "story", [late, MOVE])
    _land(mirror, land_comments, [REMARK | {"id": "8"}])
    held = _held(mirror)
    assert held["change"] == held["comment"] == [kind, kind]
    assert held["interval"] == [kind] * 3


async def test_a_story_turned_into_a_task_and_back_is_held_once(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=20)
    async with Keeper(connect(sandbox, WORKSPACE)) as keeper:
        await keeper.sync()
        rows = sandbox.truth(WORKSPACE, "story")
        task_type = sandbox.world.workspaces[WORKSPACE].task_type
        story = next(row for row in rows if row["workitem_type_id"] != task_type)
        for kind, type_id in (("task", task_type), ("story", story["workitem_type_id"])):
            sandbox.act(
                "edit", entity="story", id=story["id"], changes={"workitem_type_id": type_id}
            )
            await keeper.sync(census=False)
            held = await keeper.read(_kinds, story["id"])
            assert held["item"] == [kind]
            assert {*held["change"], *held["comment"], *held["interval"]} == {kind}
        difference = (await keeper.verify())[WORKSPACE]
    assert all(entry.equal for entry in difference)
