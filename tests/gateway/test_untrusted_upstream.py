"""What a provider sends that can't be trusted: no fault of ours, and nobody's words in the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.gateway.scripted_upstream import in_front_of
from tests.gateway.serving_here import chat
from tests.llm.scripted_server import DONE, answers, chunk, event, streams, whole

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_code_of_5000_digits_is_answered_as_the_refusal_that_it_is(tmp_path: Path) -> None:
    play = answers({"code": "9" * 5000, "message": "参数错误"}, status=400)
    async with in_front_of(tmp_path, play) as (server, _):
        reply = await server.chat(model="m")
    assert (reply.status, reply.json()["code"]) == (400, 20015)


async def test_half_a_character_in_a_stream_goes_on_as_it_came(tmp_path: Path) -> None:
    half, rest = json.dumps(chunk({"content": "好\ud83d"})), json.dumps(chunk({}, "stop"))
    async with in_front_of(tmp_path, streams(event(half), event(rest), DONE)) as (server, _):
        reply = await server.chat(model="m", stream=True)
        responses = await server.ask("/v1/responses", {"model": "m", "input": "好", "stream": True})
    assert reply.data() == [half, rest, "[DONE]"]
    assert "response.completed" in responses.body.decode()


async def test_half_a_character_in_a_whole_answer_goes_on_as_it_came(tmp_path: Path) -> None:
    body = json.dumps(whole("好\ud83d")).encode()
    async with in_front_of(tmp_path, answers(body)) as (server, _):
        assert (await server.chat(model="m")).body == body
        responses = await server.ask("/v1/responses", {"model": "m", "input": "好"})
    assert responses.status == 200
    assert "好\ufffd" in responses.body.decode()


async def test_half_a_character_of_a_client_is_answered_400(tmp_path: Path) -> None:
    async with in_front_of(tmp_path, answers(whole())) as (server, scripted):
        reply = await server.ask(body=json.dumps(chat("好\ud83d", model="m")).encode())
        assert not scripted.exchanges
    assert reply.status == 400
    assert "surrogate" in reply.json()["message"]


@pytest.mark.parametrize("asked_for", [False, True])
async def test_what_an_upstream_says_is_logged_only_where_it_was_asked_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, asked_for: bool
) -> None:
    caplog.set_level("INFO", logger="taplens")
    refusal = answers({"message": "内容违规：张三的工资"}, status=500)
    prose = answers("张三的工资是两万".encode())
    async with in_front_of(tmp_path, refusal, prose, log_prompts=asked_for) as (server, _):
        for _ in range(2):
            await server.chat(model="m")
    assert ("张三" in caplog.text) is asked_for
    assert "model_overloaded (503)" in caplog.text
    assert "model_answer_invalid (502)" in caplog.text
