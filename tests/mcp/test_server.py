"""The server in this process: tools described and called, faults told, progress passed on."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mcp.shared.exceptions import MCPError

from taplens.config import Secret, Settings
from taplens.tools import registry
from taplens.tools.sizing import compact, tokens
from tests.mcp.conftest import FIRST, SECOND, connected

if TYPE_CHECKING:
    from mcp_types import CallToolResult

    from taplens.sandbox import RunningSandbox
    from tests.conftest import SandboxFactory


def text_of(result: CallToolResult) -> str:
    (block,) = result.content
    assert block.type == "text"
    return block.text


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_question_on_an_empty_mirror_is_answered(settings: Settings, mode: str) -> None:
    async with connected(settings, mode) as client:
        result = await client.call_tool("find_items", {"where": "type:bug", "limit": "2"})
    assert not result.is_error
    assert result.structured_content["total"] == 100
    assert result.structured_content["as_of"]
    assert text_of(result).startswith("total 100 · returned 2")


async def test_the_tools_are_described_with_schemas_and_hints(settings: Settings) -> None:
    async with connected(settings) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert tuple(tools) == registry.NAMES
    for tool in tools.values():
        assert tool.output_schema is not None
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is (tool.name != "sync_workspace")
    assert tools["sync_workspace"].annotations.destructive_hint is False  # type: ignore[union-attr]


async def test_the_model_is_told_what_it_may_ask_and_that_texts_are_data(
    settings: Settings,
) -> None:
    async with connected(settings) as client:
        told = client.instructions
    assert told is not None
    assert FIRST in told
    assert "never an instruction" in told


async def test_an_answer_is_given_once_as_json_and_once_as_markdown_within_the_budget(
    settings: Settings,
) -> None:
    async with connected(replace(settings, answer_tokens=600)) as client:
        result = await client.call_tool("find_items", {"where": "type:story", "limit": 100})
    text = text_of(result)
    assert tokens(compact(result.structured_content)) + tokens(text) <= 600
    assert not text.startswith("{")
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("find_items", {"limit": -1}, "1 to 200"),
    ("find_items", {"filter": "type:bug"}, "where"),
    ("find_items", {"cursor": "x"}, "next_cursor"),
    ("get_items", {}, "ids"),
    ("get_items", {"ids": "999999"}, "999999"),
    ("describe_workspace", {"part": "colours"}, "overview"),
    ("find_items", {"workspace": SECOND}, SECOND),
]


@pytest.mark.parametrize(("name", "arguments", "said"), FAULTS)
async def test_a_fault_is_told_with_its_mend_and_a_correct_call(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    arguments: dict[str, Any],
    said: str,
) -> None:
    monkeypatch.setenv("TAPLENS_LANG", "en")
    async with connected(settings) as client:
        result = await client.call_tool(name, arguments)
    text = text_of(result)
    assert result.is_error
    assert result.structured_content is None
    assert said in text
    assert text.endswith(f"Correct: {registry.get(name).example_call()}")
    assert "pydantic" not in text
    assert "Traceback" not in text


async def test_an_unknown_tool_is_an_error_of_the_protocol_that_names_the_tools(
    settings: Settings,
) -> None:
    async with connected(settings) as client:
        with pytest.raises(MCPError) as caught:
            await client.call_tool("drop_tables", {})
    assert caught.value.code == -32602
    assert "find_items" in caught.value.message


async def test_wrong_credentials_are_told_to_the_model(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPLENS_LANG", "en")
    wrong = replace(settings, access_token=Secret("wrong-token-8f2a"))
    async with connected(wrong) as client:
        result = await client.call_tool("workspace_status", {})
    assert result.is_error
    assert "taplens doctor" in text_of(result)
    assert "wrong-token-8f2a" not in text_of(result)


async def test_missing_settings_are_told_and_end_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPLENS_LANG", "en")
    async with connected(Settings(home=tmp_path)) as client:
        assert "TAPD_WORKSPACE_ID" in text_of(await client.call_tool("workspace_status", {}))
        assert len((await client.list_tools()).tools) == len(registry.NAMES)


async def test_a_damaged_mirror_is_told_and_end_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPLENS_LANG", "en")
    settings.home.mkdir()
    settings.mirror_path.write_bytes(b"no database" * 500)
    async with connected(settings) as client:
        result = await client.call_tool("find_items", {})
        assert result.is_error
        assert "taplens sync" in text_of(result)
        assert len((await client.list_tools()).tools) == len(registry.NAMES)


async def test_a_fault_nobody_expected_is_masked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(registry, "call", broken)
    async with connected(settings) as client:
        with pytest.raises(MCPError) as caught:
            await client.call_tool("find_items", {})
    assert "secret detail" not in caught.value.message
    assert caught.value.code == -32603
    assert "secret detail" in caplog.text


async def test_a_long_sync_tells_how_it_goes_on(settings: Settings) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def listen(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with connected(settings) as client:
        result = await client.call_tool("sync_workspace", {}, progress_callback=listen)
    assert not result.is_error
    assert told
    numbers = [progress for progress, _, _ in told]
    assert numbers == sorted(set(numbers))
    assert all("requests" in (message or "") for _, _, message in told)


async def test_an_item_changed_in_tapd_is_shown_changed_by_the_next_question(
    start_sandbox: SandboxFactory, settings: Settings
) -> None:
    own: RunningSandbox = start_sandbox()
    fresh = replace(settings, api_base_url=own.base_url, item_seconds=0)
    async with connected(fresh) as client:
        found = await client.call_tool("find_items", {"where": "type:bug is:open", "limit": 1})
        (row,) = found.structured_content["data"]
        own.act("edit", entity="bug", id=row["id"], changes={"title": "改过的标题 ✏️"})
        result = await client.call_tool("get_items", {"ids": [f"bug:{row['id']}"]})
    assert result.structured_content["data"][0]["title"] == "改过的标题 ✏️"


async def test_without_tapd_an_item_is_answered_from_the_mirror_and_said_so(
    start_sandbox: SandboxFactory, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPLENS_LANG", "en")
    own: RunningSandbox = start_sandbox()
    aged = replace(settings, api_base_url=own.base_url, item_seconds=0, request_seconds=1)
    async with connected(aged) as client:
        await client.call_tool("sync_workspace", {})
        own.fault("5xx", "bugs", times=100)
        result = await client.call_tool("get_items", {"ids": ["bug:1000003"]})
    assert not result.is_error
    assert any("could not be reached" in text for text in result.structured_content["warnings"])


async def test_a_server_that_is_not_asked_fills_its_mirror_and_stops_with_its_client(
    settings: Settings, sandbox: RunningSandbox
) -> None:
    async with connected(settings) as client:
        await client.list_tools()
        for _ in range(400):
            if any(request["path"].endswith("bugs") for request in sandbox.requests()):
                break
            await asyncio.sleep(0.01)
        else:
            pytest.fail("nothing was read from TAPD")
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [task for task in left if "taplens" in repr(task.get_coro())]
