"""The Responses call over real HTTP: its bytes, its refusals, and a client that leaves."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import Any

import pytest
import requests

from tests.gateway.edges.conftest import Gateway

MODEL = "Qwen/QwQ-32B"


def ask(gateway: Gateway, body: Any, **headers: str) -> requests.Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Authorization": f"Bearer {gateway.key}", "Content-Type": "application/json"}
    return requests.post(f"{gateway.url}/v1/responses", data, headers=sent | headers, timeout=4)


def test_every_event_is_named_and_no_done_is_added(gateway: Gateway) -> None:
    gateway.upstream.script(["你好"])
    answer = ask(gateway, {"model": MODEL, "input": "问", "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = answer.content.decode().strip().split("\n\n")
    for block in blocks:
        name, data = block.split("\n")
        assert json.loads(data.removeprefix("data: "))["type"] == name.removeprefix("event: ")
    assert "[DONE]" not in answer.text


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{", ""),
        (b"[]", ""),
        ({"input": "x"}, "model"),
        ({"model": 7, "input": "x"}, "model"),
        ({"model": MODEL}, "input"),
        ({"model": MODEL, "input": []}, "input"),
        ({"model": MODEL, "input": "x", "max_output_tokens": 0}, "max_output_tokens"),
        ({"model": MODEL, "input": "x", "store": True}, "store"),
        (
            {"model": MODEL, "input": "x", "tools": [{"type": "function", "name": "查"}]},
            "tools.0.name",
        ),
        ({"model": MODEL, "input": "x", "tools": [{"type": "function"}]}, "tools.0.name"),
    ],
)
def test_a_wrong_request_is_the_documented_400(gateway: Gateway, body: Any, named: str) -> None:
    answer = ask(gateway, body)
    assert answer.status_code == 400
    told = answer.json()
    assert (told["code"], told["data"] or "") == (20015, named)
    assert gateway.upstream.total() == 0


def test_the_key_the_type_and_the_method_are_held_as_elsewhere(gateway: Gateway) -> None:
    body = {"model": MODEL, "input": "x"}
    assert ask(gateway, body, Authorization="Bearer x").json() == "Invalid token"
    assert ask(gateway, body, **{"Content-Type": "text/plain"}).status_code == 415
    assert ask(gateway, {**body, "model": "没有"}).json()["code"] == 20012
    listed = requests.get(
        f"{gateway.url}/v1/responses", headers={"Authorization": f"Bearer {gateway.key}"}, timeout=4
    )
    assert listed.status_code == 405


def test_a_providers_refusal_before_the_stream_has_its_status(gateway: Gateway) -> None:
    gateway.upstream.add_models("busy")
    gateway.upstream.fault("429", model="busy", retry_after=7)
    answer = ask(gateway, {"model": "siliconflow/busy", "input": "x", "stream": True})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


def test_a_client_that_leaves_takes_the_upstream_with_it(gateway: Gateway) -> None:
    gateway.upstream.add_models("slow-one")
    gateway.upstream.fault("silent", model="slow-one", at=3, gate="never")
    body = json.dumps({"model": "siliconflow/slow-one", "input": "问", "stream": True})
    headers = {"Authorization": f"Bearer {gateway.key}", "Content-Type": "application/json"}
    address = gateway.url.removeprefix("http://")
    with closing(http.client.HTTPConnection(address, timeout=4)) as connection:
        connection.request("POST", "/v1/responses", body, headers)
        assert connection.getresponse().readline() == b"event: response.created\n"
        gateway.upstream.wait_at_gate("never")
        assert len(gateway.upstream.open_streams()) == 1
    gateway.upstream.wait_until_idle(1.0)
    assert gateway.upstream.requests()[-1]["state"] in ("disconnected", "torn")


def test_reasoning_goes_back_only_to_families_that_take_it(gateway: Gateway) -> None:
    items = [
        {"role": "user", "content": "一"},
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "想"}]},
        {"role": "assistant", "content": "二"},
        {"role": "user", "content": "三"},
    ]
    for model in ("deepseek-ai/DeepSeek-R1", MODEL):
        assert ask(gateway, {"model": model, "input": items}).status_code == 200
    refused, ignored = (r["body"]["messages"][1] for r in gateway.upstream.requests())
    assert "reasoning_content" not in refused
    assert ignored["reasoning_content"] == "想"
