"""The query operators, each held against a plain reading of all rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taplens.sandbox import RunningSandbox
from tests.sandbox.conftest import Row, Web

Holds = Callable[[Row], bool]


def matching(sandbox: RunningSandbox, workspace_id: str, entity: str, holds: Holds) -> list[str]:
    """The ids that should be found, newest first."""
    return [row["id"] for row in reversed(sandbox.truth(workspace_id, entity)) if holds(row)]


def everything(web: Web, path: str, **parameters: Any) -> list[str]:
    """All ids a list gives, page by page."""
    found: list[str] = []
    page = 1
    while True:
        ids = web.ids(path, limit=100, page=page, **parameters)
        found += ids
        page += 1
        if len(ids) < 100:
            return found


@pytest.fixture
def check(sandbox: RunningSandbox, web: Web, first: str) -> Callable[..., list[str]]:
    """Hold list and count of `path` against `holds`; at least one row must be found, not all."""

    def run(path: str, entity: str, holds: Holds, **parameters: Any) -> list[str]:
        expected = matching(sandbox, first, entity, holds)
        whole = sandbox.store.count(entity, first)
        assert 0 < len(expected) < whole, f"{len(expected)} of {whole} tell nothing"
        assert everything(web, path, workspace_id=first, **parameters) == expected
        assert web.count(path, workspace_id=first, page=9, limit=1, fields="id", **parameters) == (
            len(expected)
        )
        return expected

    return run


def value_of(sandbox: RunningSandbox, workspace_id: str, entity: str, field: str) -> str:
    """The most frequent value that is neither unset nor in every row."""
    rows = sandbox.truth(workspace_id, entity)
    values = [row[field] for row in rows if row[field] not in (None, "", "0", "-1", "|")]
    choices = [one for one in set(values) if values.count(one) < len(rows)]
    return str(max(sorted(choices), key=values.count))


def test_equality_and_or_of_values(check: Any, sandbox: RunningSandbox, first: str) -> None:
    one = value_of(sandbox, first, "bug", "status")
    check("bugs", "bug", lambda row: row["status"] == one, status=one)
    check(
        "bugs", "bug", lambda row: row["severity"] in ("serious", "fatal"),
        severity="serious|fatal",
    )  # fmt: skip


def test_not_equal(check: Any, sandbox: RunningSandbox, first: str) -> None:
    one = value_of(sandbox, first, "story", "iteration_id")
    check("stories", "story", lambda row: row["iteration_id"] != one, iteration_id=f"<>{one}")
    check("bugs", "bug", lambda row: row["status"] != "closed", status="<>closed")


def test_an_unset_link_is_found_by_its_sentinel(check: Any) -> None:
    check("stories", "story", lambda row: row["parent_id"] == "0", parent_id="0")
    check("stories", "story", lambda row: row["category_id"] == "-1", category_id="-1")


def test_fuzzy_fields_take_a_part_and_wildcards(
    check: Any, sandbox: RunningSandbox, first: str
) -> None:
    name = sandbox.truth(first, "story")[3]["name"]
    part = name[1:4]
    for spelled in (part, f"%{part}%", f"LIKE<{part}>", f"LIKE_OR<{part}|没有这样的名字>"):
        check("stories", "story", lambda row: part.lower() in row["name"].lower(), name=spelled)


def test_fuzzy_matching_ignores_the_case_of_letters(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    for row in sandbox.truth(first, "bug"):
        if row["title"].swapcase() != row["title"] and row["title"].isascii() is False:
            swapped = "".join(c.swapcase() if c.isascii() else c for c in row["title"])
            assert row["id"] in web.ids("bugs", workspace_id=first, title=swapped, limit=200)
            return
    pytest.fail("no title with letters")


def test_an_underscore_is_no_wildcard(web: Web, first: str) -> None:
    assert web.count("stories", workspace_id=first, name="_") < web.count(
        "stories", workspace_id=first
    )


def test_exact_and_not_exact(check: Any, sandbox: RunningSandbox, first: str) -> None:
    title = sandbox.truth(first, "bug")[0]["title"]
    check("bugs", "bug", lambda row: row["title"] == title, title=f"EQ<{title}>")
    check("bugs", "bug", lambda row: row["title"] != title, title=f"NOT_EQ<{title}>")


def test_times_before_and_after(check: Any, sandbox: RunningSandbox, first: str) -> None:
    middle = sorted(row["modified"] for row in sandbox.truth(first, "story"))[5]
    check("stories", "story", lambda row: row["modified"] < middle, modified=f"<{middle}")
    check("stories", "story", lambda row: row["modified"] > middle, modified=f">{middle}")
    day = middle[:10]
    check("stories", "story", lambda row: row["modified"] < f"{day} ", modified=f"<{day}")
    check("stories", "story", lambda row: row["modified"] > f"{day} 00:00:00", modified=f">{day}")


def test_time_ranges_hold_both_ends(check: Any, sandbox: RunningSandbox, first: str) -> None:
    times = sorted(row["created"] for row in sandbox.truth(first, "bug"))
    start, end = times[2], times[-3]
    check("bugs", "bug", lambda row: start <= row["created"] <= end, created=f"{start}~{end}")
    check(
        "bugs", "bug", lambda row: start[:10] <= row["created"][:10] <= end[:10],
        created=f"{start[:10]}~{end[:10]}",
    )  # fmt: skip


def test_an_unset_time_is_neither_before_nor_after(
    check: Any, sandbox: RunningSandbox, first: str
) -> None:
    check("bugs", "bug", lambda row: bool(row["closed"]), closed="<2030-01-01")
    check("stories", "story", lambda row: bool(row["due"]), due="<2030-01-01")
    due = value_of(sandbox, first, "story", "due")
    check("stories", "story", lambda row: (row["due"] or "") > due, due=f">{due}")
    check("stories", "story", lambda row: row["due"] == due, due=f"{due}~{due}")


@pytest.mark.parametrize(
    "value", ["yesterday", "2026-13-01", "2026-02-30", ">", "2026-01-01~", ">=2026-01-01", "<a"]
)
def test_a_malformed_time_is_refused(web: Web, first: str, value: str) -> None:
    reply = web.ask("stories", workspace_id=first, created=value)
    assert reply.status == 422
    assert "created" in reply.info


def test_several_ids(check: Any, sandbox: RunningSandbox, first: str) -> None:
    some = [row["id"] for row in sandbox.truth(first, "task")[2:5]]
    check("tasks", "task", lambda row: row["id"] in some, id=",".join(some))


def test_ids_may_begin_with_10_and_need_no_padding(web: Web, sandbox: RunningSandbox) -> None:
    for workspace in sandbox.store.workspaces():
        found = sandbox.truth(workspace["id"], "story")
        if not found:
            continue
        long, ws = found[0]["id"], workspace["id"]
        sequence = long[-9:]
        for spelled in (long, f"10{long[2:]}", f"10{ws}{sequence}", f"11{ws}{int(sequence)}"):
            assert web.ids("stories", workspace_id=ws, id=spelled) == [long]
            assert web.ids("stories", workspace_id=ws, id=f"{spelled},11{ws}999999999") == [long]
    assert web.ids("stories", workspace_id=ws, id="nonsense") == []


def test_reference_ids_may_begin_with_10(check: Any, sandbox: RunningSandbox, first: str) -> None:
    story = value_of(sandbox, first, "task", "story_id")
    check("tasks", "task", lambda row: row["story_id"] == story, story_id=f"10{story[2:]}")
    entry = value_of(sandbox, first, "comment", "entry_id")
    check("comments", "comment", lambda row: row["entry_id"] == entry, entry_id=f"10{entry[2:]}")


def people(value: str | None) -> set[str]:
    return {nick for nick in (value or "").split(";") if nick}


def test_people_any_and_all(check: Any, sandbox: RunningSandbox, first: str) -> None:
    rows = sandbox.truth(first, "bug")
    crowd = max((people(row["participator"]) for row in rows), key=len)
    one, other = sorted(crowd)[:2]
    check(
        "bugs", "bug", lambda row: bool({one, other} & people(row["participator"])),
        participator=f"{one}|{other}",
    )  # fmt: skip
    check(
        "bugs", "bug", lambda row: {one, other} <= people(row["participator"]),
        participator=f"{one};{other}",
    )  # fmt: skip
    check("bugs", "bug", lambda row: one in people(row["participator"]), participator=one)


def test_a_creator_is_matched_whole(check: Any, sandbox: RunningSandbox, first: str) -> None:
    creator = value_of(sandbox, first, "story", "creator")
    check("stories", "story", lambda row: row["creator"] == creator, creator=f"{creator};")


def test_owners_by_part_by_terminated_nick_and_by_user_or(
    check: Any, sandbox: RunningSandbox, first: str
) -> None:
    nicks = sorted(people(value_of(sandbox, first, "bug", "current_owner")))
    nick = nicks[0]
    check("bugs", "bug", lambda row: nick in (row["current_owner"] or ""), current_owner=nick)
    check(
        "bugs", "bug", lambda row: nick in people(row["current_owner"]),
        current_owner=f"USER_OR<{nick}|nobody>",
    )  # fmt: skip


def test_labels_any(check: Any, sandbox: RunningSandbox, first: str) -> None:
    label = value_of(sandbox, first, "bug", "label").split("|")[0]
    check(
        "bugs", "bug", lambda row: label in row["label"].split("|") if row["label"] else False,
        label=f"{label}|没有这个标签",
    )  # fmt: skip


def test_multi_selects_contain_all_or_any(check: Any, sandbox: RunningSandbox, first: str) -> None:
    field = "custom_field_three"
    chosen = [set((row[field] or "").split("|")) for row in sandbox.truth(first, "story")]
    pair = sorted(next(one for one in chosen if len(one) > 1))[:2]

    def parts(row: Row) -> set[str]:
        return set((row[field] or "").split("|"))

    value = "|".join(pair)
    check("stories", "story", lambda row: set(pair) <= parts(row), **{field: f"CONTAINS<{value}>"})
    check(
        "stories", "story", lambda row: bool(set(pair) & parts(row)),
        **{field: f"CONTAINS_OR<{value}>"},
    )  # fmt: skip


def test_custom_fields_by_value(check: Any, sandbox: RunningSandbox, first: str) -> None:
    one = value_of(sandbox, first, "story", "custom_field_one")
    check(
        "stories", "story", lambda row: row["custom_field_one"] in (one, "x"),
        custom_field_one=f"{one}|x",
    )  # fmt: skip


@pytest.mark.parametrize("bar", ["|", "｜"])
def test_leaves_and_parents(check: Any, bar: str) -> None:
    check("stories", "story", lambda row: row["children_id"] == "|", children_id=bar)
    check("stories", "story", lambda row: row["children_id"] != "|", children_id=f"!= {bar}")


def test_states_by_their_label(check: Any, sandbox: RunningSandbox, web: Web, first: str) -> None:
    types = {
        row["id"]: web.ask(
            "workflows/status_map", workspace_id=first, system="story", workitem_type_id=row["id"]
        ).data
        for row in web.rows("workitem_types", workspace_id=first)
    }

    def label(row: Row) -> str:
        return str(types[row["workitem_type_id"]][row["status"]])

    some = {label(row) for row in sandbox.truth(first, "story")}
    for one in sorted(some)[:3]:
        check("stories", "story", lambda row, one=one: label(row) == one, v_status=one)
    rows = web.rows("stories", workspace_id=first, with_v_status=1)
    assert all(row["v_status"] == label(row) for row in rows)
    assert all("v_status" not in row for row in web.rows("stories", workspace_id=first))


def test_unknown_labels_of_states_find_nothing(web: Web, first: str) -> None:
    assert web.rows("stories", workspace_id=first, v_status="没有这个状态") == []


def test_sub_iterations_are_included_on_request(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    one = value_of(sandbox, first, "story", "iteration_id")
    plain = web.ids("stories", workspace_id=first, iteration_id=one, limit=200)
    wide = web.ids(
        "stories", workspace_id=first, iteration_id=one, include_sub_iteration=1, limit=200
    )
    assert set(plain) <= set(wide)


def test_work_item_types_filter_by_everything_a_client_asks(
    web: Web, sandbox: RunningSandbox
) -> None:
    asked = {"english_name": "TASK", "name": "任务", "creator": "TAPD_SYSTEM", "status": "3",
             "color": "#182b50", "app_id": "1"}  # fmt: skip
    for workspace in sandbox.store.workspaces():
        if workspace["category"] == "organization":
            continue
        found = web.rows("workitem_types", workspace_id=workspace["id"], **asked)
        assert len(found) == int(workspace.get("new_task", "0"))


def test_operators_of_several_parameters_are_all_held(check: Any) -> None:
    check(
        "bugs", "bug",
        lambda row: row["severity"] in ("serious", "normal") and row["status"] != "closed",
        severity="serious|normal", status="<>closed",
    )  # fmt: skip


def test_hostile_values_are_only_values(web: Web, first: str) -> None:
    for value in ("' OR 1=1 --", "%'; DROP TABLE row; --", "\\", "\x00", "EQ<", "CONTAINS<>", "<>"):
        for path in ("stories", "bugs"):
            field = "name" if path == "stories" else "title"
            assert web.ask(path, workspace_id=first, **{field: value}).status == 200
            assert web.ask(path, workspace_id=first, status=value).status == 200
            assert web.ask(path, workspace_id=first, id=value).status == 200
    assert web.ask("stories", workspace_id=first, order="id;DROP TABLE row").status == 200
    assert web.count("stories", workspace_id=first) > 0
