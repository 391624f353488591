"""Streams through the gateway: as they come, with an honest end, and nothing left running."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.serving_here import CHAT, MODEL, chat

if TYPE_CHECKING:
    import aiohttp

    from taplens.sandbox.provider.handle import RunningProvider
    from tests.gateway.conftest import Serve
    from tests.gateway.serving_here import Server


async def read_event(response: aiohttp.ClientResponse) -> str:
    """The next event or comment, without its blank line."""
    lines: list[str] = []
    while (line := (await response.content.readline()).decode()) not in ("\n", ""):
        lines.append(line.rstrip("\n"))
    return "\n".join(lines)


def errors(data: list[str]) -> list[dict[str, Any]]:
    """The error events among `data`."""
    parsed = [json.loads(one) for one in data if one != "[DONE]"]
    return [one["error"] for one in parsed if "error" in one]


def finish_reasons(data: list[str]) -> list[str]:
    parsed = [json.loads(one) for one in data if one != "[DONE]"]
    found = [choice.get("finish_reason") for one in parsed for choice in one.get("choices", ())]
    return [reason for reason in found if reason]


async def _asking(server: Server, body: dict[str, Any]) -> asyncio.StreamWriter:
    """A client that has asked, and from which the test does not read."""
    data = json.dumps(body).encode()
    host, port = server.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port), limit=1024)
    head = f"POST {CHAT} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
    return writer


async def _left(writer: asyncio.StreamWriter) -> None:
    """The client has gone without a word."""
    writer.transport.abort()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def test_an_event_goes_out_before_the_next_one_is_there(
    serve: Serve, provider: RunningProvider
) -> None:
    provider.fault("silent", at=1, gate="g")
    async with serve() as server, server.streaming() as response:
        assert json.loads((await read_event(response)).removeprefix("data: "))["choices"]
        assert provider.open_streams()
        provider.open_gate("g")
        assert (await response.read()).endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("kind", ["cut", "reset"])
async def test_choice_4_a_cut_stream_is_never_passed_off_as_complete(
    serve: Serve, provider: RunningProvider, kind: str
) -> None:
    provider.fault(kind, at=3)
    async with serve() as server:
        data = (await server.chat(stream=True)).data()
    assert "[DONE]" not in data
    assert not finish_reasons(data)
    assert len(data) == 4
    (error,) = errors(data)
    assert {"message", "type", "code"} == error.keys()


@pytest.mark.parametrize("body", [chat(stream=True), {"input": "你好", "stream": True}])
async def test_a_broken_stream_says_so_in_the_clients_language(
    serve: Serve, provider: RunningProvider, body: dict[str, Any]
) -> None:
    path = CHAT if "messages" in body else "/v1/responses"
    async with serve() as server:
        for language, words in (("zh-CN", "在结束前中断"), ("en", "broke off before its end")):
            provider.clear()
            provider.fault("cut", at=3)
            headers = {"Accept-Language": language}
            reply = await server.ask(path, body | {"model": MODEL}, headers=headers)
            (error,) = errors(reply.data())
            assert words in error["message"]


@pytest.mark.parametrize("kind", ["error_event", "code_event"])
async def test_an_error_inside_a_stream_ends_it_in_the_form_that_libraries_see(
    serve: Serve, provider: RunningProvider, kind: str
) -> None:
    provider.fault(kind, at=2)
    async with serve() as server:
        data = (await server.chat(stream=True)).data()
    assert "[DONE]" not in data
    assert len(errors(data)) == 1
    assert not finish_reasons(data)


@pytest.mark.parametrize("kind", ["comments", "crlf", "split"])
async def test_traps_of_the_wire_reach_no_client(
    serve: Serve, provider: RunningProvider, kind: str
) -> None:
    async with serve() as server:
        clean = await server.chat("缺陷 😀", stream=True)
        provider.fault(kind)
        reply = await server.chat("缺陷 😀", stream=True)
    assert reply.text() == clean.text()
    assert reply.data()[-1] == "[DONE]"
    assert b"\r" not in reply.body
    assert all(event.startswith("data: ") for event in reply.body.decode().split("\n\n")[:-1])


async def test_trap_a_usage_chunk_without_choices_passes(serve: Serve) -> None:
    async with serve() as server:
        reply = await server.chat(stream=True, stream_options={"include_usage": True})
    assert any(chunk["choices"] == [] and chunk["usage"] for chunk in reply.chunks())


async def test_tool_calls_in_pieces_and_several_choices_pass(serve: Serve) -> None:
    tools = [{"type": "function", "function": {"name": "get_bug"}}]
    async with serve() as server:
        reply = await server.chat(stream=True, n=2, tools=tools, tool_choice="required")
    indexes = {c["index"] for chunk in reply.chunks() for c in chunk["choices"]}
    assert indexes == {0, 1}
    assert reply.data()[-1] == "[DONE]"


async def test_heartbeats_come_while_the_provider_is_silent(
    serve: Serve, provider: RunningProvider
) -> None:
    provider.fault("silent", at=1, gate="g")
    async with serve(heartbeat_seconds=0.05) as server, server.streaming() as response:
        assert (await read_event(response)).startswith("data: ")
        assert await read_event(response) == ": keep-alive"
        assert await read_event(response) == ": keep-alive"
        provider.open_gate("g")
        rest = (await response.read()).decode()
    assert rest.endswith("data: [DONE]\n\n")


async def test_heartbeats_come_before_the_first_event_too(
    serve: Serve, provider: RunningProvider
) -> None:
    provider.fault("slow", gate="g")
    async with serve(heartbeat_seconds=0.05) as server, server.streaming() as response:
        assert response.status == 200
        assert await read_event(response) == ": keep-alive"
        provider.open_gate("g")
        assert (await response.read()).endswith(b"data: [DONE]\n\n")


async def test_a_refusal_after_heartbeats_is_an_error_event(
    serve: Serve, provider: RunningProvider
) -> None:
    provider.fault("error_event", at=0)
    provider.fault("slow", gate="g")
    async with serve(heartbeat_seconds=0.05) as server, server.streaming() as response:
        assert await read_event(response) == ": keep-alive"
        provider.open_gate("g")
        rest = (await response.read()).decode()
    (error,) = errors([line[6:] for line in rest.split("\n") if line.startswith("data: ")])
    assert error["code"] == 50505
    assert "[DONE]" not in rest


async def test_a_client_that_leaves_ends_the_stream_upstream_within_a_second(
    serve: Serve, provider: RunningProvider
) -> None:
    provider.fault("silent", at=2, gate="g")
    async with serve() as server:
        response = await server.streaming()
        await read_event(response)
        response.close()
        await asyncio.to_thread(provider.wait_until_idle, 1.0)
        assert provider.requests()[0]["state"] == "disconnected"


async def test_a_client_that_leaves_ends_a_whole_answer_upstream_too(
    serve: Serve, provider: RunningProvider
) -> None:
    provider.fault("slow", gate="g")
    async with serve() as server:
        writer = await _asking(server, chat())
        await asyncio.to_thread(provider.wait_at_gate, "g")
        await _left(writer)
        await asyncio.to_thread(provider.wait_until_idle, 1.0)
        assert provider.requests()[0]["state"] == "disconnected"


async def test_a_client_that_takes_nothing_is_given_up_and_slows_nobody(
    serve: Serve, provider: RunningProvider
) -> None:
    provider.script([{"content": "很长的回答" * 8_000}])
    provider.fault("silent", at=39_000, gate="never", times=1)
    async with serve(client_seconds=0.3) as server:
        writer = await _asking(server, chat("说来话长", stream=True))
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.to_thread(provider.wait_for_requests, 1)
        assert (await server.chat()).status == 200
        await asyncio.to_thread(provider.wait_until_idle)
        assert provider.requests()[0]["state"] == "disconnected"
        await _left(writer)


async def test_nothing_is_left_over_after_many_broken_and_abandoned_streams(
    serve: Serve, provider: RunningProvider
) -> None:
    provider.fault("cut", every=3, at=2)
    provider.fault("reset", every=4, at=1)

    async def abandoned() -> None:
        async with server.streaming() as response:
            await read_event(response)

    async with serve() as server:
        before = asyncio.all_tasks()
        await asyncio.gather(*(abandoned() for _ in range(20)))
        await asyncio.gather(*(server.chat(stream=True) for _ in range(20)))
        await asyncio.to_thread(provider.wait_until_idle)
        left = asyncio.all_tasks() - before - {asyncio.current_task()}
        if left:
            await asyncio.wait(left, timeout=2)
        assert not asyncio.all_tasks() - before - {asyncio.current_task()}
