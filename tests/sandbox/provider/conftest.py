"""A bare client for the sandbox's provider: no part of the product between test and server."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from taplens.sandbox import RunningSandbox, SandboxOptions, running
from taplens.sandbox.provider.handle import RunningProvider
from tests.conftest import TODAY
from tests.spawning import bytecode

__all__ = ["BEARER", "Chat", "Reply", "bytecode", "chat", "tool"]

Row = dict[str, Any]
BEARER = {"Authorization": "Bearer demo", "Content-Type": "application/json"}


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> Row:
        found = self.json["choices"][0]["message"]
        assert isinstance(found, dict)
        return found

    @property
    def events(self) -> list[Any]:
        """The data of the events, parsed but for the end mark."""
        lines = self.body.decode().splitlines()
        told = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
        return [one if one == "[DONE]" else json.loads(one) for one in told]

    @property
    def deltas(self) -> list[Row]:
        chunks = [one for one in self.events if one != "[DONE]"]
        return [choice["delta"] for chunk in chunks for choice in chunk["choices"]]

    def joined(self, name: str, index: int = 0) -> str:
        """The text of one field of all deltas of a choice."""
        chunks = [one for one in self.events if one != "[DONE]"]
        choices = [choice for chunk in chunks for choice in chunk["choices"]]
        return "".join(c["delta"].get(name) or "" for c in choices if c["index"] == index)


class Chat:
    """Asks the provider of one sandbox."""

    def __init__(self, provider: RunningProvider) -> None:
        parts = urlsplit(provider.base_url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=4)

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        encoded = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        self._connection.request(method, path, encoded, BEARER if headers is None else headers)
        return self._connection.getresponse()

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Reply:
        response = self.send(method, path, body, headers)
        return Reply(response.status, response.headers, response.read())

    def complete(
        self, text: str = "登录失败怎么办？", model: str = "sandbox/plain", **fields: Any
    ) -> Reply:
        """The answer to one message, or to `messages`."""
        return self.ask("POST", "/v1/chat/completions", chat(text, model, **fields))

    def begin(self, text: str = "你好", model: str = "sandbox/plain", **fields: Any) -> None:
        """Send a request without waiting for the answer."""
        body = json.dumps(chat(text, model, **fields)).encode()
        self._connection.request("POST", "/v1/chat/completions", body, BEARER)

    def response(self) -> http.client.HTTPResponse:
        return self._connection.getresponse()

    def close(self) -> None:
        self._connection.close()


def chat(text: str, model: str, **fields: Any) -> Row:
    return {"model": model, "messages": [{"role": "user", "content": text}]} | fields


def tool(name: str = "get_bug", parameters: Row | None = None) -> Row:
    usual = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    return {"type": "function", "function": {"name": name, "parameters": parameters or usual}}


@pytest.fixture(scope="session")
def playing() -> Iterator[RunningSandbox]:
    with running(SandboxOptions(items=12, seed=7, today=TODAY, provider=True)) as sandbox:
        yield sandbox


@pytest.fixture
def provider(playing: RunningSandbox) -> Iterator[RunningProvider]:
    playing.provider.clear()
    yield playing.provider
    playing.provider.clear()


@pytest.fixture
def api(provider: RunningProvider) -> Iterator[Chat]:
    client = Chat(provider)
    yield client
    client.close()
