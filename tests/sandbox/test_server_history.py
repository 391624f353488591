"""Change logs, recycle bins, relations, times in states, files."""

from __future__ import annotations

from typing import Any

import pytest

from taplens.sandbox import RunningSandbox
from tests.sandbox.conftest import Row, Web
from tests.sandbox.test_server_filters import everything, value_of

LOGS = (("story_changes", "story_change", "story_id"), ("task_changes", "task_change", "task_id"),
        ("bug_changes", "bug_change", "bug_id"))  # fmt: skip


@pytest.mark.parametrize(("path", "entity", "parent"), LOGS)
def test_change_logs_need_an_item_or_a_time(
    web: Web, sandbox: RunningSandbox, first: str, path: str, entity: str, parent: str
) -> None:
    for sibling in (path, f"{path}/count"):
        assert web.ask(sibling, workspace_id=first).status == 422
    one = value_of(sandbox, first, entity, parent)
    rows = web.rows(path, workspace_id=first, **{parent: one}, include_add_bug=1, limit=100)
    assert rows
    assert {row[parent] for row in rows} == {one}


@pytest.mark.parametrize(("path", "entity", "parent"), LOGS)
def test_a_bare_date_means_the_whole_day_in_change_logs(
    web: Web, sandbox: RunningSandbox, first: str, path: str, entity: str, parent: str
) -> None:
    day = value_of(sandbox, first, entity, "created")[:10]
    expected = [
        row["id"] for row in reversed(sandbox.truth(first, entity)) if row["created"][:10] == day
    ]
    for created in (day, f"{day}~{day}", f"{day} 00:00:00~{day} 23:59:59"):
        found = everything(web, path, workspace_id=first, created=created, include_add_bug=1)
        assert found == expected


@pytest.mark.parametrize(("path", "entity", "parent"), LOGS)
def test_where_ranges_are_refused_single_days_still_work(
    web: Web, sandbox: RunningSandbox, first: str, path: str, entity: str, parent: str
) -> None:
    sandbox.fault("refuse_ranges")
    for created in ("2026-01-01~2026-01-31", ">2026-01-01", "<2026-01-01"):
        reply = web.ask(path, workspace_id=first, created=created)
        assert (reply.status, reply.envelope["data"]) == (422, "")
    day = value_of(sandbox, first, entity, "created")[:10]
    assert web.rows(path, workspace_id=first, created=day)
    assert web.ask("stories", workspace_id=first, created="2026-01-01~2026-01-31").status == 200


def test_parsed_changes_can_be_left_out(web: Web, first: str) -> None:
    asked = {"workspace_id": first, "created": "2020-01-01~2030-01-01"}
    whole = web.rows("story_changes", **asked)
    thin = web.rows("story_changes", **asked, need_parse_changes=0)
    assert all(row["field_changes"] for row in whole)
    assert [row | {"field_changes": 0} for row in thin] == [
        row | {"field_changes": 0} for row in whole
    ]
    assert all("field_changes" not in row for row in thin)


def test_changes_of_one_field(web: Web, first: str) -> None:
    asked = {"workspace_id": first, "created": "2020-01-01~2030-01-01"}
    rows = web.rows("story_changes", **asked, change_field="status", limit=100)
    assert rows
    assert all(any(c["field"] == "status" for c in row["field_changes"]) for row in rows)
    bugs = web.rows("bug_changes", **asked, field="status")
    assert {row["field"] for row in bugs} == {"status"}


def test_the_birth_of_a_bug_is_told_on_request_only(web: Web, first: str) -> None:
    asked = {"workspace_id": first, "created": "2020-01-01~2030-01-01"}
    births = web.count("bug_changes", **asked, field="add_bug", include_add_bug=1)
    assert births > 0
    assert web.count("bug_changes", **asked, field="add_bug") == 0
    assert web.count("bug_changes", **asked, include_add_bug=1) == births + web.count(
        "bug_changes", **asked
    )


def test_iterations_have_a_log_of_their_own(web: Web, sandbox: RunningSandbox, first: str) -> None:
    one = value_of(sandbox, first, "iteration_change", "iteration_id")
    rows = web.rows("iteration_changes", workspace_id=first, iteration_id=one)
    assert rows
    assert {row["iteration_id"] for row in rows} == {one}


BINS = (("stories/get_removed_stories", "removed_story", "deleted"),
        ("tasks/get_removed_tasks", "removed_task", "modified"),
        ("bugs/get_removed_bugs", "removed_bug", "modified"))  # fmt: skip


@pytest.mark.parametrize(("path", "entity", "when"), BINS)
def test_recycle_bins_are_asked_by_single_days(
    web: Web, sandbox: RunningSandbox, first: str, path: str, entity: str, when: str
) -> None:
    rows = [row for row in sandbox.truth(first, entity) if row.get("is_archived", "0") == "0"]
    day = rows[0][when][:10]
    found = web.rows(path, workspace_id=first, include_all=1, **{when: day})
    expected = {row["id"] for row in rows if row[when][:10] == day}
    assert {row["id"] for row in found} == expected
    reply = web.ask(path, workspace_id=first, **{when: f"2020-01-01~{day}"})
    assert reply.status == 422


def test_archived_stories_are_asked_for_apart(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    rows = sandbox.truth(first, "removed_story")
    for flag, asked in (("0", {}), ("0", {"is_archived": 0}), ("1", {"is_archived": 1})):
        expected = {row["id"] for row in rows if row["is_archived"] == flag}
        found = set(everything(web, "stories/get_removed_stories", workspace_id=first, **asked))
        assert found == expected
        assert found


def test_moved_and_merged_bugs_come_on_request_only(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    path = "bugs/get_removed_bugs"
    assert {row["type"] for row in web.rows(path, workspace_id=first)} == {"delete"}
    everything_removed = web.rows(path, workspace_id=first, include_all=1)
    assert {row["type"] for row in everything_removed} == {"delete", "move", "merge"}
    creator = everything_removed[0]["reporter"]
    mine = web.rows(path, workspace_id=first, include_all=1, creator=creator)
    assert {row["reporter"] for row in mine} == {creator}


def test_relations_are_bare_and_differ_in_the_type_of_workspace_id(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    truth = sandbox.truth(first, "relation")
    stories = sorted({row["story_id"] for row in truth})
    bugs = sorted({row["bug_id"] for row in truth})
    pairs = {(row["story_id"], row["bug_id"]) for row in truth}
    rows = web.ask("stories/get_related_bugs", workspace_id=first, story_id=",".join(stories)).data
    assert {(row["story_id"], row["bug_id"]) for row in rows} == pairs
    assert {row["workspace_id"] for row in rows} == {int(first)}
    spelled = ",".join(f"10{one[2:]}" for one in bugs)
    rows = web.ask("bugs/get_related_stories", workspace_id=first, bug_id=spelled).data
    assert {(row["story_id"], row["bug_id"]) for row in rows} == pairs
    assert {row["workspace_id"] for row in rows} == {first}
    assert web.ask("stories/get_related_bugs", workspace_id=first).status == 422


def test_stories_and_test_cases_find_each_other(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    truth = sandbox.truth(first, "story_tcase")
    story, case = truth[0]["story_id"], truth[0]["tcase_id"]
    rows = web.rows("stories/get_story_tcase", workspace_id=first, story_id=story)
    assert {row["tcase_id"] for row in rows} == {
        row["tcase_id"] for row in truth if row["story_id"] == story
    }
    assert web.rows(
        "stories/get_story_tcase", workspace_id=first, story_id=story, include_test_plan=0
    )
    back = web.ask("tcases/get_story_by_tcase_id", workspace_id=first, tcase_ids=case).data
    assert [row["story_id"] for row in back] == [story]


def test_categories_are_counted(web: Web, sandbox: RunningSandbox, first: str) -> None:
    for path, entity in (("stories", "story"), ("tcases", "tcase")):
        one = value_of(sandbox, first, entity, "category_id")
        data = web.ask(
            f"{path}/count_by_categories", workspace_id=first, category_id=f"{one},-1"
        ).data
        rows = sandbox.truth(first, entity)
        assert data == {key: sum(row["category_id"] == key for row in rows) for key in (one, "-1")}


def _states(rows: list[Row]) -> list[tuple[str, str, str]]:
    return [(row["status"], row["begin_date"], row["end_date"]) for row in rows]


@pytest.mark.parametrize(("kind", "log"), [("bug", "bug_change"), ("story", "story_change")])
def test_times_in_states_follow_the_change_log(
    web: Web, sandbox: RunningSandbox, first: str, kind: str, log: str
) -> None:
    item_id = value_of(sandbox, first, log, f"{kind}_id")
    item: Any = sandbox.store.get(kind, first, item_id)
    asked = {"workspace_id": first, "entity_type": kind, "entity_id": item_id, "limit": 200}
    stays = _states(web.rows("life_times", **asked, order="created asc"))
    assert stays[0][1] == item["created"]
    assert stays[-1][0] == item["status"]
    assert [end for _, _, end in stays[:-1]] == [begin for _, begin, _ in stays[1:]]
    assert _states(web.rows("life_times", **asked)) == stays[::-1]
    if kind == "bug":
        assert [state for state, _, _ in stays] == item["flows"].split("|")


def test_times_in_states_need_an_item_of_a_kind(web: Web, first: str) -> None:
    assert web.ask("life_times", workspace_id=first).status == 422
    asked = {"workspace_id": first, "entity_id": "1"}
    assert web.ask("life_times", **asked, entity_type="wiki").status == 422
    assert web.ask("life_times", **asked, entity_type="bug").data == []


def test_an_attachment_can_be_fetched(web: Web, sandbox: RunningSandbox, first: str) -> None:
    one = sandbox.truth(first, "attachment")[0]
    found = web.ask("attachments/down", workspace_id=first, id=one["id"]).data["Attachment"]
    address = found["download_url"]
    assert address.startswith(sandbox.base_url)
    assert web.ask(address.removeprefix(sandbox.base_url)).status == 200
    assert web.ask("attachments/down", workspace_id=first, id="1").status == 404


def test_an_inline_image_is_found_by_path_or_address(web: Web, first: str) -> None:
    path = f"/tfl/captures/2026-02/tapd_{first}_base64_1770886800_17.png"
    for sent in (path, f"https://www.tapd.cn{path}"):
        image = web.ask("files/get_image", workspace_id=first, image_path=sent).data["Attachment"]
        assert image["workspace_id"] == int(first)
        assert image["value"] == path
        assert image["type"] == "tfl_image"
    other = path.replace(first, "99999999")
    assert web.ask("files/get_image", workspace_id=first, image_path=other).status == 422


@pytest.mark.parametrize("kind", ["story", "task", "bug"])
def test_a_commit_keyword_names_the_short_id(
    web: Web, sandbox: RunningSandbox, first: str, kind: str
) -> None:
    one = sandbox.truth(first, kind)[0]
    asked = {"workspace_id": first, "object_id": f"10{one['id'][2:]}", "type": kind}
    keyword = web.ask("svn_commits/get_scm_copy_keywords", **asked).data
    assert keyword.startswith(f"--{kind}={one['id'][-9:].lstrip('0')} --user=")
    asked["object_id"] = "7"
    assert web.ask("svn_commits/get_scm_copy_keywords", **asked).status == 404
