"""Every row of the sheet's table of responses but 200, by the status that clients get."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taplens.config import Secret
from taplens.gateway.app import Gateway
from tests.gateway.serving_here import CHAT, chat, services_for

if TYPE_CHECKING:
    from taplens.sandbox.provider.handle import RunningProvider
    from tests.gateway.conftest import Serve

TOOL = {"type": "function", "function": {"name": "get_bug"}}


@pytest.mark.parametrize(
    ("changes", "field", "allowed"),
    [
        ({"messages": []}, "messages", "at least 1"),
        ({"messages": [{"role": "机器人", "content": "你好"}]}, "messages.0.role", "assistant"),
        ({"messages": [{"role": "user"}]}, "messages.0.content", "string"),
        ({"messages": "你好"}, "messages", "object[]"),
        ({"stream": "yes"}, "stream", "boolean"),
        ({"max_tokens": 0}, "max_tokens", "1"),
        ({"enable_thinking": 1}, "enable_thinking", "boolean"),
        ({"thinking_budget": 127}, "thinking_budget", "128 <= x <= 32768"),
        ({"thinking_budget": 32769}, "thinking_budget", "128 <= x <= 32768"),
        ({"min_p": 1.1}, "min_p", "0 <= x <= 1"),
        ({"stop": ["1", "2", "3", "4", "5"]}, "stop", "at most 4"),
        ({"temperature": 2.1}, "temperature", "0 <= x <= 2"),
        ({"top_p": -0.1}, "top_p", "0 <= x <= 1"),
        ({"top_k": "50"}, "top_k", "number"),
        ({"frequency_penalty": -2.1}, "frequency_penalty", "-2 <= x <= 2"),
        ({"n": 0}, "n", "x >= 1"),
        ({"response_format": {"type": "xml"}}, "response_format.type", "json_object"),
        ({"tools": [TOOL] * 129}, "tools", "128"),
        ({"tools": [{"type": "网页"}]}, "tools.0.type", "function"),
        ({"tools": [{"type": "function", "function": {"name": "查"}}]},
         "tools.0.function.name", "64"),
    ],
)  # fmt: skip
async def test_row_400_names_the_field_and_its_range(
    serve: Serve, provider: RunningProvider, changes: dict[str, Any], field: str, allowed: str
) -> None:
    async with serve() as server:
        reply = await server.ask(body=chat() | changes)
    body = reply.json()
    assert (reply.status, body["code"], body["data"]) == (400, 20015, field)
    assert body.keys() == {"code", "message", "data"}
    assert field in body["message"]
    assert allowed in body["message"]
    assert not provider.requests()


@pytest.mark.parametrize("body", [b"", b"{", "这不是 JSON".encode(), b"[]", b"\xff\xfe", b"null"])
async def test_row_400_a_body_that_is_no_object_is_refused(serve: Serve, body: bytes) -> None:
    async with serve() as server:
        reply = await server.ask(body=body)
    assert (reply.status, reply.json()["code"]) == (400, 20015)


async def test_row_400_an_unknown_model_has_the_providers_number(serve: Serve) -> None:
    async with serve() as server:
        reply = await server.ask(body=chat(model="没有这个模型"))
    body = reply.json()
    assert (reply.status, body["code"]) == (400, 20012)
    assert body["message"].startswith("Model does not exist. Please check it carefully.")
    assert "没有这个模型" in body["message"]


async def test_row_400_speaks_chinese_where_that_is_asked_for(serve: Serve) -> None:
    async with serve() as server:
        reply = await server.ask(body=chat(n=0), headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert "字段 `n`" in reply.json()["message"]


@pytest.mark.parametrize("given_key", ["", "Bearer", "Bearer falsch", "Basic geheim", "geheim"])
@pytest.mark.parametrize("path", [CHAT, "/v1/models", "/v1/models/x"])
async def test_row_401_is_the_bare_text(serve: Serve, given_key: str, path: str) -> None:
    headers = {"Authorization": given_key} if given_key else {}
    async with serve(http_token=Secret("geheim")) as server:
        method = "POST" if path == CHAT else "GET"
        reply = await server.ask(path, chat() if method == "POST" else None, method=method,
                                 headers=headers)  # fmt: skip
    assert (reply.status, reply.json()) == (401, "Invalid token")
    assert reply.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/embeddings", "/v1/chat/completions/", "/中文"])
async def test_row_404_is_the_bare_text(serve: Serve, path: str) -> None:
    async with serve() as server:
        for method in ("GET", "POST", "DELETE"):
            reply = await server.ask(path, method=method)
            assert (reply.status, reply.json()) == (404, "404 page not found")


async def test_row_429_of_the_provider_keeps_its_words_and_its_wait(
    serve: Serve, provider: RunningProvider
) -> None:
    provider.fault("429", limit="TPM", retry_after=7)
    async with serve() as server:
        reply = await server.chat()
    body = reply.json()
    assert (reply.status, body.keys()) == (429, {"message", "data"})
    assert "Details:TPM limit reached." in body["message"]
    assert reply.headers["retry-after"] == "7"
    assert "x-should-retry" not in reply.headers


async def test_row_503_of_the_provider_has_the_documented_number(
    serve: Serve, provider: RunningProvider
) -> None:
    provider.fault("503")
    async with serve() as server:
        reply = await server.chat()
    assert (reply.status, reply.json()["code"]) == (503, 50505)
    assert "Model service overloaded" in reply.json()["message"]


async def test_row_504_is_one_bare_text(serve: Serve, provider: RunningProvider) -> None:
    provider.fault("504")
    async with serve() as server:
        reply = await server.chat()
    assert reply.status == 504
    assert isinstance(reply.json(), str)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        pytest.param("400", 400, id="row_400"),
        pytest.param("401", 502, id="row_502_the_provider_refuses_our_key_by_401"),
        pytest.param("403", 502, id="row_502_the_provider_refuses_our_account_by_403"),
        pytest.param("404", 404, id="row_404"),
        pytest.param("405", 405, id="row_405"),
        pytest.param("413", 413, id="row_413"),
        pytest.param("415", 415, id="row_415"),
        pytest.param("500", 503, id="row_503_for_500"),
        pytest.param("502", 503, id="row_503_for_502"),
        pytest.param("html", 502, id="row_502_a_page_instead_of_json"),
        pytest.param("reset", 502, id="row_502_a_torn_connection"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_rows_of_the_provider_that_are_not_ours_get_our_shape(
    serve: Serve, provider: RunningProvider, kind: str, status: int, stream: bool
) -> None:
    provider.fault(kind, at=0)
    async with serve() as server:
        reply = await server.chat(stream=stream)
    assert reply.status == status
    assert "demo" not in reply.body.decode()
    if status == 404:
        assert isinstance(reply.json(), str)
    else:
        assert reply.json().keys() == {"code", "message", "data"}
        assert isinstance(reply.json()["code"], int)


async def test_row_403_what_a_page_of_another_site_sends_is_refused(serve: Serve) -> None:
    async with serve() as server:
        for headers in (
            {"Host": "evil.example"},
            {"Origin": "https://evil.example"},
            {"Origin": "http://localhost.evil.example"},
            {"Origin": "null"},
        ):
            for path, method in ((CHAT, "POST"), ("/v1/models", "GET"), ("/nope", "GET")):
                reply = await server.ask(path, chat(), method=method, headers=headers)
                assert (reply.status, reply.json()["code"]) == (403, 40300)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:5173"},
        {"Origin": "https://127.0.0.1"},
        {"Origin": "http://[::1]:8000"},
        {"Origin": "file://"},
        {"Origin": "app://obsidian.md"},
        {"Host": "localhost:1"},
        {"Host": "[::1]:80"},
    ],
)
async def test_programs_of_this_machine_are_answered(serve: Serve, headers: dict[str, str]) -> None:
    async with serve() as server:
        assert (await server.ask(body=chat(), headers=headers)).status == 200


async def test_row_405_tells_what_is_allowed(serve: Serve) -> None:
    async with serve() as server:
        reply = await server.get(CHAT)
        assert (reply.status, reply.headers["allow"]) == (405, "POST")
        assert reply.json().keys() == {"code", "message", "data"}
        assert (await server.ask("/v1/models", {})).headers["allow"] == "GET"


async def test_row_413_a_body_too_large_is_refused_before_it_is_read(serve: Serve) -> None:
    async with serve(body_megabytes=1) as server:
        reply = await asyncio.to_thread(_announced, server.url, 1024 * 1024 + 1)
    assert reply == (413, 41300)


def _announced(url: str, size: int) -> tuple[int, int]:
    """What a request is answered that says how large it is, and waits."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=4)
    connection.putrequest("POST", CHAT)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(size))
    connection.endheaders()
    response = connection.getresponse()
    code = json.loads(response.read())["code"]
    connection.close()
    return response.status, code


async def test_row_413_holds_for_a_body_of_unsaid_length(serve: Serve) -> None:
    async def pieces() -> Any:
        for _ in range(20):
            yield b" " * 100_000

    async with serve(body_megabytes=1) as server:
        headers = {"Content-Type": "application/json"}
        async with server.session.post(server.url + CHAT, data=pieces(), headers=headers) as reply:
            assert reply.status == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_row_415_only_json_is_read(serve: Serve, kind: str) -> None:
    async with serve() as server:
        reply = await server.ask(body=chat(), headers={"Content-Type": kind})
        assert (reply.status, reply.json()["code"]) == (415, 41500)
        fine = {"Content-Type": "application/json; charset=utf-8"}
        assert (await server.ask(body=chat(), headers=fine)).status == 200


async def test_row_500_an_unexpected_exception_tells_nothing_of_itself(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        async def open(self, *_: object, **__: object) -> None:
            raise RuntimeError("内部机密 sk-geheim")

        async def aclose(self) -> None:
            pass

    async with serve() as server:
        server.services.add_transport("http", Broken())  # type: ignore[arg-type]
        for stream in (False, True):
            reply = await server.chat(stream=stream)
            assert (reply.status, reply.json()["code"]) == (500, 50000)
            assert reply.json().keys() == {"code", "message", "data"}
            assert "内部机密" not in reply.body.decode()
            assert "geheim" not in reply.body.decode()
            assert reply.headers["x-request-id"] in caplog.text


Answered = Callable[[Any], tuple[int, Any]]


@pytest.fixture
def unconfigured(tmp_path: Path) -> Iterator[Answered]:
    """What a gateway without any provider answers to a chat request, without a network."""
    services = services_for(tmp_path)
    services.books.open()
    app = Gateway(services, local=True)
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]

    async def answered(body: Any) -> tuple[int, Any]:
        scope = {"type": "http", "method": "POST", "path": CHAT, "headers": headers}
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": json.dumps(body).encode()}

        async def send(message: Any) -> None:
            sent.append(message)

        await app(scope, receive, send)  # type: ignore[arg-type]
        return sent[0]["status"], json.loads(sent[1]["body"])

    with asyncio.Runner() as runner:
        yield lambda body: runner.run(answered(body))
    services.books.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.dictionaries(
        st.sampled_from(["model", "messages", "stream", "n", "tools", "stop", "未知"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=9), inner, max_size=3)
            ),
            max_leaves=8,
        ),
    )
)
def test_row_500_never_comes_whatever_is_sent(body: dict[str, Any], unconfigured: Answered) -> None:
    status, answer = unconfigured(body)
    assert status in (400, 503), answer
