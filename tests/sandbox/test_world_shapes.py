"""The rows of a generated world have the columns and types that TAPD's recorded rows have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from taplens.sandbox import life
from taplens.sandbox.shapes import EMPTY, INTERNAL, complete
from taplens.sandbox.store import Store
from taplens.sandbox.world import World, build

Row = dict[str, Any]

SHAPES = json.loads(
    (Path(__file__).parents[1] / "data" / "tapd-shapes.json").read_text(encoding="utf-8")
)
SHAPE_OF = {
    "story": "Story", "task": "Task", "bug": "Bug", "iteration": "Iteration", "tcase": "Tcase",
    "comment": "Comment", "story_change": "WorkitemChange", "task_change": "WorkitemChange",
    "bug_change": "BugChange", "iteration_change": "IterationChange",
    "story_category": "Category", "tcase_category": "TcaseCategory", "label": "LabelPool",
    "workitem_type": "WorkitemType", "custom_field": "CustomFieldConfig",
    "user": "UserWorkspace", "workspace": "Workspace", "removed_story": "RemovedStory",
    "removed_bug": "RemovedBug", "story_tcase": "TestPlanStoryTcaseRelation",
    "timesheet": "Timesheet", "release": "Release", "wiki": "Wiki", "test_plan": "TestPlan",
}  # fmt: skip
# Columns that only some answers have: other calls' rows, or rows of one year.
ELSEWHERE = {
    "bug": {"project_id"}, "comment": {"project_id"}, "tcase": {"TcaseResult"},
    "story_change": {"task_id"}, "task_change": {"story_id", "updated"},
}  # fmt: skip
# What the facts say where the few recorded rows happen to say less.
KNOWN_NULL = {
    ("story", "effort"), ("story", "begin"), ("story", "due"), ("story", "completed"),
    ("story", "label"), ("story", "source"), ("story", "module"), ("story", "cc"),
    ("story", "step"), ("story", "test_focus"), ("task", "effort"), ("task", "custom_field_*"),
    ("bug", "bugtype"), ("bug", "source"), ("bug", "platform"), ("bug", "os"),
    ("bug_change", "old_value"), ("iteration", "description"), ("workspace", "objective"),
    ("story_category", "creator"), ("tcase_category", "description"),
}  # fmt: skip
KNOWN_TYPES = {("story_change", "value_before"): {"string", "integer"}}
DATETIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
DATE = re.compile(r"\d{4}-\d\d-\d\d")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Store() as store:
        world = build(store, items=150, seed=8, today=date(2026, 7, 15))
        life.pass_days(world, 10, rate=20)
        yield world


def rows_of(world: World, entity: str) -> list[Row]:
    return [complete(entity, row) for row in world.store.select(entity, world.first.id)]


def merged(key: str) -> str:
    return re.sub(r"^(custom(?:_plan)?_field_).*", r"\1*", key)


@pytest.mark.parametrize("entity", SHAPE_OF)
def test_rows_have_every_column_that_was_recorded(world: World, entity: str) -> None:
    shape = SHAPES[SHAPE_OF[entity]]["keys"]
    rows = rows_of(world, entity)
    assert rows
    wanted = {key for key in shape if key not in ELSEWHERE.get(entity, set())}
    internal = {merged(key) for key in INTERNAL.get(entity, {})}
    strong = {key for key in wanted if shape[key]["tier"] != "written"}
    for row in rows:
        have = {merged(key) for key in row} | internal
        assert strong <= have, strong - have


@pytest.mark.parametrize("entity", SHAPE_OF)
def test_values_have_the_recorded_types_and_forms(world: World, entity: str) -> None:
    shape = SHAPES[SHAPE_OF[entity]]["keys"]
    for row in rows_of(world, entity):
        for key, value in row.items():
            known = shape.get(merged(key))
            if known is None or known["tier"] == "written":
                continue
            assert_fits(entity, merged(key), value, known)


def assert_fits(entity: str, key: str, value: Any, known: Row) -> None:
    place = (entity, key, value)
    if value is None:
        assert known["null"] or (entity, key) in KNOWN_NULL, place
        return
    kind = {str: "string", int: "integer", list: "list", dict: "object"}[type(value)]
    assert not known["types"] or kind in known["types"], place
    patterns = set(known.get("patterns", ()))
    if value and patterns == {"datetime"}:
        assert DATETIME.fullmatch(value), place
    elif value and patterns == {"date"}:
        assert DATE.fullmatch(value), place
    elif value and patterns == {"digits"} and kind == "string" and "custom" not in key:
        assert value.lstrip("-").replace(".", "").isdigit(), place


def test_custom_columns_are_spelled_as_recorded() -> None:
    for entity, words in (("story", 8), ("task", 8), ("bug", 5), ("iteration", 0)):
        columns = [key for key in EMPTY[entity] if key.startswith("custom_field_")]
        spelled = [name for name in columns if not name[13:].isdigit()]
        assert len(spelled) == words
        numbers = [int(name[13:]) for name in columns if name[13:].isdigit()]
        assert numbers == list(range(words + 1, words + 1 + len(numbers)))
        assert len(columns) >= (60 if entity != "iteration" else 50)


def test_the_elements_of_field_changes_are_as_recorded(world: World) -> None:
    known = SHAPES["WorkitemChange"]["keys"]["field_changes"]["items"]
    for entity in ("story_change", "task_change"):
        for change in rows_of(world, entity):
            for entry in change["field_changes"]:
                assert set(entry) <= set(known)
                for key, value in entry.items():
                    kind = {str: "string", int: "integer", type(None): "null"}[type(value)]
                    assert kind in {*known[key]["types"], "null"}, (key, value)


@pytest.mark.parametrize("entity", ["story", "bug", "task"])
def test_whole_rows_weigh_four_kilobytes_on_average(world: World, entity: str) -> None:
    sizes = [len(json.dumps(row, ensure_ascii=False).encode()) for row in rows_of(world, entity)]
    assert sum(sizes) / len(sizes) >= 4096


def test_stored_rows_leave_out_what_is_unset(world: World) -> None:
    row = world.store.select("bug", world.first.id)[0]
    assert "milestone" not in row
    whole = complete("bug", row)
    assert whole["milestone"] is None
    assert whole["version_test"] == ""
    assert whole["custom_plan_field_1"] == "0"
    assert list(whole)[:2] == ["id", "title"]


def test_fields_info_names_every_field_once_and_its_options(world: World) -> None:
    for entity in ("story", "task", "bug", "tcase"):
        row = world.store.get("field_info", world.first.id, entity)
        assert row is not None
        known = SHAPES["fields_info (per field)"]["keys"]
        for name, info in row["fields"].items():
            assert info["name"] == name
            assert set(info) <= set(known)
            assert info["options"] == [] or info["options"]
        assert ("pure_options" in row["fields"]["status"]) == (entity != "tcase")
    row = world.store.get("field_info", world.first.id, "story")
    assert row is not None
    assert row["fields"]["status"]["options"]["developing"] == "实现中"
    assert row["fields"]["custom_field_one"]["label"] == "客户"
