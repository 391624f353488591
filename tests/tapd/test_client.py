"""The readers of metadata and relations, against answers as TAPD writes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from taplens.errors import ProtocolError
from taplens.tapd import Client, task_type_id
from taplens.tapd.entities import BUG, STORY, TASK, WORKITEM_TYPE

from .raw_server import RawServer, Request, good

WS = "58210347"
TYPE = "1158210347001000010"
WORKSPACE = {"id": WS, "name": "轨道·移动端", "category": "project", "company_id": " 57000112"}
COMPANY = {"id": "57000112", "name": "某某科技", "category": "organization"}
STATUSES = {"planning": "规划中", "status_3": "测试中"}

Read = Callable[[Client], Awaitable[Any]]

READERS: list[tuple[Read, Any, str, dict[str, str], Any]] = [
    (
        lambda c: c.user_info(),
        {"id": "7", "nick": "李雷"},
        "users/info",
        {},
        {"id": "7", "nick": "李雷"},
    ),
    (
        lambda c: c.workspace_info(WS),
        {"Workspace": WORKSPACE},
        "workspaces/get_workspace_info",
        {"workspace_id": WS},
        WORKSPACE | {"company_id": "57000112"},
    ),
    (
        lambda c: c.workspace_info(WS),
        [{"Workspace": WORKSPACE}],
        "workspaces/get_workspace_info",
        {"workspace_id": WS},
        WORKSPACE | {"company_id": "57000112"},
    ),
    (
        lambda c: c.workspaces_of("李雷", "57000112"),
        [{"Workspace": COMPANY}, {"Workspace": WORKSPACE}],
        "workspaces/user_participant_projects",
        {"nick": "李雷", "company_id": "57000112"},
        [WORKSPACE | {"company_id": "57000112"}],
    ),
    (
        lambda c: c.workspaces_of("李雷"),
        [],
        "workspaces/user_participant_projects",
        {"nick": "李雷"},
        [],
    ),
    (
        lambda c: c.users(WS),
        [{"UserWorkspace": {"user": "李雷", "role_id": ["1"]}}],
        "workspaces/users",
        {"workspace_id": WS},
        [{"user": "李雷", "role_id": ["1"]}],
    ),
    (
        lambda c: c.roles(WS),
        {"1000000000000000002": "管理员"},
        "roles",
        {"workspace_id": WS},
        {"1000000000000000002": "管理员"},
    ),
    (lambda c: c.roles(WS), [], "roles", {"workspace_id": WS}, {}),  # PHP's empty map
    (
        lambda c: c.status_map(WS, "story", TYPE),
        STATUSES,
        "workflows/status_map",
        {"workspace_id": WS, "system": "story", "workitem_type_id": TYPE},
        STATUSES,
    ),
    (
        lambda c: c.status_map(WS, "bug"),
        STATUSES,
        "workflows/status_map",
        {"workspace_id": WS, "system": "bug"},
        STATUSES,
    ),
    (
        lambda c: c.first_step(WS, "bug"),
        {"new": "新"},
        "workflows/first_step",
        {"workspace_id": WS, "system": "bug"},
        {"new": "新"},
    ),
    (
        lambda c: c.last_steps(WS, "bug"),
        {"closed": "已关闭"},
        "workflows/last_steps",
        {"workspace_id": WS, "system": "bug"},
        {"closed": "已关闭"},
    ),
    (
        lambda c: c.all_last_steps(WS, "story"),
        {TYPE: {"resolved": "已实现"}, "12": []},
        "workflows/all_last_steps",
        {"workspace_id": WS, "system": "story", "group_key": "workitem_type_id"},
        {TYPE: {"resolved": "已实现"}, "12": {}},
    ),
    (
        lambda c: c.transitions(WS, "bug"),
        [{"StepPrevious": "new", "StepNext": "in_progress"}],
        "workflows/all_transitions",
        {"workspace_id": WS, "system": "bug"},
        [{"StepPrevious": "new", "StepNext": "in_progress"}],
    ),
    (
        lambda c: c.custom_fields(WS, BUG),
        [{"CustomFieldConfig": {"custom_field": "custom_field_one", "name": "客户", "is_out": 0}}],
        "bugs/custom_fields_settings",
        {"workspace_id": WS},
        [{"custom_field": "custom_field_one", "name": "客户", "is_out": 0}],
    ),
    (
        lambda c: c.fields_info(WS, STORY),
        {
            "status": {"label": "状态", "options": STATUSES},
            "begin": {"label": "开始", "options": []},
        },
        "stories/get_fields_info",
        {"workspace_id": WS},
        {
            "status": {"label": "状态", "options": [(k, v, None) for k, v in STATUSES.items()]},
            "begin": {"label": "开始", "options": []},
        },
    ),
    (
        lambda c: c.field_labels(WS, BUG),
        {"title": "标题"},
        "bugs/get_fields_lable",
        {"workspace_id": WS},
        {"title": "标题"},
    ),
    (
        lambda c: c.related_bugs(WS, ["1", "2"]),
        [{"workspace_id": 58210347, "story_id": "1", "bug_id": "9"}],
        "stories/get_related_bugs",
        {"workspace_id": WS, "story_id": "1,2", "page": "1", "limit": "200"},
        [{"workspace_id": WS, "story_id": "1", "bug_id": "9"}],
    ),
    (
        lambda c: c.story_tcases(WS, ["1"]),
        [{"TestPlanStoryTcaseRelation": {"story_id": "1", "tcase_id": "5"}}],
        "stories/get_story_tcase",
        {"workspace_id": WS, "story_id": "1", "page": "1", "limit": "200"},
        [{"story_id": "1", "tcase_id": "5"}],
    ),
    (
        lambda c: c.removed(WS, "bug", include_all=1),
        [{"RemovedBug": {"id": "3"}}],
        "bugs/get_removed_bugs",
        {"workspace_id": WS, "include_all": "1", "page": "1", "limit": "200"},
        [{"id": "3"}],
    ),
    (
        lambda c: c.life_times(WS, TASK, "8"),
        [{"LifeTime": {"id": "4", "time_cost": "48"}}],
        "life_times",
        {"workspace_id": WS, "entity_type": "task", "entity_id": "8", "page": "1", "limit": "200"},
        [{"id": "4", "time_cost": "48"}],
    ),
]


@pytest.mark.parametrize(("read", "data", "path", "query", "result"), READERS)
async def test_a_reader_asks_its_path_and_unwraps_the_answer(
    read: Read,
    data: Any,
    path: str,
    query: dict[str, str],
    result: Any,
    server: RawServer,
    client: Client,
) -> None:
    server.script = [good(data)]
    assert await read(client) == result
    assert [(request.path, request.query) for request in server.requests] == [(f"/{path}", query)]


@pytest.mark.parametrize("data", ["", None, 7, True, "ok", [[]]])
@pytest.mark.parametrize("reader", [each[0] for each in READERS])
async def test_a_reader_never_takes_another_shape_for_nothing(
    reader: Read, data: Any, server: RawServer, client: Client
) -> None:
    server.script = [good(data)]
    with pytest.raises(ProtocolError):
        await reader(client)


async def test_relations_are_asked_in_batches_of_ids(server: RawServer, client: Client) -> None:
    server.handler = lambda request: good(
        [{"story_id": story, "bug_id": "9"} for story in request.query["story_id"].split(",")]
        if request.query["page"] == "1"
        else []
    )
    ids = [str(number) for number in range(450)]
    found = await client.related_bugs(WS, ids)
    assert [row["story_id"] for row in found] == ids
    batches = [request for request in server.requests if request.query["page"] == "1"]
    assert sorted(len(each.query["story_id"].split(",")) for each in batches) == [50, 200, 200]


@pytest.mark.parametrize(("size", "requests"), [(0, 1), (199, 1), (200, 2), (731, 1)])
async def test_a_list_that_tapd_gives_whole_is_taken_whole(
    size: int, requests: int, server: RawServer, client: Client
) -> None:
    server.script = [good([{"story_id": "1", "bug_id": str(bug)} for bug in range(size)])]
    assert len(await client.related_bugs(WS, ["1"])) == size
    assert len(server.requests) == requests


async def test_a_list_that_tapd_pages_is_read_to_its_end(server: RawServer, client: Client) -> None:
    def page(request: Request) -> bytes:
        first = (request.number("page") - 1) * 200
        return good([{"RemovedTask": {"id": str(n)}} for n in range(first, min(first + 200, 450))])

    server.handler = page
    found = await client.removed(WS, "task")
    assert [row["id"] for row in found] == [str(number) for number in range(450)]
    assert len(server.requests) == 3


async def test_no_ids_ask_nothing(server: RawServer, client: Client) -> None:
    server.script = [good([])]
    assert await client.related_bugs(WS, []) == []
    assert server.requests == []


async def test_tasks_kept_as_stories_are_known_by_an_enabled_type(
    server: RawServer, client: Client
) -> None:
    story = {"id": TYPE, "english_name": "story", "status": "3"}
    task = {"id": "1158210347001000077", "english_name": "TASK", "status": "3"}
    server.script = [good([{"WorkitemType": row} for row in (story, task)])]
    types = await client.rows(WORKITEM_TYPE, workspace_id=WS)
    assert task_type_id(types) == "1158210347001000077"
    assert task_type_id([story]) is None
    assert task_type_id([story, task | {"status": "2"}]) is None


async def test_the_client_can_be_used_again_after_it_was_closed(
    server: RawServer, client: Client
) -> None:
    server.script = [good({"count": 1})]
    async with client:
        await client.count(STORY, workspace_id=WS)
    await client.aclose()
    assert await client.count(STORY, workspace_id=WS) == 1


def test_the_package_exports_what_it_promises_and_nothing_else() -> None:
    import taplens.tapd as package

    assert sorted(package.__all__) == sorted(package._HOMES)
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError):
        package.nothing  # noqa: B018
