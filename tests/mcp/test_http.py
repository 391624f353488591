"""MCP over HTTP on loopback: who is let in, and what is answered."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from mcp.client.client import Client

from taplens.config import Secret, Settings
from taplens.errors import ServeError
from taplens.gateway.administration import create_key
from taplens.gateway.security import is_loopback
from taplens.mcp.http import BODY_BYTES
from taplens.serving.app import create_app
from taplens.serving.network import listen, url_of
from taplens.tools import registry

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
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


@asynccontextmanager
async def serving_on_loopback(settings: Settings) -> AsyncIterator[str]:
    """The URL of a server that runs in this event loop, without a path."""
    app = create_app(settings)
    with listen("127.0.0.1", 0) as listening:
        config = uvicorn.Config(app, lifespan="on", log_level="warning", access_log=False)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([listening]))
        try:
            yield url_of("127.0.0.1", listening)
        finally:
            server.should_exit = True
            await task


async def post(
    url: str, body: object, headers: dict[str, str] | None = None, path: str = "/mcp",
    method: str = "POST",
) -> tuple[int, Any]:  # fmt: skip
    """The status and body of a plain request, as any program can send it."""

    def sent() -> tuple[int, Any]:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=4)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, data, HEADERS | (headers or {}))
        response = connection.getresponse()
        text = response.read()
        connection.close()
        kind = response.headers.get("content-type", "")
        return response.status, json.loads(text) if kind.startswith("application/json") else text

    return await asyncio.to_thread(sent)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_client_asks_over_http(settings: Settings, mode: str) -> None:
    async with serving_on_loopback(settings) as url, Client(url + "/mcp", mode=mode) as client:
        assert len((await client.list_tools()).tools) == len(registry.NAMES)
        result = await client.call_tool("find_items", {"where": "type:bug", "limit": 1})
        assert result.structured_content["total"] == 100


async def test_a_plain_request_is_answered_in_json_without_a_session(settings: Settings) -> None:
    async with serving_on_loopback(settings) as url:
        status, answer = await post(url, GREETING)
        assert (status, answer["result"]["serverInfo"]["name"]) == (200, "taplens")
        listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        status, answer = await post(url, listing, {"MCP-Protocol-Version": "2025-06-18"})
        assert (status, len(answer["result"]["tools"])) == (200, len(registry.NAMES))


async def test_the_health_check_needs_nothing(settings: Settings) -> None:
    async with serving_on_loopback(replace(settings, http_token=Secret("geheim"))) as url:
        status, answer = await post(url, b"", path="/healthz", method="GET")
        assert (status, answer["status"]) == (200, "ok")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example:80"}, 421),
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://localhost:5173"}, 200),
        ({"Host": "localhost:1"}, 200),
    ],
)
async def test_on_loopback_only_loopbacks_names_are_answered(
    settings: Settings, headers: dict[str, str], status: int
) -> None:
    async with serving_on_loopback(settings) as url:
        assert (await post(url, GREETING, headers))[0] == status


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("", 401),
        ("Bearer", 401),
        ("Bearer falsch", 401),
        ("bearer geheim-中文", 401),
        ("Basic geheim", 401),
        ("Bearer geheim", 200),
        ("bearer geheim", 200),
    ],
)
async def test_with_a_token_set_it_must_be_sent(
    settings: Settings, given: str, status: int
) -> None:
    headers = {"Authorization": given.encode().decode("latin-1")} if given else {}
    async with serving_on_loopback(replace(settings, http_token=Secret("geheim"))) as url:
        found, answer = await post(url, GREETING, headers)
        assert found == status
        assert "geheim" not in json.dumps(answer, ensure_ascii=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "taplens.example"])
def test_off_loopback_no_server_starts_without_a_token_or_a_key(
    settings: Settings, host: str
) -> None:
    with pytest.raises(ServeError) as caught:
        create_app(settings, bind=host)
    assert caught.value.code == "http_token_missing"
    assert caught.value.exit_code == 5
    with_token = create_app(replace(settings, http_token=Secret("x")), bind=host)
    with_token.services.books.close()
    create_key(settings, name="测试组")
    with_key = create_app(settings, bind=host)
    with_key.services.books.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_loopback_has_many_names(host: str) -> None:
    assert is_loopback(host)


async def test_a_body_too_large_is_refused(settings: Settings) -> None:
    async with serving_on_loopback(settings) as url:
        status, _ = await post(url, b" " * (BODY_BYTES + 1))
        assert status == 413


@pytest.mark.parametrize("body", [b"", b"{", "这不是 JSON".encode(), b"[]", b"\xff\xfe"])
async def test_a_body_that_is_no_message_is_refused(settings: Settings, body: bytes) -> None:
    async with serving_on_loopback(settings) as url:
        status, _ = await post(url, body)
        assert status == 400
        assert (await post(url, GREETING))[0] == 200


def test_a_port_in_use_is_told() -> None:
    with listen("127.0.0.1", 0) as first, pytest.raises(ServeError) as caught:
        listen("127.0.0.1", first.getsockname()[1])
    assert caught.value.code == "port_in_use"


def test_the_url_is_one_that_a_client_here_can_use() -> None:
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        assert url_of("0.0.0.0", listening) == f"http://127.0.0.1:{port}"
        assert url_of("::1", listening) == f"http://[::1]:{port}"
