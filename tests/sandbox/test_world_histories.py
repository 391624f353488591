"""Generated worlds: items and their histories tell the same story."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from taplens.clock import tapd_time
from taplens.sandbox.store import Store
from taplens.sandbox.worktime import WorkCalendar
from taplens.sandbox.world import World, build
from tests.sandbox.replay import all_rows, check_histories, check_references, check_trees

TODAY = date(2026, 7, 15)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Store() as store:
        yield build(store, items=400, seed=11, today=TODAY)


def test_replaying_the_changes_of_every_item_gives_the_item(world: World) -> None:
    rows = [check_histories(world.store, workspace_id) for workspace_id in world.workspaces]
    assert 5 <= rows[0] / world.items <= 12


def test_an_item_has_five_to_ten_changes_on_average(world: World) -> None:
    store, first = world.store, world.first.id
    changes = store.count("story_change", first) + store.count("bug_change", first)
    assert 5 <= changes / world.items <= 10


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.generate],  # worlds don't shrink: a seed is all there is to tell
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    items=st.integers(0, 60),
    seed=st.integers(0, 10**6),
    today=st.dates(date(2024, 6, 1), date(2031, 1, 1)),
)
def test_histories_trees_and_relations_agree_whatever_the_world(
    items: int, seed: int, today: date
) -> None:
    with Store() as store:
        world = build(store, items=items, seed=seed, today=today)
        for workspace_id in world.workspaces:
            check_histories(store, workspace_id)
            check_trees(store, workspace_id)
            check_references(store, workspace_id)


def test_parents_and_children_tell_the_same_tree(world: World) -> None:
    assert check_trees(world.store, world.first.id) > 10
    levels = [row.get("level", "0") for row in world.store.select("story", world.first.id)]
    assert "2" in levels


def test_nothing_happens_after_the_end_or_before_its_item(world: World) -> None:
    end = tapd_time(world.now)
    for workspace_id in world.workspaces:
        for entity in ("story", "task", "bug", "tcase", "comment", "iteration"):
            for row in all_rows(world.store, entity, workspace_id):
                assert row["created"] <= row["modified"] <= end


@pytest.mark.parametrize("day", range(13, 20))
def test_a_world_may_end_on_any_day_of_the_week(day: int) -> None:
    calendar = WorkCalendar(date(2026, 7, day))
    friday = "2026-07-17 18:29:59"  # the last worked second before a week-end
    assert calendar.time(calendar.end) == min(tapd_time(calendar.now), friday)


def test_numbers_grow_with_time_in_every_table(world: World) -> None:
    tables = ("story", "task", "bug", "tcase", "comment", "story_change", "task_change",
              "bug_change", "iteration_change", "timesheet", "attachment")  # fmt: skip
    for table in tables:
        rows = all_rows(world.store, table, world.first.id)
        assert rows[0]["id"].endswith("1000001")
        times = [row["created"] for row in rows]
        assert times == sorted(times)
        assert len({len(row["id"]) for row in rows}) == 1


def test_history_reaches_about_a_year_back(world: World) -> None:
    first = all_rows(world.store, "bug", world.first.id)[0]["created"]
    assert "2025-07" <= first[:7] <= "2025-09"


def test_bug_changes_carry_iteration_names_and_story_changes_ids(world: World) -> None:
    store, first = world.store, world.first.id
    names = {row["id"]: row["name"] for row in store.select("iteration", first)}
    moved = store.select("bug_change", first, "json_extract(payload, '$.field') = 'iteration_id'")
    assert moved
    for row in moved:
        assert {row["old_value"] or "", row["new_value"]} <= {"", *names.values()}
    entries = [
        entry
        for change in store.select("story_change", first)
        for entry in change["field_changes"]
        if entry["field"] == "iteration_id"
    ]
    assert entries
    for entry in entries:
        assert (
            entry["value_after"] == 0
            or names[entry["value_after"]] == (entry["value_after_parsed"])
        )
        assert entry["after_iteration_id"] == entry["value_after"]


def test_the_changes_text_names_iterations_where_field_changes_has_ids(world: World) -> None:
    store, first = world.store, world.first.id
    names = {row["name"] for row in store.select("iteration", first)}
    texts = [row["changes"] for row in store.select("story_change", first)
             if '"iteration_id"' in row["changes"]]  # fmt: skip
    assert texts
    assert all(any(name in text for name in names) for text in texts)


def test_a_deleted_bug_leaves_a_change_row(world: World) -> None:
    store, first = world.store, world.first.id
    deleted = store.select("removed_bug", first, "json_extract(payload, '$.type') = 'delete'")
    assert deleted
    for removed in deleted:
        last = store.select("bug_change", first, "parent = ?", (removed["id"],), limit=1)[0]
        assert (last["field"], last["old_value"], last["memo"]) == (
            "delete_bug", "--", "delete bug",
        )  # fmt: skip
        assert store.get("bug", first, removed["id"]) is None


def test_labels_in_changes_are_the_words_of_the_items_own_type(world: World) -> None:
    store, first = world.store, world.first.id
    seen = set()
    for change in store.select("story_change", first):
        labels = world.first.workflows[change["workitem_type_id"]].labels
        for entry in change["field_changes"]:
            if entry["field"] == "status":
                assert entry["value_after_parsed"] == labels[entry["value_after"]]
                seen.add((entry["value_after"], entry["value_after_parsed"]))
    assert {("status_3", "测试中"), ("status_3", "方案评审")} <= seen
