"""Paging, order, columns and counts, and the parameters that only some lists have."""

from __future__ import annotations

from typing import Any

import pytest

from taplens.sandbox import RunningSandbox
from taplens.tapd.entities import ENTITIES
from tests.sandbox.conftest import Row, Web
from tests.sandbox.test_server_filters import everything, value_of


def newest_first(sandbox: RunningSandbox, workspace_id: str, entity: str) -> list[str]:
    return [row["id"] for row in reversed(sandbox.truth(workspace_id, entity))]


def test_pages_hold_30_rows_newest_first_unless_asked(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    ids = newest_first(sandbox, first, "story")
    assert web.ids("stories", workspace_id=first) == ids[:30]
    assert web.ids("stories", workspace_id=first, page=2) == ids[30:60]
    assert web.ids("stories", workspace_id=first, limit=7, page=3) == ids[14:21]
    assert web.ids("stories", workspace_id=first, page=600, limit=30) == []


@pytest.mark.parametrize(
    ("path", "entity", "cap"),
    [("bugs", "bug", 200), ("comments", "comment", 200), ("story_changes", "story_change", 100),
     ("task_changes", "task_change", 100), ("bug_changes", "bug_change", 200)],
)  # fmt: skip
def test_a_limit_above_the_cap_is_clamped(
    web: Web, sandbox: RunningSandbox, first: str, path: str, entity: str, cap: int
) -> None:
    asked = {"created": "2020-01-01~2030-01-01", "include_add_bug": 1, "limit": 5000, "page": 2}
    expected = newest_first(sandbox, first, entity)[cap : 2 * cap]
    asked["page"] = 2 if expected else 1
    found = web.ids(path, workspace_id=first, **asked)
    assert found == (expected or newest_first(sandbox, first, entity)[:cap])


@pytest.mark.parametrize("nonsense", ["0", "-3", "many", "", "²", "1.5"])
def test_nonsense_in_page_and_limit_means_the_default(web: Web, first: str, nonsense: str) -> None:
    expected = web.ids("stories", workspace_id=first)
    assert web.ids("stories", workspace_id=first, page=nonsense, limit=nonsense) == expected


def test_reading_deeper_than_20000_rows_is_refused(web: Web, first: str) -> None:
    assert web.ask("stories", workspace_id=first, page=100, limit=200).status == 200
    reply = web.ask("stories", workspace_id=first, page=101, limit=200)
    assert (reply.status, reply.envelope["data"]) == (422, "")
    assert web.ask("stories/count", workspace_id=first, page=9999, limit=200).status == 200


def test_order_is_by_any_column_and_ties_fall_by_id(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    rows = sandbox.truth(first, "bug")
    for column in ("created", "modified", "severity", "id", "deadline"):

        def key(row: Row, column: str = column) -> tuple[str, str]:
            return (row[column] or "", row["id"])

        expected = [row["id"] for row in sorted(rows, key=key)]
        assert everything(web, "bugs", workspace_id=first, order=f"{column} asc") == expected
        assert everything(web, "bugs", workspace_id=first, order=f"{column} DESC") == expected[::-1]


def test_an_unknown_order_falls_back_to_the_default(web: Web, first: str) -> None:
    expected = web.ids("bugs", workspace_id=first)
    for order in ("colour asc", "payload desc", "' asc"):
        found = web.ids("bugs", workspace_id=first, order=order)
        assert sorted(found) in (
            sorted(expected),
            sorted(web.ids("bugs", workspace_id=first, order="id asc")),
        )


def test_a_cursor_goes_on_after_its_row(web: Web, sandbox: RunningSandbox, first: str) -> None:
    ids = newest_first(sandbox, first, "tcase")
    found: list[str] = []
    cursor: dict[str, Any] = {}
    while page := web.ids("tcases", workspace_id=first, limit=20, **cursor):
        found += page
        cursor = {"cursor": page[-1]}
    assert found == ids
    upwards = web.ids("tcases", workspace_id=first, limit=5, cursor=ids[-1], order="id asc")
    assert upwards == ids[::-1][1:6]


def test_a_cursor_needs_an_order_by_id(web: Web, first: str) -> None:
    reply = web.ask("tcases", workspace_id=first, cursor="1", order="modified asc")
    assert reply.status == 422


def test_fields_pick_columns(web: Web, first: str) -> None:
    for row in web.rows("bugs", workspace_id=first, fields="title, id,colour"):
        assert list(row) == ["title", "id"]


def test_unknown_fields_only_give_every_column_and_internal_ones(web: Web, first: str) -> None:
    plain = web.rows("stories", workspace_id=first, limit=1)[0]
    odd = web.rows("stories", workspace_id=first, limit=1, fields="labels")[0]
    assert set(plain) < set(odd)
    assert "workitem_id" in odd
    assert {name: odd[name] for name in plain} == plain


def test_rows_have_every_column_and_weigh_4_kilobytes(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    for path in ("stories", "bugs"):
        reply = web.ask(path, workspace_id=first, limit=200)
        assert len(reply.body) / len(reply.data) >= 4096
        row = next(iter(reply.data[0].values()))
        assert sum(name.startswith("custom_field_") for name in row) >= 60


def test_every_counted_list_counts_what_it_lists(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    required = {"story_change": "created", "task_change": "created", "bug_change": "created"}
    for entity in ENTITIES.values():
        if entity.counted:
            need = (
                {required[entity.name]: "2020-01-01~2030-01-01"} if entity.name in required else {}
            )
            count = web.count(entity.path, workspace_id=first, **need)
            assert count == len(everything(web, entity.path, workspace_id=first, **need)), entity


def test_wrapper_keys_are_case_exact(web: Web, first: str) -> None:
    for path, wrapper in (
        ("stories", "Story"),
        ("label", "LabelPool"),
        ("tapd_wikis", "Wiki"),
        ("story_categories", "Category"),
        ("iterations", "Iteration"),
    ):
        data = web.ask(path, workspace_id=first).data
        assert data, path
        assert all(list(row) == [wrapper] for row in data)


def test_wikis_are_found_by_their_whole_name_or_by_wildcards(web: Web, first: str) -> None:
    name = web.rows("tapd_wikis", workspace_id=first)[0]["name"]
    assert web.count("tapd_wikis", workspace_id=first, name=name) == 1
    assert web.count("tapd_wikis", workspace_id=first, name=name[1:-1]) == 0
    assert web.count("tapd_wikis", workspace_id=first, name=f"%{name[1:-1]}%") >= 1


def test_versions_are_filtered_by_number_though_rows_say_words(web: Web, first: str) -> None:
    for sent, word in (("0", "Unclosed"), ("1", "Closed")):
        rows = web.rows("versions", workspace_id=first, status=sent)
        assert rows
        assert {row["status"] for row in rows} == {word}


def test_deleted_time_sheets_come_on_request_only(web: Web, first: str) -> None:
    rows = web.rows("timesheets", workspace_id=first, limit=200)
    assert {row["is_delete"] for row in rows} == {"0"}
    assert web.count("timesheets", workspace_id=first, is_delete=1) >= len(rows)


def test_time_sheets_on_parents_can_be_left_out(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    parents = {row["parent_id"] for row in sandbox.truth(first, "story")}
    expected = [
        row["id"] for row in reversed(sandbox.truth(first, "timesheet"))
        if row["entity_type"] != "story" or row["entity_id"] not in parents
    ]  # fmt: skip
    found = everything(web, "timesheets", workspace_id=first, include_parent_story_timesheet=0)
    assert found == expected


def test_time_sheets_and_attachments_of_one_item(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    for path, entity, field in (
        ("timesheets", "timesheet", "entity_id"),
        ("attachments", "attachment", "entry_id"),
    ):
        one = value_of(sandbox, first, entity, field)
        rows = web.rows(path, workspace_id=first, **{field: f"10{one[2:]}"})
        assert rows
        assert {row[field] for row in rows} == {one}
