"""Bytes to a provider and back: every status, every wait, every way to break."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from taplens.clock import Clock
from taplens.config import Secret
from taplens.errors import (
    ModelError,
    ModelKeyError,
    ModelOverloadedError,
    ModelProtocolError,
    ModelRateLimitError,
    ModelRequestError,
    ModelTimeoutError,
    ModelUnavailableError,
    ModelUnreachableError,
)
from taplens.llm.entries import Upstream
from taplens.llm.faults import event_fault
from taplens.llm.transport import Answer, retry_after_of, typed_fault

from .conftest import TransportFactory, UpstreamFactory
from .scripted_server import (
    DONE,
    Exchange,
    ScriptedServer,
    answers,
    event,
    keeps_silent,
    resets,
    streams,
    whole,
)

RATE_TEXT = "Request was rejected due to rate limiting. Details:TPM limit reached."
# row, status, body as documented, the error, the status for our client, a part of its detail
STATUSES: list[tuple[str, int, Any, type[ModelError], int, str]] = [
    ("400", 400, {"code": 20012, "message": "Model does not exist.", "data": None},
     ModelRequestError, 400, "Model does not exist"),
    ("401", 401, "Invalid token", ModelKeyError, 502, "Invalid token"),
    ("402", 402, {"error": {"message": "Insufficient Balance"}}, ModelKeyError, 502, "Balance"),
    ("403", 403, {"code": 30001, "message": "balance is insufficient", "data": None},
     ModelKeyError, 502, "insufficient"),
    ("404", 404, "404 page not found", ModelRequestError, 404, "page not found"),
    ("405", 405, {"code": 1, "message": "method", "data": None}, ModelRequestError, 405, "method"),
    ("413", 413, {"code": 20413, "message": "太大", "data": None}, ModelRequestError, 413, "太大"),
    ("415", 415, {"code": 1, "message": "media", "data": None}, ModelRequestError, 415, "media"),
    ("422", 422, {"detail": [{"loc": ["body"], "msg": "bad"}]}, ModelRequestError, 422, "bad"),
    ("429", 429, {"message": RATE_TEXT, "data": "x"}, ModelRateLimitError, 429, "TPM limit"),
    ("500", 500, {"code": 1, "message": "boom", "data": None}, ModelOverloadedError, 503, "boom"),
    ("502", 502, b"<html>Bad Gateway</html>", ModelOverloadedError, 503, "Bad Gateway"),
    ("503", 503, {"code": 50505, "message": "Model service overloaded.", "data": None},
     ModelOverloadedError, 503, "overloaded"),
    ("504", 504, "Gateway Timeout", ModelTimeoutError, 504, "Gateway Timeout"),
    ("302", 302, b"", ModelProtocolError, 502, "HTTP 302"),
]  # fmt: skip


async def asked(
    transport_of: TransportFactory, upstream: Upstream, streamed: bool = False, **timeouts: float
) -> Answer:
    return await transport_of(**timeouts).open(upstream, b'{"model": "m"}', streamed=streamed)


async def read(transport_of: TransportFactory, upstream: Upstream, **timeouts: float) -> bytes:
    answer = await asked(transport_of, upstream, streamed=True, **timeouts)
    try:
        return await answer.read()
    finally:
        await answer.aclose()


async def test_a_request_carries_key_and_body_and_nothing_of_the_system(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    server.script = [answers(whole())]
    transport = transport_of()
    answer = await transport.open(
        upstream, '{"问": 1}'.encode(), streamed=False, headers={"X-Request-Id": "r-1"}
    )
    assert answer.status == 200
    assert "你好" in (await answer.read()).decode()
    exchange = server.exchanges[0]
    assert (exchange.method, exchange.path) == ("POST", "/v1/chat/completions")
    assert exchange.json == {"问": 1}
    assert exchange.headers["authorization"] == "Bearer sk-geheim"
    assert exchange.headers["content-type"] == "application/json"
    assert exchange.headers["accept"] == "application/json"
    assert exchange.headers["accept-encoding"] == "identity"
    assert exchange.headers["user-agent"] == "taplens"
    assert exchange.headers["x-request-id"] == "r-1"


async def test_a_provider_that_needs_no_key_gets_none(
    server: ScriptedServer, transport_of: TransportFactory, upstream_of: UpstreamFactory
) -> None:
    server.script = [answers(whole())]
    await (await asked(transport_of, upstream_of(key=None, key_setting=""), streamed=True)).read()
    assert "authorization" not in server.exchanges[0].headers
    assert server.exchanges[0].headers["accept"] == "text/event-stream"


async def test_a_missing_key_names_the_setting(
    transport_of: TransportFactory, upstream_of: UpstreamFactory
) -> None:
    with pytest.raises(ModelUnavailableError) as caught:
        await asked(transport_of, upstream_of(key=None))
    assert caught.value.status == 503
    assert "SILICONFLOW_API_KEY" in caught.value.mend("zh")


async def test_a_malformed_key_is_never_sent(
    server: ScriptedServer, transport_of: TransportFactory, upstream_of: UpstreamFactory
) -> None:
    with pytest.raises(ModelKeyError) as caught:
        await asked(transport_of, upstream_of(key=Secret("sk-1\r\nX: y")))
    assert "sk-1" not in str(caught.value)
    assert not server.exchanges


async def test_one_connection_serves_one_request_after_the_other(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    server.script = [answers(whole())]
    transport = transport_of()
    for _ in range(3):
        answer = await transport.open(upstream, b"{}", streamed=False)
        await answer.read()
        await answer.aclose()
    assert len({exchange.writer for exchange in server.exchanges}) == 1


async def test_events_are_handed_on_as_they_come(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    gate = asyncio.Event()

    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.part(event("甲"))
        await gate.wait()
        await exchange.part(DONE)
        await exchange.end()

    server.script = [play]
    answer = await asked(transport_of, upstream, streamed=True)
    async with aclosing(answer.chunks()) as chunks:  # type: ignore[type-var]
        assert await anext(chunks) == event("甲")
        gate.set()
        assert await anext(chunks) == DONE
        assert [chunk async for chunk in chunks] == []


async def test_a_compressed_answer_is_unpacked(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    body = gzip.compress("你好".encode())
    server.script = [answers(body, headers="Content-Encoding: gzip\r\n")]
    assert (await read(transport_of, upstream)).decode() == "你好"


@pytest.mark.parametrize(
    ("row", "status", "body", "kind", "ours", "detail"), STATUSES, ids=[row[0] for row in STATUSES]
)
async def test_a_status_is_a_typed_error(
    server: ScriptedServer,
    transport_of: TransportFactory,
    upstream: Upstream,
    row: str,
    status: int,
    body: Any,
    kind: type[ModelError],
    ours: int,
    detail: str,
) -> None:
    server.script = [answers(body, status, "Location: http://127.0.0.1:1/\r\n")]
    answer = await asked(transport_of, upstream)
    assert answer.status == int(row)
    fault = typed_fault(answer.status, await answer.read(), upstream, 7.0)
    assert type(fault) is kind
    assert (fault.status, fault.retry_after) == (ours, 7.0)
    assert (fault.provider, fault.model) == ("siliconflow", "Qwen/QwQ-32B")
    assert fault.exit_code == 6
    for locale in ("zh", "en"):
        assert detail in fault.message(locale)
        assert fault.mend(locale)


def test_a_fault_keeps_the_providers_own_number(upstream: Upstream) -> None:
    assert typed_fault(400, b'{"code": 20012, "message": "m"}', upstream).provider_code == 20012
    assert typed_fault(400, b'{"error": {"code": "20015"}}', upstream).provider_code == 20015
    assert typed_fault(400, b'{"error": {"code": "bad_request"}}', upstream).provider_code is None


def test_a_fault_never_repeats_our_key(upstream: Upstream) -> None:
    body = b'{"error": {"message": "Incorrect API key provided: sk-geheim"}}'
    assert "sk-geheim" not in str(typed_fault(401, body, upstream))


def test_a_fault_is_short_whatever_the_provider_sends(upstream: Upstream) -> None:
    assert len(str(typed_fault(500, b"<p>\n" * 100_000, upstream))) < 500


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "overloaded"}, ModelOverloadedError),
        ({"message": "slow down", "code": 429}, ModelRateLimitError),
        ({"message": "m", "code": 50505}, ModelOverloadedError),
        ({"message": "m", "code": 20015}, ModelRequestError),
        ("text", ModelOverloadedError),
    ],
)
def test_an_error_inside_an_answer_is_a_typed_error(
    upstream: Upstream, error: Any, kind: type[ModelError]
) -> None:
    assert type(event_fault(error, upstream)) is kind


def test_retry_after_is_seconds_or_a_date() -> None:
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    clock = Clock(seconds=now.timestamp)
    later = format_datetime(now + timedelta(seconds=90), usegmt=True)
    earlier = format_datetime(now - timedelta(seconds=90), usegmt=True)
    assert retry_after_of({"Retry-After": "30"}, clock) == 30.0
    assert retry_after_of({"Retry-After": "0.5"}, clock) == 0.5
    assert retry_after_of({"Retry-After": later}, clock) == 90.0
    assert retry_after_of({"Retry-After": earlier}, clock) == 0.0
    assert retry_after_of({}, clock) is None
    for nothing in ("soon", "-1", "", "inf", "nan", "Thu, 99 Foo 2026"):
        assert retry_after_of({"Retry-After": nothing}, clock) is None


async def test_no_connection_is_unreachable(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    await server.stop()
    with pytest.raises(ModelUnreachableError) as caught:
        await asked(transport_of, upstream)
    assert caught.value.status == 502


async def test_a_host_that_takes_no_connection_is_unreachable_in_time(
    transport_of: TransportFactory, upstream_of: UpstreamFactory
) -> None:
    with contextlib.ExitStack() as sockets:
        full = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):  # fills the queue that nobody accepts from
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        busy = upstream_of(base_url=f"http://127.0.0.1:{full.getsockname()[1]}/v1")
        with pytest.raises(ModelUnreachableError):
            await asked(transport_of, busy, connect=0.1, first_byte=4)


async def test_a_reset_before_the_answer_is_unreachable(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    server.script = [resets]
    with pytest.raises(ModelUnreachableError):
        await asked(transport_of, upstream)


async def test_an_answer_that_is_not_http_breaks_the_protocol(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    async def play(exchange: Exchange) -> None:
        await exchange.send(b"SSH-2.0-OpenSSH\r\n\r\n")

    server.script = [play]
    with pytest.raises(ModelProtocolError):
        await asked(transport_of, upstream)


async def test_a_body_cut_before_its_first_byte_is_unreachable(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    server.script = [streams(ends=False)]
    with pytest.raises(ModelUnreachableError):
        await read(transport_of, upstream)


async def test_a_body_cut_after_its_first_byte_is_a_cut_answer(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    gate = asyncio.Event()

    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.part(event("甲"))
        await gate.wait()
        exchange.cut()

    server.script = [play]
    answer = await asked(transport_of, upstream, streamed=True)
    received = []
    with pytest.raises(ModelProtocolError) as caught:
        async for chunk in answer.chunks():
            received.append(chunk)
            gate.set()
    assert received == [event("甲")]
    assert caught.value.code == "model_answer_cut"


async def test_an_answer_too_large_is_refused(
    server: ScriptedServer,
    transport_of: TransportFactory,
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("taplens.llm.transport.ANSWER_BYTES", 1000)
    server.script = [answers(b"x" * 2000)]
    with pytest.raises(ModelProtocolError) as caught:
        await read(transport_of, upstream)
    assert caught.value.code == "model_answer_too_large"


@pytest.mark.parametrize("begins", [False, True], ids=["no headers", "headers and no body"])
async def test_a_slow_first_byte_times_out_and_closes_the_upstream(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream, begins: bool
) -> None:
    async def play(exchange: Exchange) -> None:
        if begins:
            await exchange.begin()
        await exchange.left()

    server.script = [play]
    with pytest.raises(ModelTimeoutError) as caught:
        await read(transport_of, upstream, first_byte=0.1)
    assert (caught.value.code, caught.value.status) == ("model_silent", 504)
    await server.exchanges[0].gone.wait()


async def test_silence_between_events_times_out(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.part(event("甲"))
        await exchange.left()

    server.script = [play]
    with pytest.raises(ModelTimeoutError) as caught:
        await read(transport_of, upstream, first_byte=60, between=0.1)
    assert caught.value.code == "model_silent"
    await server.exchanges[0].gone.wait()


async def test_the_first_byte_may_take_longer_than_the_pauses_after_it(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        await asyncio.sleep(0.2)  # the wait itself is what is tested
        await exchange.send(b"8\r\n" + "甲甲".encode() + b"\n\n\r\n0\r\n\r\n")

    server.script = [play]
    assert await read(transport_of, upstream, first_byte=60, between=0.1) == "甲甲\n\n".encode()


async def test_an_answer_without_end_times_out_as_a_whole(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        while True:
            await exchange.part(b": keep-alive\n\n")
            await asyncio.sleep(0.01)

    server.script = [play]
    with pytest.raises(ModelTimeoutError) as caught:
        await read(transport_of, upstream, total=0.15, between=3)
    assert caught.value.code == "model_too_slow"


async def test_a_slow_reader_is_no_fault_of_the_provider(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    gate = asyncio.Event()

    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.part(event("甲"))
        await gate.wait()
        await exchange.part(DONE)
        await exchange.end()

    server.script = [play]
    answer = await asked(transport_of, upstream, streamed=True, between=0.05)
    received = []
    async for chunk in answer.chunks():
        received.append(chunk)
        await asyncio.sleep(0.15)  # longer than the provider may be silent
        gate.set()
    assert received == [event("甲"), DONE]


@pytest.mark.parametrize("begins", [False, True], ids=["before the answer", "in the stream"])
async def test_cancelling_closes_the_upstream(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream, begins: bool
) -> None:
    begun = asyncio.Event()

    async def play(exchange: Exchange) -> None:
        if begins:
            await exchange.begin()
            await exchange.part(event("甲"))
        begun.set()
        await exchange.left()

    server.script = [play]
    task = asyncio.create_task(read(transport_of, upstream))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.exchanges[0].gone.wait()


async def test_closing_an_answer_closes_the_upstream_at_once(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.part(event("甲"))
        await exchange.left()

    server.script = [play]
    answer = await asked(transport_of, upstream, streamed=True)
    chunks = answer.chunks()
    await anext(chunks)
    await answer.aclose()
    await server.exchanges[0].gone.wait()


async def test_closing_the_transport_leaves_nothing_open(
    server: ScriptedServer, transport_of: TransportFactory, upstream: Upstream
) -> None:
    server.script = [keeps_silent]
    transport = transport_of()
    task = asyncio.create_task(transport.open(upstream, b"{}", streamed=False))
    exchange = await server.seen(1)
    await transport.aclose()
    with pytest.raises(ModelUnreachableError):
        await task
    await exchange.gone.wait()
