"""Single acts: each changes what it should, and leaves the traces TAPD leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from taplens.clock import tapd_time
from taplens.sandbox import life
from taplens.sandbox.shapes import complete
from taplens.sandbox.store import Store
from taplens.sandbox.world import World, build
from tests.sandbox.replay import check_histories, check_references, check_trees

Row = dict[str, Any]


@pytest.fixture
def world() -> Iterator[World]:
    with Store() as store:
        world = build(store, items=30, seed=4, today=date(2026, 7, 15))
        yield world
        for workspace_id in world.workspaces:
            check_histories(store, workspace_id)
            check_trees(store, workspace_id)
            check_references(store, workspace_id)


def newest(world: World, entity: str, where: str = "1") -> Row:
    return world.store.select(entity, world.first.id, where, limit=1)[0]


def last_changes(world: World, entity: str, identity: str) -> list[Row]:
    """The change rows of the item's last moment."""
    rows = world.store.select(f"{entity}_change", world.first.id, "parent = ?", (identity,))
    return [row for row in rows if row["created"] == tapd_time(world.now)]


def test_editing_a_story_writes_one_change_with_all_its_fields(world: World) -> None:
    story = life.create(
        world, "story", {"priority": "2", "workitem_type_id": world.first.requirement}, "何以棠"
    )
    changes = {"name": "收银台改版", "priority": "4", "owner": "白芷;", "status": "status_1"}
    life.edit(world, "story", story["id"], changes, "何以棠")
    edited = complete("story", world.store.get("story", world.first.id, story["id"]) or {})
    assert {name: edited[name] for name in changes} == changes
    assert edited["modified"] == tapd_time(world.now)
    assert edited["priority_label"] == "高"
    (change,) = last_changes(world, "story", story["id"])
    assert (change["creator"], change["change_type"]) == ("何以棠", "manual_update")
    assert change["change_summary"] == "status_1"
    parsed = {entry["field"]: entry["value_after_parsed"] for entry in change["field_changes"]}
    assert (parsed["priority"], parsed["status"]) == ("高", "评审中")
    assert {one["field"] for one in json.loads(change["changes"])} >= {"name", "owner", "status"}


def test_editing_a_bug_writes_one_change_a_field(world: World) -> None:
    bug = newest(world, "bug", "status = 'in_progress'")
    changes = {"status": "resolved", "resolution": "fixed", "current_owner": "ᠪᠠᠶᠠᠷ;"}
    life.edit(world, "bug", bug["id"], changes, "kira_w", remark="<p>已修复 ✅</p>")
    edited = complete("bug", world.store.get("bug", world.first.id, bug["id"]) or {})
    assert edited["resolved"] == edited["modified"] == tapd_time(world.now)
    assert (edited["fixer"], edited["lastmodify"]) == ("kira_w", "kira_w")
    assert edited["participator"].endswith(";ᠪᠠᠶᠠᠷ;")
    assert edited["flows"].endswith("|resolved")
    rows = last_changes(world, "bug", bug["id"])
    assert {row["field"]: row["new_value"] for row in rows} == changes
    said = newest(world, "comment")
    assert (said["entry_type"], said["entry_id"]) == ("bug_remark", bug["id"])
    assert said["title"] == "由 [处理中] 流转到 [已解决]"


def test_closing_and_reopening_a_story_sets_and_clears_its_completion(world: World) -> None:
    story = life.create(world, "story")
    life.edit(world, "story", story["id"], {"status": "resolved"})
    done = world.store.get("story", world.first.id, story["id"]) or {}
    assert done["completed"] == tapd_time(world.now)
    life.edit(world, "story", story["id"], {"status": "status_3"})
    again = world.store.get("story", world.first.id, story["id"]) or {}
    assert "completed" not in again


def test_taking_an_item_off_its_iteration_is_written_as_tapd_does(world: World) -> None:
    where = "peer IS NOT NULL"
    story, bug = newest(world, "story", where), newest(world, "bug", where)
    for entity, row in (("story", story), ("bug", bug)):
        life.edit(world, entity, row["id"], {"iteration_id": "0"})
    (change,) = last_changes(world, "bug", bug["id"])
    assert change["new_value"] == ""
    assert "迭代" in change["old_value"]
    rows = world.store.select("story_change", world.first.id, "parent = ?", (story["id"],))
    (entry,) = rows[0]["field_changes"]
    assert (entry["value_after"], entry["after_iteration_id"]) == (0, 0)
    assert entry["value_after_parsed"] == "--"


def test_an_edit_that_changes_nothing_leaves_no_trace(world: World) -> None:
    bug = newest(world, "bug")
    before = world.store.count("bug_change", world.first.id)
    life.edit(world, "bug", bug["id"], {"title": bug["title"]})
    assert world.store.count("bug_change", world.first.id) == before
    assert newest(world, "bug")["modified"] == bug["modified"]


def test_two_acts_are_a_second_apart(world: World) -> None:
    begin = world.now
    life.comment(world, "bug", newest(world, "bug")["id"], "<p>一</p>")
    life.comment(world, "bug", newest(world, "bug")["id"], "<p>二</p>")
    assert world.now == begin + 2


@pytest.mark.parametrize("entity", ["story", "bug", "task", "tcase", "label", "story_category"])
def test_created_rows_take_the_next_number_and_the_values_given(world: World, entity: str) -> None:
    last = newest(world, entity)["id"]
    title = "title" if entity == "bug" else "name"
    row = life.create(world, entity, {title: "阿依古丽·买买提 的新需求"}, "晚风")
    assert int(row["id"]) == int(last) + 1
    stored = world.store.get(entity, world.first.id, row["id"]) or {}
    assert stored[title] == "阿依古丽·买买提 的新需求"
    assert stored["created"] == stored["modified"] == tapd_time(world.now)


def test_a_story_created_under_another_joins_its_tree(world: World) -> None:
    parent = newest(world, "story")
    child = life.create(world, "story", {"parent_id": parent["id"]})
    grandchild = life.create(world, "story", {"parent_id": child["id"]})
    assert grandchild["level"] == str(int(parent.get("level", "0")) + 2)
    untouched = world.store.get("story", world.first.id, parent["id"]) or {}
    assert untouched["modified"] == parent["modified"]


def test_a_deleted_story_takes_its_children_and_relations_and_comes_back(world: World) -> None:
    store, first = world.store, world.first.id
    parent = life.create(world, "story", {"name": "史诗"})
    child = life.create(world, "story", {"parent_id": parent["id"]})
    bug = newest(world, "bug")
    assert life.link(world, child["id"], bug["id"]) is True
    assert life.link(world, child["id"], bug["id"]) is False
    gone = life.remove(world, "story", parent["id"])
    assert set(gone) == {parent["id"], child["id"]}
    removed = store.get("removed_story", first, child["id"]) or {}
    assert removed["deleted"] == tapd_time(world.now)
    assert not store.select("relation", first, "parent = ?", (child["id"],))
    life.restore(world, "story", parent["id"])
    back = life.restore(world, "story", child["id"])
    assert back["parent_id"] == parent["id"]
    assert back["modified"] == child["modified"]
    assert store.get("removed_story", first, child["id"]) is None
    assert store.select("relation", first, "parent = ?", (child["id"],))


def test_a_child_restored_without_its_parent_is_a_root(world: World) -> None:
    parent = life.create(world, "story")
    child = life.create(world, "story", {"parent_id": parent["id"]})
    life.remove(world, "story", parent["id"])
    back = life.restore(world, "story", child["id"])
    assert "parent_id" not in back
    assert back["path"] == f"{child['id']}:"


def test_an_archived_story_is_told_apart_from_a_deleted_one(world: World) -> None:
    story = life.create(world, "story")
    life.remove(world, "story", story["id"], "archive")
    removed = world.store.get("removed_story", world.first.id, story["id"]) or {}
    assert removed["is_archived"] == "1"


def test_a_deleted_bug_leaves_its_change_row_and_recycle_bin_entry(world: World) -> None:
    bug = newest(world, "bug")
    life.remove(world, "bug", bug["id"], actor="苏木木")
    (change,) = last_changes(world, "bug", bug["id"])
    assert (change["field"], change["new_value"], change["author"]) == (
        "delete_bug", "--", "苏木木",
    )  # fmt: skip
    removed = world.store.get("removed_bug", world.first.id, bug["id"]) or {}
    assert (removed["type"], removed["removed_comment"]) == ("delete", '{"action":"delete"}')
    assert life.restore(world, "bug", bug["id"])["modified"] == bug["modified"]
    assert world.store.get("removed_bug", world.first.id, bug["id"]) is None


def test_a_moved_bug_goes_on_in_another_workspace_and_cannot_be_restored(world: World) -> None:
    bug = newest(world, "bug")
    life.remove(world, "bug", bug["id"], "move")
    removed = world.store.get("removed_bug", world.first.id, bug["id"]) or {}
    address = removed["new_bug_url"].split("/")
    moved = world.store.get("bug", address[3], address[-1]) or {}
    assert moved["title"] == bug["title"]
    with pytest.raises(ValueError, match="moved"):
        life.restore(world, "bug", bug["id"])


def test_a_moved_story_leaves_no_trace(world: World) -> None:
    story = life.create(world, "story", {"name": "要搬走的需求"})
    life.remove(world, "story", story["id"], "move")
    assert world.store.get("removed_story", world.first.id, story["id"]) is None
    other = list(world.workspaces)[1]
    assert world.store.select("story", other, limit=1)[0]["name"] == "要搬走的需求"


def test_a_merged_bug_names_the_one_that_stays(world: World) -> None:
    stays, goes = life.create(world, "bug"), life.create(world, "bug")
    life.remove(world, "bug", goes["id"], "merge", into=stays["id"])
    removed = world.store.get("removed_bug", world.first.id, goes["id"]) or {}
    assert removed["type"] == "merge"
    assert removed["new_bug_url"].endswith(stays["id"])


@pytest.mark.parametrize("entity", ["comment", "tcase", "iteration"])
def test_other_rows_vanish_without_a_trace(world: World, entity: str) -> None:
    row = newest(world, entity)
    life.remove(world, entity, row["id"])
    assert world.store.get(entity, world.first.id, row["id"]) is None
    assert life.restore(world, entity, row["id"]) == row


def test_linking_writes_the_storys_history_but_not_its_modified(world: World) -> None:
    story, bug = newest(world, "story"), life.create(world, "bug")
    life.link(world, story["id"], bug["id"], "铃铛")
    (change,) = last_changes(world, "story", story["id"])
    assert (change["change_type"], change["creator"]) == ("link_create", "铃铛")
    assert life.unlink(world, story["id"], bug["id"]) is True
    assert life.unlink(world, story["id"], bug["id"]) is False
    assert newest(world, "story")["modified"] == story["modified"]


@pytest.mark.parametrize("child", ["comment", "attachment", "timesheet"])
def test_a_child_may_change_without_its_parents_modified(world: World, child: str) -> None:
    bug = newest(world, "bug")
    row = life.touch_child(world, "bug", bug["id"], child)
    assert row.get("modified", row["created"]) == tapd_time(world.now)
    assert newest(world, "bug")["modified"] == bug["modified"]


def test_replies_stand_under_the_first_comment(world: World) -> None:
    story = newest(world, "story")
    said = life.comment(world, "story", story["id"], "<p>问题</p>", "白芷")
    answer = life.comment(world, "story", story["id"], "<p>答</p>", reply_to=said["id"])
    again = life.comment(world, "story", story["id"], "<p>谢</p>", reply_to=answer["id"])
    assert (again["reply_id"], again["root_id"]) == (answer["id"], said["id"])
    assert said["title"].startswith("在状态 [")


def test_an_edited_iteration_leaves_its_own_change_row(world: World) -> None:
    iteration = newest(world, "iteration", "status = 'open'")
    life.edit(world, "iteration", iteration["id"], {"enddate": "2027-01-29"}, "何以棠")
    change = newest(world, "iteration_change")
    assert (change["field"], change["new_value"], change["author"]) == (
        "enddate", "2027-01-29", "何以棠",
    )  # fmt: skip
    assert change["modifyversion"] == str(world.now)


def test_a_renamed_state_and_a_new_option_are_in_the_metadata(world: World) -> None:
    first = world.first.id
    life.rename_status(world, first, "status_3", "待回归")
    life.add_option(world, first, "bug", "custom_field_two", "木星物流")
    info = (world.store.get("field_info", first, "bug") or {})["fields"]
    assert info["status"]["options"]["status_3"] == "待回归"
    assert "木星物流" in info["custom_field_two"]["options"]
    settings = world.store.select("custom_field", first)
    assert any("木星物流" in (row["options"] or "") for row in settings)


@pytest.mark.parametrize("identity", ["1150311786009999999", "1199999999001000001", "abc"])
def test_an_unknown_id_is_refused(world: World, identity: str) -> None:
    with pytest.raises(KeyError):
        life.edit(world, "bug", identity, {"title": "无"})


def test_what_cannot_be_done_is_refused(world: World) -> None:
    story, bug = newest(world, "story")["id"], newest(world, "bug")["id"]
    with pytest.raises(ValueError, match="parent_id"):
        life.edit(world, "story", story, {"parent_id": "0"})
    with pytest.raises(ValueError, match="archive"):
        life.remove(world, "bug", bug, "archive")
    with pytest.raises(ValueError, match="child"):
        life.touch_child(world, "bug", bug, "wiki")
    with pytest.raises(ValueError, match="create"):
        life.create(world, "nonsense")
