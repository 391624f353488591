"""The client and the sandbox, two readings of one protocol, held to each other over HTTP."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from taplens.clock import day_of
from taplens.config import Secret, Settings
from taplens.errors import (
    AccessError,
    CredentialsError,
    ProtocolError,
    RateLimitError,
    RejectedError,
    ServerFaultError,
    TapdError,
    UnreachableError,
)
from taplens.sandbox import RunningSandbox
from taplens.tapd import Client, change_windows, expand_id, short_number, task_type_id
from taplens.tapd.entities import (
    BUG,
    BUG_CHANGE,
    ENTITIES,
    STORY,
    STORY_CHANGE,
    TASK,
    TASK_CHANGE,
    WORKITEM_TYPE,
    Entity,
)
from taplens.tapd.rich_text import to_markdown, to_text
from taplens.tapd.values import is_unset, parse_date, parse_instant, parse_options, split_people

from .conftest import ManualTime
from .test_budget import SPENDER, most_in_any_window

LISTS = [entity for entity in ENTITIES.values() if not entity.name.startswith("removed_")]


@pytest.fixture
def workspaces(sandbox: RunningSandbox) -> list[str]:
    return [row["id"] for row in sandbox.store.workspaces() if row["category"] != "organization"]


@pytest.fixture
def ws(workspaces: list[str]) -> str:
    return workspaces[0]


@pytest.fixture
async def make(
    sandbox: RunningSandbox, tmp_path: Path, manual_time: ManualTime
) -> AsyncIterator[Callable[..., Client]]:
    made: list[Client] = []

    def make_one(**changes: Any) -> Client:
        values: dict[str, Any] = {
            "home": tmp_path, "api_base_url": sandbox.base_url, "access_token": Secret("demo"),
            "requests_per_minute": 100_000,
        }  # fmt: skip
        clock, sleep = manual_time.clock, manual_time.sleep
        made.append(Client(Settings(**values | changes), clock=clock, sleep=sleep))
        return made[-1]

    yield make_one
    for client in made:
        await client.aclose()


@pytest.fixture
def tapd(make: Callable[..., Client]) -> Client:
    return make()


async def read(client: Client, entity: Entity, ws: str, **options: Any) -> list[dict[str, Any]]:
    """The whole list, counted or not; the newest first."""
    pages = client.pages(entity, workspace_id=ws, order="id desc", **options)
    return [row async for page in pages for row in page.rows]


def by_id(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {str(row["id"]): row for row in rows}
    assert len(found) == len(rows)
    return found


# Lists.


@pytest.mark.parametrize(
    "entity", [e for e in LISTS if not e.name.endswith("_change")], ids=lambda e: e.name
)
async def test_every_list_is_read_whole_and_unchanged(
    entity: Entity, tapd: Client, sandbox: RunningSandbox, ws: str
) -> None:
    truth = sandbox.truth(ws, entity.name)
    total = await tapd.count(entity, workspace_id=ws) if entity.counted else None
    assert total in (None, len(truth))
    rows = await read(tapd, entity, ws, total=total)
    assert by_id(rows) == by_id(truth)


@pytest.mark.parametrize("entity", [STORY, BUG], ids=lambda e: e.name)
async def test_small_pages_give_the_same_rows_in_the_same_order(
    entity: Entity, tapd: Client, ws: str
) -> None:
    whole = await read(tapd, entity, ws)
    assert await read(tapd, entity, ws, limit=7) == whole
    assert [row["id"] for row in whole] == sorted((row["id"] for row in whole), reverse=True)


@pytest.mark.parametrize("entity", [STORY_CHANGE, BUG_CHANGE, TASK_CHANGE], ids=lambda e: e.name)
@pytest.mark.parametrize("ranges", [True, False])
async def test_the_whole_history_is_read_through_windows(
    entity: Entity, ranges: bool, tapd: Client, sandbox: RunningSandbox, ws: str
) -> None:
    """Where ranges are refused, day by day: the last weeks only, to keep the test short."""
    if not ranges:
        sandbox.fault("refuse_ranges")
    until = sandbox.world.now
    since = until - (400 if ranges else 20) * 86_400
    rows: list[dict[str, Any]] = []
    async for window in change_windows(tapd, entity, ws, since, until):
        rows += await read(tapd, entity, ws, total=window.total, created=window.created)
    first_day = day_of(since).isoformat()
    truth = [
        row for row in sandbox.truth(ws, entity.name)
        if (ranges or str(row["created"]) >= first_day)
        and row.get("field") != "add_bug"  # given only where asked for
    ]  # fmt: skip
    assert truth
    assert by_id(rows) == by_id(truth)
    most = len(truth) / entity.page_cap * 1.2 + (3 if ranges else 24)
    assert tapd.usage.requests <= most


async def test_ids_of_a_workspace_with_nine_digits_are_kept_whole(
    tapd: Client, workspaces: list[str]
) -> None:
    long = next(each for each in workspaces if len(each) == 9)
    rows = await tapd.rows(STORY, workspace_id=long, fields="id,workspace_id")
    assert rows
    assert all(len(row["id"]) == 20 and row["workspace_id"] == long for row in rows)


async def test_a_short_number_finds_its_item_whatever_the_prefix(
    tapd: Client, sandbox: RunningSandbox, ws: str
) -> None:
    (row,) = await tapd.rows(BUG, workspace_id=ws, limit=1)
    number = short_number(row["id"], ws)
    for base_url in (sandbox.base_url, "https://api.tapd.cn"):
        asked = expand_id(number, ws, base_url)
        assert await tapd.rows(BUG, workspace_id=ws, id=asked) == [row]


@pytest.mark.parametrize("entity", LISTS, ids=lambda e: e.name)
async def test_every_value_is_understood_by_the_parsers(
    entity: Entity, tapd: Client, ws: str, sandbox: RunningSandbox
) -> None:
    rows = sandbox.truth(ws, entity.name)[:200]
    for row in rows:
        for name in entity.instants:
            assert is_unset(row.get(name)) or parse_instant(row[name]) is not None
        for name in entity.dates:
            assert is_unset(row.get(name)) or parse_date(row[name]) is not None
        for name in entity.people:
            assert is_unset(row.get(name)) or split_people(row[name])
        for name in entity.html:
            markdown = to_markdown(row.get(name))
            assert bool(markdown) >= bool(to_text(row.get(name)))
            assert not re.search(r"</?(p|div|span|table|td|li|img|a)\b", markdown)


# Metadata.


async def test_the_person_behind_the_token_and_its_workspaces_are_read(
    tapd: Client, workspaces: list[str]
) -> None:
    nick = (await tapd.user_info())["nick"]
    mine = await tapd.workspaces_of(nick)
    assert {row["id"] for row in mine} <= set(workspaces)
    assert mine[0]["company_id"].strip() == mine[0]["company_id"]
    assert nick in {user["user"] for user in await tapd.users(workspaces[0])}
    assert await tapd.roles(workspaces[0])


async def test_statuses_are_labelled_per_work_item_type(tapd: Client, ws: str) -> None:
    types = [row["id"] for row in await tapd.rows(WORKITEM_TYPE, workspace_id=ws)]
    maps = {each: await tapd.status_map(ws, "story", each) for each in types}
    ends = await tapd.all_last_steps(ws, "story")
    for each in types:
        labels = maps[each]
        assert set(await tapd.last_steps(ws, "story", each)) == set(ends[each]) <= set(labels)
        assert set(await tapd.first_step(ws, "story", each)) < set(labels)
        moves = await tapd.transitions(ws, "story", each)
        assert {move["StepNext"] for move in moves} <= set(labels)
    keys = {key for labels in maps.values() for key in labels}
    assert any(len({labels[key] for labels in maps.values() if key in labels}) > 1 for key in keys)
    for story in await tapd.rows(STORY, workspace_id=ws, limit=50):
        assert story["status"] in maps[story["workitem_type_id"]]
    assert await tapd.status_map(ws, "bug")
    assert await tapd.last_steps(ws, "bug")


@pytest.mark.parametrize("entity", [STORY, TASK, BUG], ids=lambda e: e.name)
async def test_fields_have_labels_and_options(entity: Entity, tapd: Client, ws: str) -> None:
    info = await tapd.fields_info(ws, entity)
    assert all(field["label"] for field in info.values())
    assert any(field["options"] for field in info.values())
    custom = await tapd.custom_fields(ws, entity)
    selects = [row for row in custom if "select" in row["type"] or row["type"] == "radio"]
    assert all(parse_options(row["options"]) for row in selects)
    if entity is not TASK:
        assert (await tapd.field_labels(ws, entity))[entity.title]


async def test_tasks_kept_as_stories_are_found_by_their_type(
    tapd: Client, sandbox: RunningSandbox, workspaces: list[str]
) -> None:
    kept = {}
    for each in workspaces:
        kept[each] = task_type_id(await tapd.rows(WORKITEM_TYPE, workspace_id=each))
    assert kept[workspaces[0]] is None
    (new_mode,) = [each for each, type_id in kept.items() if type_id]
    tasks = await read(tapd, STORY, new_mode, workitem_type_id=kept[new_mode])
    assert tasks
    assert {row["workitem_type_id"] for row in tasks} == {kept[new_mode]}


async def test_relations_are_read_in_batches(
    tapd: Client, sandbox: RunningSandbox, ws: str
) -> None:
    stories = [row["id"] for row in await read(tapd, STORY, ws, fields="id")]
    sandbox.clear_requests()
    bugs = await tapd.related_bugs(ws, stories)
    cases = await tapd.story_tcases(ws, stories)
    assert bugs and cases
    truth = sandbox.truth(ws, "relation")
    assert {(row["story_id"], row["bug_id"]) for row in bugs} == {
        (str(row["story_id"]), str(row["bug_id"])) for row in truth
    }
    assert {row["workspace_id"] for row in bugs} == {ws}
    assert {(row["story_id"], row["tcase_id"]) for row in cases} == {
        (row["story_id"], row["tcase_id"]) for row in sandbox.truth(ws, "story_tcase")
    }
    batches = -(-len(stories) // 200)
    assert len(sandbox.requests()) <= 2 * batches + 2


@pytest.mark.parametrize("kind", ["story", "task", "bug"])
async def test_the_recycle_bin_is_read_whole(
    kind: str, tapd: Client, sandbox: RunningSandbox, ws: str
) -> None:
    truth = {row["id"] for row in sandbox.truth(ws, f"removed_{kind}")}
    every = await tapd.removed(ws, kind, **({"include_all": 1} if kind == "bug" else {}))
    archived = await tapd.removed(ws, kind, is_archived=1) if kind == "story" else []
    assert {row["id"] for row in every + archived} == truth


async def test_tapds_own_reckoning_of_a_story_agrees_with_its_change_log(
    tapd: Client, sandbox: RunningSandbox, ws: str
) -> None:
    ids = [row["id"] for row in await tapd.rows(STORY, workspace_id=ws, limit=3, fields="id")]
    for each in ids:
        times = await tapd.life_times(ws, STORY, each)
        assert {row["entity_id"] for row in times} == {each}
        begun = [parse_instant(row["begin_date"]) for row in times]
        assert all(begun)


# Refusals.


@pytest.mark.parametrize(
    "changes",
    [
        {"access_token": Secret("wrong")},
        {"access_token": None, "api_user": "demo", "api_password": Secret("wrong")},
        {"access_token": None},
    ],
)
async def test_wrong_or_missing_credentials_are_told_as_such(
    changes: dict[str, Any], make: Callable[..., Client], ws: str
) -> None:
    with pytest.raises(CredentialsError):
        await make(**changes).count(STORY, workspace_id=ws)


async def test_user_and_password_read_what_the_token_reads(
    make: Callable[..., Client], tapd: Client, ws: str
) -> None:
    other = make(access_token=None, api_user="demo", api_password=Secret("demo"))
    assert await other.count(STORY, workspace_id=ws) == await tapd.count(STORY, workspace_id=ws)
    assert other.account != tapd.account


@pytest.mark.parametrize("reader", ["rows", "count", "workspace_info", "users"])
async def test_a_workspace_that_is_unknown_or_not_visible_is_no_empty_list(
    reader: str, make: Callable[..., Client], ws: str
) -> None:
    guest = make(access_token=Secret("guest"))
    for client, asked in ((guest, ws), (make(), "99999999")):
        with pytest.raises(AccessError) as caught:
            if reader in ("rows", "count"):
                await getattr(client, reader)(STORY, workspace_id=asked)
            else:
                await getattr(client, reader)(asked)
        assert caught.value.code == "workspace_not_visible"
        assert asked in caught.value.message("zh")


async def test_a_permission_withdrawn_is_an_access_error(
    tapd: Client, sandbox: RunningSandbox, ws: str
) -> None:
    sandbox.fault("forbidden", workspace_id=ws)
    with pytest.raises(AccessError):
        await tapd.rows(STORY, workspace_id=ws)


async def test_a_path_tapd_does_not_know_is_a_fault(tapd: Client) -> None:
    with pytest.raises(ProtocolError) as caught:
        await tapd.get("storys", workspace_id="1")
    assert caught.value.code == "path_unknown"


async def test_a_refused_parameter_is_told(tapd: Client, ws: str) -> None:
    with pytest.raises(RejectedError):
        await tapd.rows(BUG_CHANGE, workspace_id=ws)  # neither bug_id nor created


# Faults.

LASTING: list[tuple[str, dict[str, Any], type[TapdError]]] = [
    ("html", {}, ProtocolError),
    ("hello", {}, ProtocolError),
    ("cut", {}, ProtocolError),
    ("failed", {}, ProtocolError),
    ("unwrapped", {}, ProtocolError),
    ("token", {}, CredentialsError),
    ("429", {}, RateLimitError),
    ("5xx", {}, ServerFaultError),
    ("5xx", {"status": 500}, ServerFaultError),
    ("reset", {}, UnreachableError),
    ("reset", {"at": "middle"}, UnreachableError),
]


@pytest.mark.parametrize(("kind", "details", "error"), LASTING)
async def test_a_lasting_fault_is_typed_and_never_an_empty_list(
    kind: str, details: dict[str, Any], error: type[TapdError], tapd: Client,
    sandbox: RunningSandbox, ws: str,
) -> None:  # fmt: skip
    sandbox.fault(kind, "stories", **details)
    with pytest.raises(error):
        await tapd.rows(STORY, workspace_id=ws)


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("429", {}),
        ("5xx", {}),
        ("5xx", {"status": 500}),
        ("reset", {}),
        ("reset", {"at": "middle"}),
        ("latency", {"seconds": 0.01}),
    ],
)
async def test_a_passing_fault_costs_no_row(
    kind: str, details: dict[str, Any], tapd: Client, sandbox: RunningSandbox, ws: str
) -> None:
    sandbox.fault(kind, "stories", times=2, **details)
    total = await tapd.count(STORY, workspace_id=ws)
    rows = await read(tapd, STORY, ws, total=total, limit=20)
    assert by_id(rows) == by_id(sandbox.truth(ws, "story"))


async def test_a_list_that_drips_ends_in_time(
    make: Callable[..., Client], sandbox: RunningSandbox, ws: str, tmp_path: Path
) -> None:
    sandbox.fault("drip", "stories", seconds=30)
    settings = Settings(
        home=tmp_path, api_base_url=sandbox.base_url, access_token=Secret("demo"),
        request_seconds=1,
    )  # fmt: skip
    async with Client(settings) as client:
        with pytest.raises(UnreachableError) as caught:
            await client.rows(STORY, workspace_id=ws)
    assert caught.value.code == "no_answer_in_time"


async def test_three_processes_keep_to_the_budget_that_the_sandbox_counts(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    limit, window, each = 12, 0.4, 9
    arguments = [str(tmp_path), sandbox.base_url, str(limit), str(window), str(each)]
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SPENDER.replace('"t"', '"demo"').replace("stories", "users/info"),
            *arguments,
        )
        for _ in range(3)
    ]
    assert await asyncio.gather(*(process.wait() for process in processes)) == [0, 0, 0]
    times = [request["at"] for request in sandbox.requests()]
    assert len(times) == 3 * each
    assert most_in_any_window(times, window) <= limit
