"""Generated worlds: what a believable team leaves behind is all there."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest

from taplens.sandbox.store import Store
from taplens.sandbox.world import World, build
from tests.sandbox.replay import all_rows, everything

TODAY = date(2026, 7, 15)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Store() as store:
        yield build(store, items=300, seed=5, today=TODAY)


@pytest.mark.parametrize("items", [0, 1, 7, 120])
def test_the_first_workspace_has_exactly_the_items_asked_for(items: int) -> None:
    with Store() as store:
        first = build(store, items=items, seed=2, today=TODAY).first.id
        assert store.count("story", first) + store.count("bug", first) == items
        assert store.count("bug", first) == items // 2


def test_the_same_arguments_give_the_same_world_and_another_seed_another() -> None:
    worlds = []
    for seed in (3, 3, 4):
        with Store() as store:
            build(store, items=40, seed=seed, today=TODAY)
            worlds.append(everything(store))
    assert worlds[0] == worlds[1]
    assert worlds[0] != worlds[2]


def test_the_world_does_not_depend_on_the_processs_hash_seed() -> None:
    script = (
        "import hashlib, json, datetime as d;"
        "from taplens.sandbox.store import Store; from taplens.sandbox.world import build;"
        "s = Store(); w = build(s, items=20, seed=1, today=d.date(2026, 7, 15));"
        "r = [s.select(e, w.first.id) for e in ('story', 'bug', 'bug_change', 'comment')];"
        "s.close(); print(hashlib.sha256(json.dumps(r).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(digests) == 1


def test_there_are_several_workspaces_and_companies(world: World) -> None:
    rows = world.store.workspaces()
    projects = [row for row in rows if row["category"] == "project"]
    assert len(projects) >= 3
    assert [row["category"] for row in rows].count("organization") == 2
    assert len({row["company_id"] for row in projects}) == 2
    assert len(projects[0]["id"]) == 8
    assert 9 in {len(row["id"]) for row in projects}
    sizes = [world.store.count("bug", row["id"]) for row in projects]
    assert sizes[0] == max(sizes)


def test_ids_are_prefix_padded_workspace_and_number(world: World) -> None:
    for workspace_id in world.workspaces:
        for entity, digits in (("story", 9), ("bug", 9), ("bug_change", 10)):
            row = world.store.select(entity, workspace_id, limit=1)[0]
            assert row["id"].startswith(f"11{workspace_id:0>8}")
            assert len(row["id"]) == 2 + len(workspace_id) + digits


def test_one_state_key_has_two_labels_in_two_types(world: World) -> None:
    labels = [
        {state["key"]: state["label"] for state in row["states"]}
        for row in world.store.select("workflow", world.first.id)
    ]
    assert {flow.get("status_3") for flow in labels} >= {"测试中", "方案评审"}


def test_every_status_and_end_state_is_one_of_its_workflow(world: World) -> None:
    for workspace_id, workspace in world.workspaces.items():
        for entity in ("story", "bug"):
            for row in world.store.select(entity, workspace_id):
                flow = workspace.workflow_of(entity, row)
                assert flow is not None
                assert row["status"] in flow.labels
                if entity == "story":
                    assert bool(row.get("completed")) == (row["status"] in flow.last)
        for row in world.store.select("workflow", workspace_id):
            keys = {state["key"] for state in row["states"]}
            names = {move["StepNext"] for move in row["transitions"]}
            assert {row["first"], *row["last"], *names} <= keys
            assert {"StepPrevious": "start", "StepNext": row["first"],
                    "Name": f"start-{row['first']}"} in row["transitions"]  # fmt: skip


def test_iterations_last_two_weeks_the_past_are_done_and_some_are_to_come(world: World) -> None:
    rows = all_rows(world.store, "iteration", world.first.id)
    current = [row for row in rows if row["startdate"] <= str(TODAY) <= row["enddate"]]
    assert [row["status"] for row in current] == ["open"]
    assert all((row["status"] == "done") == (row["enddate"] < str(TODAY)) for row in rows)
    assert sum(row["startdate"] > str(TODAY) for row in rows) == 3
    starts = [date.fromisoformat(row["startdate"]) for row in rows]
    assert {(b - a).days for a, b in itertools.pairwise(starts)} == {14}
    assert all("迭代" in row["name"] for row in rows)
    assert len({row["name"] for row in rows}) == len(rows)


@pytest.mark.parametrize("items", [20, 300])
def test_there_are_open_urgent_bugs(items: int) -> None:
    with Store() as store:
        first = build(store, items=items, seed=9, today=TODAY).first.id
        urgent = store.select("bug", first, "json_extract(payload, '$.priority') = 'urgent'")
        opened = [row for row in urgent if row["status"] != "closed"]
        assert {"in_progress", "status_3"} <= {row["status"] for row in opened}
        assert "ACME" in {row.get("custom_field_two") for row in opened}
        assert {row["severity"] for row in opened} & {"fatal", "serious"}


def test_bugs_have_all_severities_priorities_and_many_states(world: World) -> None:
    bugs = world.store.select("bug", world.first.id)
    assert {row["severity"] for row in bugs} >= {
        "fatal", "serious", "normal", "prompt", "advice", "",
    }  # fmt: skip
    assert {row["priority"] for row in bugs} >= {
        "urgent", "high", "medium", "low", "insignificant", "",
    }  # fmt: skip
    assert {row["status"] for row in bugs} >= {"new", "in_progress", "closed"}
    assert max(row["flows"].count("reopened") for row in bugs) >= 2
    assert {"duplicated", "fixed"} <= {row.get("resolution") for row in bugs}


def test_removed_items_of_every_kind_are_there_from_the_start(world: World) -> None:
    store, first = world.store, world.first.id
    kinds = {row["type"]: row for row in store.select("removed_bug", first)}
    assert set(kinds) == {"delete", "merge", "move"}
    address = kinds["move"]["new_bug_url"]
    moved_to, moved_id = address.split("/")[3], address.split("/")[-1]
    moved = store.get("bug", moved_to, moved_id)
    assert moved is not None
    assert moved["title"] == kinds["move"]["title"]
    assert moved_to != first
    stories = store.select("removed_story", first)
    assert {row.get("is_archived", "0") for row in stories} == {"0", "1"}
    assert all(store.get("story", first, row["id"]) is None for row in stories)


def test_the_customer_select_is_in_stories_and_bugs_with_acme(world: World) -> None:
    settings = world.store.select("custom_field", world.first.id)
    customers = [row for row in settings if row["name"] == "客户"]
    assert {row["entry_type"] for row in customers} == {"story", "bug"}
    for setting in customers:
        assert "ACME" in json.loads(setting["options"]).values()
        where = f"json_extract(payload, '$.{setting['custom_field']}') = 'ACME'"
        assert world.store.count(setting["entry_type"], world.first.id, where) > 3


def test_options_come_in_every_encoding_and_fields_of_every_kind(world: World) -> None:
    settings = world.store.select("custom_field", world.first.id)
    options = [row["options"] or "" for row in settings]
    assert any(text.startswith("{") for text in options)
    assert any("|" in text and not text.startswith(("{", "[")) for text in options)
    assert any(text.startswith("[") and "children" in text for text in options)
    assert {row["type"] for row in settings} >= {
        "select", "multi_select", "float", "dateinput", "user_chooser", "textarea",
        "cascade_radio", "cascade_checkbox", "radio", "checkbox", "datetime", "integer", "text",
    }  # fmt: skip


def test_values_of_custom_fields_are_options_of_their_fields(world: World) -> None:
    for entity in ("story", "bug", "task", "tcase"):
        for custom in world.first.customs[entity]:
            where = f"json_extract(payload, '$.{custom.column}') IS NOT NULL"
            rows = world.store.select(entity, world.first.id, where)
            assert rows or custom.share < 0.1
            if custom.options:
                values = {part for row in rows for part in row[custom.column].split("|")}
                assert values <= set(custom.options)


def test_descriptions_are_rich_text_with_everything_people_paste(world: World) -> None:
    store, first = world.store, world.first.id
    html = "\n".join(
        row["description"] or "" for e in ("story", "bug") for row in store.select(e, first)
    )
    for piece in ("<table", "<span style=", "docs.qq.com", "/tfl/captures/", "【前置条件】",
                  "【步骤】", "【实际结果】", "【期望结果】", "<ol>", "&nbsp;"):  # fmt: skip
        assert piece in html


def test_titles_are_varied_and_the_named_ones_are_there(world: World) -> None:
    store, first = world.store, world.first.id
    stories = [row["name"] for row in store.select("story", first)]
    bugs = [row["title"] for row in store.select("bug", first)]
    assert len(set(stories)) > 0.8 * len(stories)
    assert len(set(bugs)) > 0.9 * len(bugs)
    text = "\n".join(stories + bugs)
    for word in (
        "支付超时",
        "登录闪退",
        "导出",
        "ORDER-1024",
        "👨‍👩‍👧‍👦",
        "ＡＢＣ",
        "阿依古丽·买买提",
        "ᠪᠠᠶᠠᠷ",
    ):
        assert word in text


def test_people_have_every_kind_of_name_and_do_the_work(world: World) -> None:
    store, first = world.store, world.first.id
    nicks = {row["user"] for row in store.select("user", first)}
    assert {"阿依古丽·买买提", "ᠪᠠᠶᠠᠷ", world.token_nick} <= nicks
    used = {row["reporter"] for row in store.select("bug", first)}
    used |= {row["creator"] for row in store.select("story", first)}
    owners = {
        nick
        for row in store.select("story", first)
        for nick in row.get("owner", "").split(";")
        if nick
    }
    assert used | owners <= nicks
    assert any(row["status"] == "2" for row in store.select("user", first, "status IS NOT NULL"))


def test_old_rows_have_nulls_where_new_ones_have_empty_text(world: World) -> None:
    store, first = world.store, world.first.id
    assert any("label" in row and row["label"] is None for row in store.select("story", first))
    assert any("bugtype" in row and row["bugtype"] is None for row in store.select("bug", first))


def test_comments_are_of_every_kind(world: World) -> None:
    comments = world.store.select("comment", world.first.id)
    kinds = Counter(row["entry_type"] for row in comments)
    assert set(kinds) == {"stories", "tasks", "bug", "bug_remark"}
    ids = {row["id"] for row in comments}
    replies = [row for row in comments if "reply_id" in row]
    assert replies
    assert all({row["reply_id"], row["root_id"]} <= ids for row in replies)
    assert any(row["modified"] > row["created"] for row in comments)


def test_bugs_and_cases_are_tied_to_stories(world: World) -> None:
    store, first = world.store, world.first.id
    assert store.count("relation", first) > 50
    assert store.count("story_tcase", first) > 50
    for relation in store.select("relation", first, limit=20):
        told = store.select("story_change", first, "parent = ?", (relation["story_id"],))
        assert any(
            row["change_type"] == "link_create"
            and row["field_changes"][0]["value_after"] == relation["bug_id"]
            for row in told
        )
        assert store.select("relation", first, "peer = ?", (relation["bug_id"],))


def test_some_changes_tell_the_request_behind_them(world: World) -> None:
    store, first = world.store, world.first.id
    memos = [row["memo"] for row in store.select("bug_change", first) if "memo" in row]
    assert any("tapd_request_id" in memo and json.loads(memo) for memo in memos)
    assert any(
        entry["field"] == "tapd_request_id"
        for change in store.select("story_change", first)
        for entry in change["field_changes"]
    )


def test_near_duplicates_exist(world: World) -> None:
    bugs = world.store.select("bug", world.first.id)
    repeated = [row for row in bugs if "又遇到一次" in (row["description"] or "")]
    assert len(repeated) >= 3


def test_one_workspace_keeps_its_tasks_as_stories(world: World) -> None:
    modes = {row["id"]: row.get("new_task", "0") for row in world.store.workspaces()}
    (workspace_id,) = [identity for identity, mode in modes.items() if mode == "1"]
    types = world.store.select("workitem_type", workspace_id)
    (task,) = [row for row in types if row["english_name"] == "TASK"]
    assert (task["name"], task["creator"], task["status"], task["color"]) == (
        "任务", "TAPD_SYSTEM", "3", "#182b50",
    )  # fmt: skip
    where = "json_extract(payload, '$.workitem_type_id') = ?"
    assert world.store.count("story", workspace_id, where, (task["id"],)) > 0
    assert world.store.count("task", workspace_id) == 0


def test_hours_booked_on_a_task_are_its_completed_effort(world: World) -> None:
    store, first = world.store, world.first.id
    booked: Counter[str] = Counter()
    for row in store.select("timesheet", first):
        booked[row["entity_id"]] += int(row["timespent"])
    assert booked
    for task_id, hours in booked.items():
        task = store.get("task", first, task_id)
        if task is not None:
            assert int(task["effort_completed"]) == hours
