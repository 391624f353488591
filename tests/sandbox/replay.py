"""Replays the histories of a generated world, and says where they disagree with the items."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from taplens.sandbox.shapes import complete
from taplens.sandbox.store import Store

Row = dict[str, Any]

_UNSET = (None, "", "0", 0, "--", "-1")
_NO_TOUCH = ("link_create", "link_delete")
STAMPS = {
    "in_progress": "in_progress_time",
    "resolved": "resolved",
    "verified": "verify_time",
    "closed": "closed",
    "rejected": "reject_time",
    "reopened": "reopen_time",
    "suspended": "suspend_time",
}


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same: TAPD has many ways to write nothing."""
    return one == other or (one in _UNSET and other in _UNSET)


def all_rows(store: Store, entity: str, workspace_id: str) -> list[Row]:
    return store.select(entity, workspace_id, order="id ASC")


def check_histories(store: Store, workspace_id: str) -> int:
    """Assert that every item follows from its change rows; returns how many rows there were."""
    rows = 0
    for entity in ("story", "task"):
        rows += _check_workitems(store, workspace_id, entity)
    return rows + _check_bugs(store, workspace_id)


def _by_parent(store: Store, entity: str, workspace_id: str, key: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in all_rows(store, entity, workspace_id):
        found[row[key]].append(row)
    return found


def _check_workitems(store: Store, workspace_id: str, entity: str) -> int:
    changes = _by_parent(store, f"{entity}_change", workspace_id, f"{entity}_id")
    for sparse in all_rows(store, entity, workspace_id):
        _check_workitem(entity, complete(entity, sparse), changes[sparse["id"]])
    return sum(map(len, changes.values()))


def _check_workitem(entity: str, item: Row, history: list[Row]) -> None:
    birth = history[0]
    assert birth["created"] == item["created"]
    assert birth["change_type"] == ("create_story" if entity == "story" else "")
    state: Row = {}
    touched = item["created"]
    for change in history:
        assert item["created"] <= change["created"]
        told = json.loads(change["changes"])
        assert [one["field"] for one in told] == [one["field"] for one in change["field_changes"]]
        if change["change_type"] in _NO_TOUCH:
            continue
        assert touched <= change["created"] <= item["modified"]
        touched = change["created"]
        for entry in change["field_changes"]:
            field = entry["field"]
            if field == "tapd_request_id":
                continue
            if field == "comment":
                assert change["comment"] == entry["value_after"]
                continue
            assert same(state.get(field), entry["value_before"]) or field not in state, entry
            state[field] = entry["value_after"]
    assert touched == item["modified"]
    for field, value in state.items():
        assert same(value, item[field]), (field, value, item[field])


def _check_bugs(store: Store, workspace_id: str) -> int:
    names = {row["id"]: row["name"] for row in all_rows(store, "iteration", workspace_id)}
    changes = _by_parent(store, "bug_change", workspace_id, "bug_id")
    for sparse in all_rows(store, "bug", workspace_id):
        _check_bug(complete("bug", sparse), changes[sparse["id"]], names)
    return sum(map(len, changes.values()))


def _check_bug(bug: Row, history: list[Row], iteration_names: dict[str, str]) -> None:
    assert history[0]["field"] == "add_bug"
    assert history[0]["created"] == bug["created"]
    state: Row = {}
    flows, stamps, reopened, last = ["new"], {}, 0, history[0]
    for change in history[1:]:
        assert last["created"] <= change["created"]
        field = change["field"]
        if field == "delete_bug":  # it was restored since
            continue
        last = change
        assert same(state.get(field), change["old_value"]) or field not in state, change
        state[field] = change["new_value"]
        if field == "status":
            flows.append(change["new_value"])
            stamps[change["new_value"]] = change
            reopened += change["new_value"] == "reopened"
    assert bug["modified"] == last["created"]
    assert bug["lastmodify"] == last["author"]
    assert bug["flows"] == "|".join(flows)
    assert bug["status"] == flows[-1]
    assert int(bug["regression_number"]) == reopened
    for status, column in STAMPS.items():
        assert bug[column] == (stamps[status]["created"] if status in stamps else None)
    assert bug["fixer"] == (stamps["resolved"]["author"] if "resolved" in stamps else None)
    assert bug["closer"] == (stamps["closed"]["author"] if "closed" in stamps else None)
    for field, value in state.items():
        current = bug[field]
        if field == "iteration_id":
            current = iteration_names.get(current, "")
        assert same(value, current), (field, value, current)


def check_trees(store: Store, workspace_id: str) -> int:
    """Assert that parents and children tell the same of each other; returns the children."""
    stories = {row["id"]: complete("story", row) for row in all_rows(store, "story", workspace_id)}
    children: dict[str, list[str]] = defaultdict(list)
    for story in stories.values():
        if story["parent_id"] == "0":
            assert (story["level"], story["ancestor_id"]) == ("0", story["id"])
            assert story["path"] == f"{story['id']}:"
            continue
        parent = stories[story["parent_id"]]
        children[parent["id"]].append(story["id"])
        assert int(story["level"]) == int(parent["level"]) + 1
        assert story["ancestor_id"] == parent["ancestor_id"]
        assert story["path"] == f"{parent['path']}:{story['id']}:"
    for story in stories.values():
        listed = [one for one in story["children_id"].split("|") if one]
        assert sorted(listed) == sorted(children[story["id"]])
        assert story["children_id"] == ("||" + "|".join(listed) if listed else "|")
    return sum(map(len, children.values()))


def check_references(store: Store, workspace_id: str) -> None:
    """Assert that both ends of every relation exist."""
    ids = {
        entity: {row["id"] for row in all_rows(store, entity, workspace_id)}
        for entity in ("story", "bug", "tcase")
    }
    for row in store.select("relation", workspace_id):
        assert row["story_id"] in ids["story"]
        assert row["bug_id"] in ids["bug"]
    for row in store.select("story_tcase", workspace_id):
        assert row["story_id"] in ids["story"]
        assert row["tcase_id"] in ids["tcase"]


def everything(store: Store) -> list[tuple[str, str, str]]:
    """All rows of a store, to be compared with those of another."""
    found = []
    for workspace in store.workspaces():
        for entity in EVERY_ENTITY:
            rows = store.select(entity, workspace["id"], order="id ASC")
            text = json.dumps(rows, ensure_ascii=False)
            found.append((workspace["id"], entity, text))
    return found


EVERY_ENTITY = (
    "workspace", "user", "role", "workitem_type", "workflow", "custom_field", "field_info",
    "story_category", "tcase_category", "module", "version", "baseline", "feature", "label",
    "iteration", "iteration_change", "release", "test_plan", "wiki", "story", "story_change",
    "task", "task_change", "bug", "bug_change", "tcase", "story_tcase", "relation", "comment",
    "timesheet", "attachment", "check_list", "removed_story", "removed_task", "removed_bug",
    "trash",
)  # fmt: skip
