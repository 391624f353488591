"""One app on one port: each path to its door, with the keys that the door asks for."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import uvicorn

from taplens.config import Secret, Settings
from taplens.errors import CorruptMirrorError
from taplens.gateway.administration import create_key
from taplens.serving.app import create_app
from taplens.serving.network import listen, url_of
from tests.gateway.serving_here import CHAT, chat, services_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from taplens.sandbox.provider.handle import RunningProvider

GREETING = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "测试", "version": "1"},
    },
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@contextlib.asynccontextmanager
async def running(app: Any, seconds: int = 1) -> AsyncIterator[tuple[str, uvicorn.Server]]:
    with listen("127.0.0.1", 0) as listening:
        config = uvicorn.Config(
            app, lifespan="on", log_level="critical", timeout_graceful_shutdown=seconds
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([listening]))
        try:
            yield url_of("127.0.0.1", listening), server
        finally:
            server.should_exit = True
            await task


async def post(url: str, body: Any, **headers: str) -> tuple[int, Any, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json=body, headers=ACCEPT | headers) as response,
    ):
        is_json = response.content_type == "application/json"
        answer = await (response.json() if is_json else response.text())
        return response.status, answer, response.headers


async def test_mcp_and_chat_answer_on_one_port(tmp_path: Path) -> None:
    async with running(create_app(Settings(home=tmp_path))) as (url, _):
        status, answer, headers = await post(url + "/mcp", GREETING)
        assert (status, answer["result"]["serverInfo"]["name"]) == (200, "taplens")
        assert headers["x-request-id"]
        status, answer, headers = await post(url + CHAT, chat(stream=False))
        assert (status, answer["code"]) == (503, 50505)
        status, answer, _ = await post(url + "/mcpx", {})
        assert (status, answer) == (404, "404 page not found")


@pytest.mark.parametrize(
    ("bind", "sent", "mcp", "chats"),
    [
        ("127.0.0.1", "nothing", 200, 401),
        ("127.0.0.1", "wrong", 200, 401),
        ("127.0.0.1", "chat key", 200, 503),
        ("127.0.0.1", "mcp key", 200, 503),
        ("0.0.0.0", "nothing", 401, 401),
        ("0.0.0.0", "wrong", 401, 401),
        ("0.0.0.0", "chat key", 403, 503),
        ("0.0.0.0", "mcp key", 200, 503),
    ],
)
async def test_off_loopback_only_a_key_made_for_it_opens_mcp(
    tmp_path: Path, bind: str, sent: str, mcp: int, chats: int
) -> None:
    settings = Settings(home=tmp_path)
    tokens = {
        "wrong": "tl-0000000000-x",
        "chat key": create_key(settings, name="测试组")[1].reveal(),
        "mcp key": create_key(settings, name="助手", mcp=True)[1].reveal(),
    }
    bearer = {} if sent == "nothing" else {"Authorization": f"Bearer {tokens[sent]}"}
    async with running(create_app(settings, bind=bind)) as (url, _):
        assert (await post(url + "/mcp", GREETING, **bearer))[0] == mcp
        assert (await post(url + CHAT, chat(), **bearer))[0] == chats


async def test_off_loopback_the_token_opens_mcp(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, http_token=Secret("geheim"))
    async with running(create_app(settings, bind="0.0.0.0")) as (url, _):
        assert (await post(url + "/mcp", GREETING))[0] == 401
        assert (await post(url + "/mcp", GREETING, Authorization="Bearer geheim"))[0] == 200


async def test_mcp_refuses_in_the_clients_language_and_says_what_to_send(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    secret = create_key(settings, name="测试组")[1].reveal()
    async with running(create_app(settings, bind="0.0.0.0")) as (url, _):
        status, answer, headers = await post(url + "/mcp", GREETING)
        assert (status, headers["www-authenticate"]) == (401, 'Bearer realm="taplens"')
        assert (list(answer), "--mcp" in answer["error"]) == (["error"], True)
        chinese = {"Accept-Language": "zh-CN", "Authorization": f"Bearer {secret}"}
        status, answer, _ = await post(url + "/mcp", GREETING, **chinese)
        assert (status, "密钥 测试组 只能用于聊天" in answer["error"]) == (403, True)
        assert secret not in answer["error"]


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
async def test_on_loopback_the_url_that_is_printed_is_answered(tmp_path: Path, bind: str) -> None:
    with listen("127.0.0.1", 0) as elsewhere:
        printed = url_of(bind, elsewhere)
    named = {"Host": printed.removeprefix("http://"), "Origin": printed}
    async with running(create_app(Settings(home=tmp_path), bind=bind)) as (url, _):
        assert (await post(url + "/mcp", GREETING, **named))[0] == 200
        assert (await post(url + CHAT, chat(), **named))[0] == 503
        stranger = {"Host": "127.8.8.8.evil.example"}
        assert (await post(url + "/mcp", GREETING, **stranger))[0] == 421
        assert (await post(url + CHAT, chat(), **stranger))[0] == 403


async def test_the_token_opens_both_doors(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, http_token=Secret("geheim"))
    async with running(create_app(settings)) as (url, _):
        for path, body in (("/mcp", GREETING), (CHAT, chat(stream=False))):
            assert (await post(url + path, body))[0] == 401
            found = await post(url + path, body, Authorization="Bearer geheim")
            assert found[0] in (200, 503)


def test_a_state_that_is_no_database_stops_the_start(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.state_path.write_text("这不是数据库" * 100, encoding="utf-8")
    with pytest.raises(CorruptMirrorError):
        create_app(replace(settings))


def services(provider: RunningProvider, home: Path) -> Any:
    environment = {"SILICONFLOW_API_KEY": provider.key, "SILICONFLOW_BASE_URL": provider.base_url}
    return services_for(home, environment)


async def test_a_running_stream_may_end_when_the_server_is_stopped(
    provider: RunningProvider, tmp_path: Path
) -> None:
    provider.fault("silent", at=1, gate="g")
    app = create_app(Settings(home=tmp_path), services=services(provider, tmp_path))
    async with (
        aiohttp.ClientSession() as session,
        running(app, seconds=3) as (url, server),
        session.post(url + CHAT, json=chat(stream=True)) as response,
    ):
        await response.content.readline()
        server.should_exit = True
        await asyncio.to_thread(provider.open_gate, "g")
        assert (await response.read()).endswith(b"data: [DONE]\n\n")


async def test_a_stream_that_takes_too_long_to_stop_ends_with_the_error_event(
    provider: RunningProvider, tmp_path: Path
) -> None:
    provider.fault("silent", at=1, gate="g")
    app = create_app(Settings(home=tmp_path), services=services(provider, tmp_path))
    async with aiohttp.ClientSession() as session, running(app, seconds=0) as (url, server):
        async with session.post(url + CHAT, json=chat(stream=True)) as response:
            await response.content.readline()
            server.should_exit = True
            rest = (await response.read()).decode()
        assert '"error"' in rest
        assert "shutting down" in rest
        assert "[DONE]" not in rest
        await asyncio.to_thread(provider.wait_until_idle, 2.0)
    from taplens.gateway.administration import usage_report

    (row,) = usage_report(
        Settings(home=tmp_path), since="2000-01-01", until="2999-01-01", by=["key"], key=None
    )
    assert (row["requests"], row["estimated"]) == (1, True)


async def test_a_whole_answer_that_takes_too_long_to_stop_is_a_503(
    provider: RunningProvider, tmp_path: Path
) -> None:
    provider.fault("slow", gate="g")
    app = create_app(Settings(home=tmp_path), services=services(provider, tmp_path))
    async with running(app, seconds=0) as (url, server):
        asking = asyncio.create_task(post(url + CHAT, chat()))
        await asyncio.to_thread(provider.wait_at_gate, "g")
        server.should_exit = True
        status, answer, _ = await asking
    assert (status, answer["code"]) == (503, 50505)
