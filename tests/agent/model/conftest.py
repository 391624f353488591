"""An agent over the shared sandbox's mirror, whose model is a scripted provider over HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from taplens.agent.answering import Agent
from taplens.agent.direct.answerer import Direct
from taplens.clock import Clock
from taplens.config import Settings
from taplens.llm.catalogue import load_catalogue
from taplens.llm.client import Client
from taplens.llm.retrying import Retries
from taplens.llm.transport import HttpTransport
from taplens.mirror import Keeper
from tests.conftest import TODAY
from tests.tools.conftest import FIRST, FOREIGN, SECOND, mirrored

if TYPE_CHECKING:
    from taplens.sandbox.provider.handle import RunningProvider

__all__ = ["FIRST", "FOREIGN", "SECOND", "mirrored"]
NOW = 1_774_944_000  # 2026-03-31 16:00, +08:00


def call(name: str, /, **arguments: Any) -> dict[str, Any]:
    """A tool call as a model makes it."""
    function = {"name": name, "arguments": orjson.dumps(arguments).decode()}
    return {"id": f"call_{name}", "type": "function", "function": function}


def calls(*made: dict[str, Any], content: str | None = None) -> dict[str, Any]:
    """A scripted answer that calls tools."""
    numbered = [one | {"id": f"call_{number}"} for number, one in enumerate(made)]
    return {"content": content, "tool_calls": numbered, "finish_reason": "tool_calls"}


@dataclass
class Said:
    """What came of a question."""

    pieces: list[dict[str, Any]]
    finish: str | None = None

    def _joined(self, name: str) -> str:
        return "".join(piece.get(name) or "" for piece in self.pieces)

    @property
    def text(self) -> str:
        return self._joined("content")

    @property
    def plain(self) -> str:
        """The text without its links."""
        return re.sub(r"\[(#?\d+)\]\([^)]*\)", r"\1", self.text)

    @property
    def steps(self) -> str:
        return self._joined("reasoning_content")

    @property
    def basis(self) -> dict[str, Any]:
        found: dict[str, Any] = self.pieces[-1]["taplens"]
        return found

    @property
    def called(self) -> list[str]:
        return [
            made["function"]["name"]
            for piece in self.pieces
            for made in piece.get("tool_calls") or ()
        ]


@dataclass
class Asking:
    """An agent to be asked, and the provider that it asks."""

    agent: Agent
    provider: RunningProvider
    settings: Settings

    async def ask(self, question: str | list[dict[str, Any]], /, **fields: Any) -> Said:
        messages = question
        if isinstance(question, str):
            messages = [{"role": "user", "content": question}]
        said = Said([])
        async for piece in self.agent.answer({"model": "taplens", "messages": messages} | fields):
            said.pieces.append(dict(piece.delta))
            said.finish = piece.finish
        return said

    def sent(self) -> list[dict[str, Any]]:
        """The bodies that the provider was sent."""
        return [one["body"] for one in self.provider.requests()]


Serve = Callable[..., AbstractAsyncContextManager[Asking]]


@pytest.fixture(scope="session")
def shared_provider() -> Iterator[RunningProvider]:
    """One scripted provider for all tests."""
    from taplens.sandbox import SandboxOptions, running

    with running(SandboxOptions(items=5, seed=7, today=TODAY, provider=True)) as sandbox:
        assert sandbox.provider is not None
        yield sandbox.provider


@pytest.fixture
def provider(shared_provider: RunningProvider) -> Iterator[RunningProvider]:
    """The scripted provider, behaving, with an empty log."""
    shared_provider.clear()
    yield shared_provider
    shared_provider.clear()


@pytest.fixture
def asking(mirrored: Settings, provider: RunningProvider, tmp_path: Path) -> Serve:
    """`async with asking(**settings) as agent`: the key and the state are the test's own."""

    @asynccontextmanager
    async def made(*, keyed: bool = True, **options: Any) -> AsyncIterator[Asking]:
        settings = replace(mirrored, **options)
        environment = {"SILICONFLOW_BASE_URL": provider.base_url}
        environment |= {"SILICONFLOW_API_KEY": provider.key} if keyed else {}
        catalogue = load_catalogue(settings, environment)
        clock = Clock(seconds=lambda: NOW)
        client = Client(catalogue, {"http": HttpTransport()}, retries=Retries(attempts=1))
        async with Keeper(settings, clock=clock) as keeper:

            async def opened() -> Keeper:
                return keeper

            direct = Direct(opened, clock)
            agent = Agent(settings, catalogue, client, keeper=opened, clock=clock, direct=direct)
            try:
                yield Asking(agent, provider, settings)
            finally:
                await agent.aclose()
                await client.aclose()

    return made
