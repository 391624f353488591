"""Every fault of the protocol's traps, as it arrives at a client."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

from taplens.sandbox.provider.faults import KINDS
from taplens.sandbox.provider.handle import RunningProvider
from tests.sandbox.provider.conftest import Chat, tool

CODED = ["code", "data", "message"]


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [("400", 400, 20015), ("20012", 400, 20012), ("20015", 400, 20015),
     ("401", 401, "Invalid token"),
     ("403", 403, 30001), ("404", 404, "404 page not found"), ("500", 500, 50000),
     ("502", 502, 50502), ("503", 503, 50505), ("504", 504, "504 Gateway Timeout")],
)  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
def test_each_status_comes_with_its_documented_body(
    api: Chat, provider: RunningProvider, kind: str, status: int, body: Any, stream: bool
) -> None:
    provider.fault(kind, times=1)
    for reply in (api.complete(stream=stream), api.complete(model=f"sandbox/{kind}")):
        assert reply.status == status
        told = reply.json
        assert (told if isinstance(body, str) else told["code"]) == body
        assert isinstance(told, str) or sorted(told) == CODED
    assert api.complete().status == 200


@pytest.mark.parametrize("limit", ["RPM", "TPM"])
def test_429_names_the_limit_and_has_no_code(
    api: Chat, provider: RunningProvider, limit: str
) -> None:
    provider.fault("429", times=1, retry_after=0.5, limit=limit, model="sandbox/*")
    reply = api.complete()
    assert (reply.status, reply.headers["retry-after"]) == (429, "0.5")
    assert sorted(reply.json) == ["data", "message"]
    assert reply.json["message"].endswith(f"Details:{limit} limit reached.")
    assert api.complete(model="sandbox/429-rpm").json["message"].endswith("RPM limit reached.")


def test_faults_strike_the_model_and_the_turn_they_are_set_for(
    api: Chat, provider: RunningProvider
) -> None:
    provider.fault("503", model="Qwen/*", after=1, times=2, every=2)
    statuses = [api.complete(model="Qwen/QwQ-32B").status for _ in range(7)]
    assert statuses == [200, 200, 503, 200, 503, 200, 200]
    assert api.complete().status == 200
    assert (provider.faults()[0]["seen"], provider.faults()[0]["struck"]) == (7, 2)


def test_a_page_under_200_is_html_even_for_a_stream(api: Chat) -> None:
    reply = api.complete(model="sandbox/html", stream=True)
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert "维护" in reply.body.decode()


@pytest.mark.parametrize("stream", [False, True])
def test_the_first_byte_waits_until_the_gate_is_opened(
    api: Chat, provider: RunningProvider, stream: bool
) -> None:
    provider.fault("slow", gate="first")
    api.begin(stream=stream)
    provider.wait_at_gate("first")
    assert [one["status"] for one in provider.open_answers()] == [200]
    provider.open_gate("first")
    assert api.response().read()
    provider.wait_until_idle()


def test_a_stream_falls_silent_after_the_events_asked_for(
    api: Chat, provider: RunningProvider
) -> None:
    provider.fault("silent", at=3, gate="more")
    api.begin(stream=True)
    response = api.response()
    heard = [response.readline() for _ in range(6)]
    assert [line[:6] for line in heard[::2]] == [b"data: "] * 3
    provider.wait_at_gate("more")
    assert len(provider.open_streams()) == 1
    provider.open_gate("more")
    assert response.read().endswith(b"data: [DONE]\n\n")
    provider.wait_until_idle()
    assert provider.requests()[0]["state"] == "finished"


def test_a_caller_that_leaves_is_noticed(api: Chat, provider: RunningProvider) -> None:
    provider.fault("silent", gate="never")
    api.begin(stream=True)
    response = api.response()
    response.readline()
    provider.wait_at_gate("never")
    response.close()
    api.close()
    provider.wait_until_idle()
    assert provider.requests()[0]["state"] == "disconnected"


def test_comments_and_blank_lines_stand_before_each_event(api: Chat) -> None:
    plain = api.complete(stream=True)
    odd = api.complete(model="sandbox/comments", stream=True)
    assert odd.body.count(b": keep-alive\n\n\ndata: ") == len(odd.events)
    assert odd.joined("content") == plain.joined("content")


def test_line_ends_can_be_crlf(api: Chat) -> None:
    body = api.complete(model="sandbox/crlf", stream=True).body
    assert body.endswith(b"data: [DONE]\r\n\r\n")
    assert body.count(b"\n") == body.count(b"\r\n")


def test_a_cut_stream_ends_in_order_without_its_end_mark(
    api: Chat, provider: RunningProvider
) -> None:
    provider.fault("cut", at=3)
    events = api.complete(stream=True).events
    assert len(events) == 3
    assert all(one["choices"][0]["finish_reason"] is None for one in events)
    with pytest.raises(ValueError, match=r"decode|Expecting|Unterminated"):
        _ = api.complete().json


@pytest.mark.parametrize(
    ("stream", "at", "error"),
    [(True, 2, http.client.IncompleteRead), (False, 2, http.client.IncompleteRead),
     (True, 0, ConnectionError), (False, 0, ConnectionError)],
)  # fmt: skip
def test_a_reset_tears_the_connection(
    api: Chat, provider: RunningProvider, stream: bool, at: int, error: type[Exception]
) -> None:
    provider.fault("reset", at=at)
    with pytest.raises((error, ConnectionError)):
        api.complete(stream=stream)
    provider.wait_until_idle()
    assert provider.requests()[0]["state"] == "torn"


@pytest.mark.parametrize(("kind", "key"), [("error_event", "error"), ("code_event", "code")])
def test_an_error_in_mid_stream_is_its_last_event(api: Chat, kind: str, key: str) -> None:
    events = api.complete(model=f"sandbox/{kind}", stream=True).events
    assert len(events) == 3
    assert key in events[-1]
    assert "choices" not in events[-1]


def test_sends_are_divided_within_characters_and_lose_nothing(
    api: Chat, provider: RunningProvider
) -> None:
    provider.fault("split")
    provider.script(["缺陷🙂", "缺陷🙂"])
    assert api.complete(stream=True).joined("content") == "缺陷🙂"
    assert api.complete().message["content"] == "缺陷🙂"


def test_blank_lines_stand_before_json(api: Chat) -> None:
    reply = api.complete(model="sandbox/blank_lines")
    assert reply.body.startswith(b"\n\n\n{")
    assert reply.message["content"]


def test_json_can_be_fenced_or_missing(api: Chat) -> None:
    wanted = {"type": "json_object"}
    fenced = api.complete(model="sandbox/fenced", response_format=wanted).message["content"]
    assert fenced.startswith("```json\n{")
    assert fenced.endswith("}\n```")
    assert api.complete(model="sandbox/empty", response_format=wanted).message["content"] == ""


def test_tool_arguments_can_be_cut_within_their_json(api: Chat) -> None:
    asked: Any = {"text": "get_bug", "tools": [tool()], "model": "sandbox/truncated_arguments"}
    reply = api.complete(**asked)
    assert reply.json["choices"][0]["finish_reason"] == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.message["tool_calls"][0]["function"]["arguments"])


def test_thinking_can_eat_max_tokens(api: Chat) -> None:
    reply = api.complete(model="sandbox/thinking_only", max_tokens=20)
    assert (reply.message["content"], len(reply.message["reasoning_content"]) > 0) == ("", True)
    assert reply.json["choices"][0]["finish_reason"] == "length"
    assert reply.json["usage"]["completion_tokens"] == 20


@pytest.mark.parametrize("stream", [False, True])
def test_content_can_be_null_beside_tool_calls(api: Chat, stream: bool) -> None:
    reply = api.complete("get_bug", "sandbox/null_content", tools=[tool()], stream=stream)
    first = reply.deltas[0] if stream else reply.message
    assert first["content"] is None


@pytest.mark.parametrize("stream", [False, True])
def test_tool_calls_can_be_null_beside_content(api: Chat, stream: bool) -> None:
    reply = api.complete(model="sandbox/null_tool_calls", stream=stream)
    told = reply.deltas[:-1] if stream else [reply.message]
    assert all(one["tool_calls"] is None for one in told)


def test_usage_can_be_missing(api: Chat) -> None:
    assert "usage" not in api.complete(model="sandbox/no_usage").json
    events = api.complete(
        model="sandbox/no_usage", stream=True, stream_options={"include_usage": True}
    ).events
    assert all(one["choices"] for one in events[:-1])


def _loop(reasoning: dict[str, Any]) -> list[dict[str, Any]]:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    return [
        {"role": "user", "content": "查一下"},
        {"role": "assistant", "content": None, "tool_calls": [call], **reasoning},
        {"role": "tool", "tool_call_id": "c", "content": "好了"},
    ]


@pytest.mark.parametrize(
    ("kind", "reasoning", "status"),
    [("refuse_reasoning", {"reasoning_content": "想"}, 400),
     ("refuse_reasoning", {"reasoning_content": ""}, 400), ("refuse_reasoning", {}, 200),
     ("require_reasoning", {"reasoning_content": "想"}, 200),
     ("require_reasoning", {"reasoning_content": ""}, 200), ("require_reasoning", {}, 400)],
)  # fmt: skip
def test_replayed_reasoning_can_be_refused_or_required(
    api: Chat, kind: str, reasoning: dict[str, Any], status: int
) -> None:
    reply = api.complete(model=f"sandbox/{kind}", messages=_loop(reasoning))
    assert reply.status == status
    if status == 400:
        assert "messages.1.reasoning_content" in reply.json["message"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("slow", "silent")])
@pytest.mark.parametrize("stream", [False, True])
def test_every_kind_can_be_asked_for_by_the_models_name(
    api: Chat, provider: RunningProvider, kind: str, stream: bool
) -> None:
    try:
        reply = api.complete(model=f"sandbox/{kind}", stream=stream)
        assert reply.status in (200, 400, 401, 403, 404, 405, 413, 415, 429, 500, 502, 503, 504)
    except http.client.HTTPException:
        assert kind == "reset"
    except ConnectionError:
        assert kind == "reset"
    provider.wait_until_idle()
