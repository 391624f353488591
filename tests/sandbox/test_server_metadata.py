"""Workspaces, people, fields, workflows: what describes the items."""

from __future__ import annotations

import pytest

from taplens.sandbox import RunningSandbox
from tests.sandbox.conftest import BEARER, Web, basic, projects


def test_a_token_tells_whose_it_is(web: Web, sandbox: RunningSandbox) -> None:
    me = web.ask("users/info").data
    assert me["nick"] == sandbox.world.token_nick
    assert me["current_company_id"] == projects(sandbox)[0]["company_id"]
    assert set(me) >= {"id", "nick", "name", "email", "avatar", "enabled", "status_id"}
    guest = web.ask("users/info", {"Authorization": "Bearer guest"}).data
    assert guest["nick"] != me["nick"]


def test_the_connection_test_does_not_echo_the_password(web: Web) -> None:
    data = web.ask("quickstart/testauth", basic("demo", "demo")).data
    assert data["api_user"] == "demo"
    assert data["api_password"] != "demo"


def test_workspace_info_is_an_object(web: Web, first: str) -> None:
    row = web.ask("workspaces/get_workspace_info", workspace_id=first).data["Workspace"]
    assert row["id"] == first
    assert row["category"] == "project"
    assert row["new_task"] in ("0", "1")


def test_a_person_takes_part_in_workspaces_of_several_companies(
    web: Web, sandbox: RunningSandbox
) -> None:
    nick = web.ask("users/info").data["nick"]
    rows = web.rows("workspaces/user_participant_projects", nick=nick)
    companies = {row["company_id"].strip() for row in rows}
    assert len(companies) > 1
    assert {row["category"] for row in rows} == {"project", "organization"}
    one = companies.pop()
    some = web.rows("workspaces/user_participant_projects", nick=nick, company_id=one)
    assert {row["company_id"].strip() for row in some} == {one}
    assert web.rows("workspaces/user_participant_projects", nick="没有这个人") == []
    assert web.ask("workspaces/user_participant_projects").status == 422


def test_a_guest_is_shown_only_what_it_sees(web: Web, sandbox: RunningSandbox) -> None:
    guest = {"Authorization": "Bearer guest"}
    nick = web.ask("users/info", guest).data["nick"]
    data = web.ask("workspaces/user_participant_projects", guest, nick=nick).data
    seen = [row["Workspace"]["id"] for row in data if row["Workspace"]["category"] == "project"]
    assert seen == [projects(sandbox)[1]["id"]]


def test_the_projects_of_a_company_hold_the_company_itself(
    web: Web, sandbox: RunningSandbox
) -> None:
    company = projects(sandbox)[0]["company_id"]
    rows = web.rows("workspaces/projects", company_id=company)
    assert company in [row["id"] for row in rows]
    assert all(type(row["member_count"]) is int and row["member_count"] > 0 for row in rows)
    only = web.rows("workspaces/projects", company_id=company, category="project,product")
    assert {row["category"] for row in only} == {"project"}
    assert web.ask("workspaces/projects", company_id="404").status == 404


def test_sub_workspaces_have_few_columns(web: Web, sandbox: RunningSandbox) -> None:
    company = projects(sandbox)[0]["company_id"]
    rows = web.rows("workspaces/sub_workspaces", workspace_id=company)
    assert len(rows) >= 3
    assert "company_id" not in rows[0]
    assert web.rows("workspaces/sub_workspaces", workspace_id=projects(sandbox)[0]["id"]) == []


def test_members_have_a_list_of_roles_and_come_all_at_once(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    rows = web.rows("workspaces/users", workspace_id=first, limit=1)
    assert len(rows) > 5
    roles = web.ask("roles", workspace_id=first).data
    assert all(set(row["role_id"]) <= set(roles) for row in rows)
    two = [rows[0]["user"], rows[2]["user"]]
    picked = web.rows(
        "workspaces/users", workspace_id=first, user=",".join(two), fields="user,email"
    )
    assert [row["user"] for row in picked] == two
    assert all(list(row) == ["user", "email"] for row in picked)
    everyone = web.rows("workspaces/users", workspace_id=projects(sandbox)[0]["company_id"])
    assert {row["user"] for row in everyone} >= {row["user"] for row in rows}


def test_short_ids_become_long_ones_and_back(web: Web, sandbox: RunningSandbox, first: str) -> None:
    long = sandbox.truth(first, "bug")[0]["id"]
    short = long[-9:].lstrip("0")
    path = "workspaces/get_workitems_long_id_by_short_ids"
    data = web.ask(path, workspace_id=first, entity_type="bug", short_ids=f"{short};1999999").data
    assert data["valid_id_map"][0]["long_id"] == long
    assert data["invalid_short_ids"] == ["1999999"]
    data = web.ask(path, workspace_id=first, entity_type="bug", long_ids=f"{long};12").data
    assert data["valid_id_map"][0]["short_id"] == short
    assert data["invalid_long_ids"] == ["12"]


@pytest.mark.parametrize("path", ["stories", "tasks", "bugs", "tcases"])
def test_custom_fields_have_settings_labels_and_a_column(web: Web, first: str, path: str) -> None:
    settings = web.rows(f"{path}/custom_fields_settings", workspace_id=first)
    info = web.ask(f"{path}/get_fields_info", workspace_id=first).data
    columns = web.rows(path, workspace_id=first, limit=1)[0]
    assert settings
    for row in settings:
        assert info[row["custom_field"]]["label"] == row["name"]
        assert row["custom_field"] in columns
        assert type(row["is_out"]) is int


def test_options_are_an_empty_list_or_an_object(web: Web, first: str) -> None:
    info = web.ask("stories/get_fields_info", workspace_id=first).data
    assert info["begin"]["options"] == []
    assert isinstance(info["status"]["options"], dict)


@pytest.mark.parametrize("path", ["stories", "bugs"])
def test_labels_of_fields_come_alone(web: Web, first: str, path: str) -> None:
    labels = web.ask(f"{path}/get_fields_lable", workspace_id=first).data
    info = web.ask(f"{path}/get_fields_info", workspace_id=first).data
    assert labels == {name: one["label"] for name, one in info.items()}


def test_one_state_has_two_labels_in_two_work_item_types(web: Web, first: str) -> None:
    maps = [
        web.ask(
            "workflows/status_map", workspace_id=first, system="story", workitem_type_id=row["id"]
        ).data
        for row in web.rows("workitem_types", workspace_id=first)
    ]
    shared = set(maps[0]) & set(maps[1])
    assert any(maps[0][state] != maps[1][state] for state in shared)


@pytest.mark.parametrize("system", ["story", "bug"])
def test_workflow_steps_agree_with_the_status_map(web: Web, first: str, system: str) -> None:
    asked = {"workspace_id": first, "system": system}
    labels = web.ask("workflows/status_map", **asked).data
    first_step = web.ask("workflows/first_step", **asked).data
    last = web.ask("workflows/last_steps", **asked, **{"type[]": ["status", "step"]}).data
    assert len(first_step) == 1
    assert first_step.items() <= labels.items()
    assert last
    assert last.items() <= labels.items()
    moves = web.ask("workflows/all_transitions", **asked).data
    assert [one["StepNext"] for one in moves if one["StepPrevious"] == "start"] == [*first_step]
    assert {one["StepNext"] for one in moves} <= set(labels)
    steps = web.ask("workflows/step_map", **asked).data
    assert [one["name"] for one in steps] == [*labels]


def test_all_last_steps_are_keyed_by_type_or_by_workflow(web: Web, first: str) -> None:
    types = web.rows("workitem_types", workspace_id=first)
    for key, column in (("workitem_type_id", "id"), ("workflow_id", "workflow_id")):
        data = web.ask(
            "workflows/all_last_steps", workspace_id=first, system="story", group_key=key
        ).data
        assert set(data) == {row[column] for row in types}
        assert all(isinstance(label, str) for steps in data.values() for label in steps.values())


def test_workflows_are_asked_by_a_known_system_and_type(web: Web, first: str) -> None:
    asked = {"workspace_id": first}
    assert web.ask("workflows/status_map", **asked).status == 422
    assert web.ask("workflows/status_map", **asked, system="wiki").status == 422
    reply = web.ask("workflows/status_map", **asked, system="story", workitem_type_id="12")
    assert reply.status == 422


def test_workflows_are_listed_without_our_own_keys(web: Web, first: str) -> None:
    rows = web.rows("workflows", workspace_id=first)
    assert {row["system_name"] for row in rows} == {"bugtrace", "story"}
    assert "states" not in rows[0]
    bugs = web.rows("workflows", workspace_id=first, system_name="bugtrace")
    assert [row["system_name"] for row in bugs] == ["bugtrace"]


def test_to_do_lists_hold_the_open_items_of_a_person(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    nick = next(
        row["current_owner"].split(";")[0] for row in sandbox.truth(first, "bug")
        if row["current_owner"] and row["status"] not in ("closed", "rejected")
    )  # fmt: skip
    ended = web.ask("workflows/last_steps", workspace_id=first, system="bug").data
    rows = web.rows("user_oauth/get_user_todo_bug", workspace_id=first, user=nick, limit=200)
    assert rows
    expected = [
        row["id"] for row in reversed(sandbox.truth(first, "bug"))
        if nick in (row["current_owner"] or "").split(";") and row["status"] not in ended
    ]  # fmt: skip
    assert [row["id"] for row in rows] == expected
    mine = web.ask("user_oauth/get_user_todo_task", BEARER, workspace_id=first)
    assert isinstance(mine.data, list)
