"""Other ways to a model than HTTP, and requests that are odd but legal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

from taplens.gateway import call as gateway_call
from taplens.llm.entries import Model, Provider, Upstream
from tests.gateway.serving_here import CHAT, served, services_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.conftest import Serve

CHUNK = {"choices": [{"index": 0, "delta": {"content": "本机 😀"}, "finish_reason": "stop"}]}
WHOLE = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "本机"}}]}


class BuiltIn:
    """A model that is part of the program: a transport of its own."""

    async def open(self, upstream: Upstream, body: bytes, *, streamed: bool, **_: Any) -> Any:
        return BuiltInAnswer(streamed, json.loads(body)["model"])

    async def aclose(self) -> None:
        """Nothing is open."""


class BuiltInAnswer:
    status = 200

    def __init__(self, streamed: bool, model: str) -> None:
        self.headers = {"Content-Type": "text/event-stream" if streamed else "application/json"}
        self._model = model

    async def read(self) -> bytes:
        return json.dumps(WHOLE | {"model": self._model}).encode()

    async def chunks(self) -> AsyncIterator[bytes]:
        yield f"data: {json.dumps(CHUNK | {'model': self._model})}\n\n".encode()

    async def aclose(self) -> None:
        """Nothing is open."""


async def test_a_model_of_the_program_itself_is_added_by_a_transport(tmp_path: Path) -> None:
    services = services_for(tmp_path)
    upstream = Upstream(Provider(name="taplens", kind="builtin"), "内置")
    model = Model(name="taplens", upstreams=(upstream,))
    services.catalogue._models["taplens"] = model
    services.add_transport("builtin", BuiltIn())
    async with served(services) as server:
        whole = await server.chat(model="taplens")
        streamed = await server.chat(model="taplens", stream=True)
        assert whole.json()["model"] == "内置"
        assert (streamed.text(), streamed.data()[-1]) == ("本机 😀", "[DONE]")


async def test_a_model_whose_part_is_missing_is_told_so(tmp_path: Path) -> None:
    providers = '[providers.x]\nkind = "builtin"\n[models.y]\nupstreams = ["x/y"]\n'
    async with served(services_for(tmp_path, providers=providers)) as server:
        reply = await server.chat(model="y")
    assert (reply.status, reply.json()["code"]) == (503, 50505)
    assert "builtin" in reply.json()["message"]


@pytest.mark.timeout(20)
async def test_a_model_in_this_process_is_loaded_before_anybody_asks(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    from tests.llm.tiny_gguf import write_model

    path = write_model(tmp_path / "tiny.gguf")
    providers = (
        f"[providers.local]\nkind = 'local'\npath = '{path}'\n"
        "[models.tiny]\nupstreams = ['local/tiny']\n"
    )
    async with served(services_for(tmp_path / "home", providers=providers)) as server:
        whole = await server.chat(model="tiny", max_tokens=8)
        streamed = await server.chat(model="tiny", max_tokens=8, stream=True)
    assert whole.status == 200, whole.body
    assert streamed.text() == whole.json()["choices"][0]["message"]["content"] != ""
    assert streamed.data()[-1] == "[DONE]"


async def test_head_is_answered_like_get_without_a_body(serve: Serve) -> None:
    async with serve() as server:
        reply = await server.ask("/healthz", method="HEAD")
        assert (reply.status, reply.body) == (200, b"")
        assert (await server.ask(CHAT, method="HEAD")).status == 405


async def test_a_body_that_does_not_come_is_waited_for_only_so_long(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_call, "BODY_SECONDS", 0.1)
    async with serve() as server:
        host, port = server.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {CHAT} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: 100\r\n\r\n".encode() + b'{"model":')
        assert b"408" in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_the_same_connection_serves_many_requests(serve: Serve) -> None:
    async with serve() as server:
        for number in range(20):
            assert (await server.chat(stream=number % 2 == 0)).status == 200
        connector = server.session.connector
        assert connector is not None
        assert sum(map(len, connector._conns.values())) == 1  # type: ignore[attr-defined]
