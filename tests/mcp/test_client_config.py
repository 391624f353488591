"""What is printed to be pasted into clients: it works as it is, and holds no secret."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from taplens.cli.commands.serve import configurations
from taplens.config import Secret, Settings
from taplens.mcp import client_config

if TYPE_CHECKING:
    from tests.conftest import SandboxFactory

pytestmark = pytest.mark.timeout(20)  # a process of its own, with an empty home
URL = "http://127.0.0.1:8780"


async def test_the_printed_configuration_answers_with_an_empty_home(
    start_sandbox: SandboxFactory, settings: Settings, environment: dict[str, str]
) -> None:
    own = start_sandbox()
    meant = replace(settings, api_base_url=own.base_url, item_seconds=0)
    printed = json.loads(json.dumps(configurations(meant, URL, "127.0.0.1")["stdio"]))
    entry = printed["mcpServers"]["taplens"]
    kept = {name: value for name, value in environment.items() if name not in entry["env"]}
    server = StdioServerParameters(
        command=entry["command"], args=entry["args"], env=kept | entry["env"]
    )
    async with Client(stdio_client(server), mode="auto") as client:
        counted = await client.call_tool("count_items", {"where": "type:bug"})
        bugs = own.truth(meant.workspace_ids[0], "bug")
        assert counted.structured_content["total"] == len(bugs)
        own.act("edit", entity="bug", id=bugs[0]["id"], changes={"title": "刚刚改过 🐛"})
        shown = await client.call_tool("get_items", {"ids": [f"bug:{bugs[0]['id']}"]})
    assert shown.structured_content["data"][0]["title"] == "刚刚改过 🐛"


def test_a_secret_is_a_placeholder(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        access_token=Secret("tok-77a1"),
        api_password=Secret("pass-09b3"),
        http_token=Secret("http-4c5d"),
        database_url="postgresql://u:db-1e2f@host/x",
        workspace_ids=("1", "2"),
        user_nick="张三",
    )
    text = json.dumps(configurations(settings, URL, "127.0.0.1"), ensure_ascii=False)
    for secret in ("tok-77a1", "pass-09b3", "http-4c5d", "db-1e2f"):
        assert secret not in text
    env = client_config.stdio(settings)["mcpServers"]["taplens"]["env"]
    assert env["TAPD_ACCESS_TOKEN"] == "<TAPD_ACCESS_TOKEN>"
    assert env["TAPD_WORKSPACE_ID"] == "1,2"
    assert env["CURRENT_USER_NICK"] == "张三"
    assert "TAPLENS_HTTP_TOKEN" not in env
    assert "<TAPLENS_HTTP_TOKEN>" in text


def test_what_stands_in_the_settings_file_is_left_to_it(tmp_path: Path) -> None:
    (tmp_path / "taplens.toml").write_text('access_token = "tok"\n', encoding="utf-8")
    settings = Settings(home=tmp_path, access_token=Secret("tok"), sync_seconds=60)
    env = client_config.stdio(settings)["mcpServers"]["taplens"]["env"]
    assert env == {"TAPLENS_HOME": str(tmp_path), "TAPLENS_SYNC_SECONDS": "60"}


def test_off_loopback_the_configuration_says_where_the_token_comes_from(tmp_path: Path) -> None:
    """A server whose only tokens are keys demands one all the same."""
    settings = Settings(home=tmp_path)
    guarded = configurations(settings, URL, "0.0.0.0")
    bearer = "Bearer <taplens keys create NAME --mcp>"
    assert guarded["http"]["mcpServers"]["taplens"]["headers"] == {"Authorization": bearer}
    assert f"Authorization: {bearer}" in guarded["bridged"]["mcpServers"]["taplens"]["args"]
    assert "Bearer" not in json.dumps(configurations(settings, URL, "127.0.0.1"))
