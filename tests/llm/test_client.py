"""The client: whole and streamed answers, retries only before the first byte, turns."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import aclosing
from typing import Any

import pytest

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
    NotFoundError,
)
from taplens.llm import Client, Merger

from .conftest import ClientFactory, ManualTime, asking
from .scripted_server import (
    DONE,
    Exchange,
    Play,
    ScriptedServer,
    answers,
    chunk,
    event,
    keeps_silent,
    resets,
    streams,
    whole,
)

OVERLOADED = answers({"code": 50505, "message": "Model service overloaded.", "data": None}, 503)
LIMITED = {"message": "Details:RPM limit reached.", "data": None}
STREAM = [
    event(chunk({"role": "assistant", "content": "你"})),
    event(chunk({"content": "好"})),
    event(chunk({}, "stop")),
    DONE,
]


async def collected(client: Client, request: dict[str, Any]) -> list[dict[str, Any]]:
    return [piece async for piece in client.stream(request)]


def text_of(chunks: list[dict[str, Any]]) -> str:
    merger = Merger()
    for piece in chunks:
        merger.add(piece)
    return str(merger.answer()["choices"][0]["message"]["content"])


async def test_a_whole_answer_is_asked_for_and_given(
    server: ScriptedServer, client: Client
) -> None:
    server.script = [answers(whole("你好！"))]
    answer = await client.complete(asking("问😀", temperature=0.5, 新=1))
    assert answer["choices"][0]["message"]["content"] == "你好！"
    sent = server.exchanges[0].json
    assert sent == asking("问😀", temperature=0.5, 新=1, stream=False)


async def test_a_stream_is_asked_for_and_given(server: ScriptedServer, client: Client) -> None:
    server.script = [streams(*STREAM)]
    assert text_of(await collected(client, asking())) == "你好"
    assert server.exchanges[0].json["stream"] is True


async def test_a_stream_cut_into_single_bytes_is_the_same_stream(
    server: ScriptedServer, client: Client
) -> None:
    bytes_of_it = b"".join(STREAM)
    server.script = [streams(*(bytes_of_it[i : i + 1] for i in range(len(bytes_of_it))))]
    assert text_of(await collected(client, asking())) == "你好"


async def test_an_unknown_model_is_told_before_anything_is_sent(
    server: ScriptedServer, client: Client
) -> None:
    for request in (asking() | {"model": "nobody"}, {"messages": []}):
        with pytest.raises(NotFoundError):
            await client.complete(request)
    assert not server.exchanges


async def test_a_provider_without_key_names_the_setting(client_of: ClientFactory) -> None:
    with pytest.raises(ModelUnavailableError) as caught:
        await client_of(provider={"key": None}).complete(asking())
    assert "SILICONFLOW_API_KEY" in caught.value.mend("en")


async def test_a_kind_without_transport_is_unavailable(client_of: ClientFactory) -> None:
    with pytest.raises(ModelUnavailableError) as caught:
        await client_of(provider={"kind": "local"}).complete(asking())
    assert caught.value.code == "model_kind_missing"


@pytest.mark.parametrize(
    "passing",
    [
        OVERLOADED,
        resets,
        answers("Gateway Timeout", 504),
        answers(LIMITED, 429),
        answers(b"<html>", 502),
        answers({"error": {"message": "busy", "code": 503}}),
    ],
    ids=["503", "reset", "504", "429", "502", "error in a 200"],
)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_what_may_pass_is_asked_again(
    server: ScriptedServer,
    client: Client,
    manual_time: ManualTime,
    passing: Play,
    streamed: bool,
) -> None:
    last = streams(*STREAM) if streamed else answers(whole("你好"))
    server.script = [passing, passing, last]
    if streamed:
        said = text_of(await collected(client, asking()))
    else:
        said = (await client.complete(asking()))["choices"][0]["message"]["content"]
    assert said == "你好"
    assert manual_time.slept == [0.5, 1.0]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ModelRequestError),
        (401, ModelKeyError),
        (403, ModelKeyError),
        (404, ModelRequestError),
    ],
)
async def test_what_will_not_pass_is_raised_at_once(
    server: ScriptedServer, client: Client, status: int, kind: type[ModelError]
) -> None:
    server.script = [answers({"code": 1, "message": "no", "data": None}, status)]
    with pytest.raises(kind):
        await client.complete(asking())
    assert len(server.exchanges) == 1


async def test_attempts_are_bounded(
    server: ScriptedServer, client: Client, manual_time: ManualTime
) -> None:
    server.script = [OVERLOADED]
    with pytest.raises(ModelOverloadedError):
        await client.complete(asking())
    assert len(server.exchanges) == 4
    assert manual_time.slept == [0.5, 1.0, 2.0]


async def test_trap_retry_after_is_obeyed_up_to_a_cap(
    server: ScriptedServer, client: Client, manual_time: ManualTime
) -> None:
    server.script = [
        answers(LIMITED, 429, "Retry-After: 7\r\n"),
        answers(LIMITED, 429, "Retry-After: Thu, 01 Jan 1970 00:17:20 GMT\r\n"),  # at 1040 s
        answers(LIMITED, 429, "Retry-After: 3600\r\n"),
    ]
    with pytest.raises(ModelRateLimitError) as caught:
        await client.complete(asking())
    assert manual_time.slept == [7.0, 33.0]
    assert caught.value.retry_after == 3600.0


async def test_trap_nothing_is_asked_again_after_the_first_byte(
    server: ScriptedServer, client: Client
) -> None:
    heard = asyncio.Event()

    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.part(STREAM[0])
        await heard.wait()
        exchange.cut()

    server.script = [play, streams(*STREAM)]
    seen = 0
    with pytest.raises(ModelProtocolError) as caught:
        async for _ in client.stream(asking()):
            seen += 1
            heard.set()
    assert caught.value.code == "model_answer_cut"
    assert seen == len(server.exchanges) == 1


async def test_an_error_event_after_the_first_chunk_is_raised_and_not_asked_again(
    server: ScriptedServer, client: Client
) -> None:
    server.script = [streams(STREAM[0], event({"error": {"message": "过载", "code": 503}}))]
    seen = 0
    with pytest.raises(ModelOverloadedError) as caught:
        async for _ in client.stream(asking()):
            seen += 1
    assert seen == len(server.exchanges) == 1
    assert "过载" in str(caught.value)


async def test_trap_a_cut_stream_is_never_passed_off_as_complete(
    server: ScriptedServer, client: Client
) -> None:
    server.script = [streams(*STREAM[:2])]  # a clean end of the body, but not of the answer
    with pytest.raises(ModelProtocolError) as caught:
        await collected(client, asking())
    assert caught.value.code == "model_answer_cut"


async def test_a_stream_of_several_choices_is_complete_only_with_all_of_them(
    server: ScriptedServer, client: Client
) -> None:
    server.script = [streams(event(chunk({"content": "a"}, "stop", index=0)))]
    with pytest.raises(ModelProtocolError):
        await collected(client, asking(n=2))


async def test_a_stream_without_done_is_complete_with_its_reason(
    server: ScriptedServer, client: Client
) -> None:
    server.script = [streams(*STREAM[:3])]
    assert text_of(await collected(client, asking())) == "你好"


async def test_nothing_after_done_is_waited_for(server: ScriptedServer, client: Client) -> None:
    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        for part in STREAM:
            await exchange.part(part)
        await exchange.left()

    server.script = [play]
    assert text_of(await collected(client, asking())) == "你好"
    await server.exchanges[0].gone.wait()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>login</html>",
        [],
        {},
        {"choices": []},
        {"choices": [{"index": 0}]},
        {"choices": {}},
        {"choices": [{"message": {"tool_calls": [3]}}]},
        {"choices": [{"message": {"tool_calls": [{"function": {"arguments": {}}}]}}]},
    ],
    ids=str,
)
async def test_an_answer_that_is_not_the_protocols_is_refused(
    server: ScriptedServer, client: Client, body: Any
) -> None:
    server.script = [answers(body)]
    with pytest.raises(ModelProtocolError) as caught:
        await client.complete(asking())
    assert caught.value.code == "model_answer_invalid"


@pytest.mark.parametrize(
    "data",
    ["{", "[]", '{"choices": 3}', '{"choices": [{"delta": "text"}]}', '{"choices": [null]}'],
)
async def test_a_chunk_that_is_not_the_protocols_is_refused(
    server: ScriptedServer, client: Client, data: str
) -> None:
    server.script = [streams(event(data), DONE)]
    with pytest.raises(ModelProtocolError) as caught:
        await collected(client, asking())
    assert caught.value.code == "model_answer_invalid"


async def test_a_whole_answer_in_place_of_a_stream_is_refused(
    server: ScriptedServer, client: Client
) -> None:
    server.script = [answers(whole())]
    with pytest.raises(ModelProtocolError):
        await collected(client, asking())


async def test_trap_a_whole_answer_may_begin_with_blank_lines(
    server: ScriptedServer, client: Client
) -> None:
    async def play(exchange: Exchange) -> None:
        await exchange.begin("application/json")
        for _ in range(3):
            await exchange.part(b"\n\n")
        await exchange.part(event(whole("好")).removeprefix(b"data: "))
        await exchange.end()

    server.script = [play]
    assert (await client.complete(asking()))["choices"][0]["message"]["content"] == "好"


async def test_trap_comments_and_blank_lines_while_the_provider_is_busy(
    server: ScriptedServer, client: Client
) -> None:
    busy = [b": keep-alive\n\n", b"\n\n", b":\n"]
    parts = itertools.chain.from_iterable((*busy, part) for part in STREAM)
    server.script = [streams(*parts)]
    assert text_of(await collected(client, asking())) == "你好"


async def test_a_hung_provider_is_given_up_once(
    server: ScriptedServer, client_of: ClientFactory
) -> None:
    server.script = [keeps_silent]
    with pytest.raises(ModelTimeoutError):
        await client_of(timeouts={"first_byte": 0.1}).complete(asking())
    assert len(server.exchanges) == 1
    await server.exchanges[0].gone.wait()


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_cancelling_closes_the_upstream(
    server: ScriptedServer, client: Client, streamed: bool
) -> None:
    begun = asyncio.Event()

    async def play(exchange: Exchange) -> None:
        if streamed:
            await exchange.begin()
            await exchange.part(STREAM[0])
        begun.set()
        await exchange.left()

    server.script = [play]
    asked = collected(client, asking()) if streamed else client.complete(asking())
    task = asyncio.ensure_future(asked)
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.exchanges[0].gone.wait()


async def test_trap_leaving_a_stream_early_does_not_leave_the_upstream_running(
    server: ScriptedServer, client: Client
) -> None:
    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.part(STREAM[0])
        await exchange.left()

    server.script = [play]
    async with aclosing(client.stream(asking())) as chunks:
        async for _ in chunks:
            break
    await server.exchanges[0].gone.wait()


async def test_a_batch_keeps_to_the_requests_a_minute(
    server: ScriptedServer, client_of: ClientFactory, manual_time: ManualTime
) -> None:
    server.script = [answers(whole())]
    client = client_of(rpm=3)
    await asyncio.gather(*(client.complete(asking()) for _ in range(7)))
    assert manual_time.slept == [61.0, 61.0]


async def test_a_batch_keeps_to_the_tokens_a_minute_as_they_turn_out(
    server: ScriptedServer, client_of: ClientFactory, manual_time: ManualTime
) -> None:
    answer = whole()
    answer["usage"]["total_tokens"] = 300
    server.script = [answers(answer)]
    client = client_of(tpm=1000)
    for _ in range(3):  # each is booked with 600 and more, of which 300 are needed
        await client.complete(asking(max_tokens=600))
    assert manual_time.slept == [61.0]
    assert len(server.exchanges) == 3


async def test_failed_attempts_count_against_the_rate(
    server: ScriptedServer, client_of: ClientFactory, manual_time: ManualTime
) -> None:
    server.script = [OVERLOADED, answers(whole())]
    await client_of(rpm=1).complete(asking())
    assert 61.0 - 0.5 in manual_time.slept


async def test_a_reset_each_time_is_unreachable_in_the_end(
    server: ScriptedServer, client: Client
) -> None:
    server.script = [resets]
    with pytest.raises(ModelUnreachableError):
        await collected(client, asking())
    assert len(server.exchanges) == 4


async def test_the_thinking_switch_is_sent_in_the_providers_words(
    server: ScriptedServer, client_of: ClientFactory
) -> None:
    server.script = [answers(whole())]
    dialect = {"off": {"thinking": {"type": "disabled"}}}
    client = client_of("deepseek-v4-pro", provider={"thinking": dialect})
    await client.complete(asking(enable_thinking=False) | {"model": "deepseek-v4-pro"})
    sent = server.exchanges[0].json
    assert sent["thinking"] == {"type": "disabled"}
    assert "enable_thinking" not in sent


async def test_answers_at_the_same_time_are_not_mixed_up(
    server: ScriptedServer, client: Client
) -> None:
    async def play(exchange: Exchange) -> None:
        said = exchange.json["messages"][0]["content"]
        await exchange.begin()
        for character in said:
            await exchange.part(event(chunk({"content": character})))
            await asyncio.sleep(0)
        await exchange.part(event(chunk({}, "stop")) + DONE)
        await exchange.end()

    server.script = [play]
    asked = [f"问题{number}号" for number in range(20)]
    answers_ = await asyncio.gather(*(collected(client, asking(text)) for text in asked))
    assert [text_of(chunks) for chunks in answers_] == asked
