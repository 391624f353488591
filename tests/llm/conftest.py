"""The scripted provider, and clients that never really sleep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from taplens.clock import Clock
from taplens.config import Secret
from taplens.llm import Catalogue, Client, HttpTransport, Model, Provider, Timeouts, Upstream
from taplens.llm.profiles import profile_of

from .scripted_server import ScriptedServer


@dataclass
class ManualTime:
    """A clock that only moves when somebody sleeps on it; remembers the sleeps."""

    now: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    @property
    def clock(self) -> Clock:
        return Clock(seconds=lambda: self.now, monotonic=lambda: self.now)


@pytest.fixture
def manual_time() -> ManualTime:
    return ManualTime()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer()
    await scripted.start()
    yield scripted
    await scripted.stop()


UpstreamFactory = Callable[..., Upstream]
TransportFactory = Callable[..., HttpTransport]
ClientFactory = Callable[..., Client]


@pytest.fixture
def upstream_of(server: ScriptedServer) -> UpstreamFactory:
    def make(model: str = "Qwen/QwQ-32B", **changes: Any) -> Upstream:
        fields: dict[str, Any] = {
            "name": "siliconflow",
            "base_url": server.base_url,
            "key": Secret("sk-geheim"),
            "key_setting": "SILICONFLOW_API_KEY",
            "thinking": {
                "on": {"enable_thinking": True},
                "off": {"enable_thinking": False},
                "budget": "thinking_budget",
            },
            "response_formats": ("json_object",),
        }
        return Upstream(Provider(**fields | changes), model)

    return make


@pytest.fixture
def upstream(upstream_of: UpstreamFactory) -> Upstream:
    return upstream_of()


@pytest.fixture
async def transport_of() -> AsyncIterator[TransportFactory]:
    made: list[HttpTransport] = []

    def make(**timeouts: float) -> HttpTransport:
        made.append(HttpTransport(Timeouts(**timeouts)))
        return made[-1]

    yield make
    for transport in made:
        await transport.aclose()


@pytest.fixture
def client_of(
    upstream_of: UpstreamFactory, transport_of: TransportFactory, manual_time: ManualTime
) -> ClientFactory:
    """Makes clients of one model, named as its provider names it, that wait on the manual time."""

    def make(
        model: str = "Qwen/QwQ-32B",
        provider: dict[str, Any] | None = None,
        timeouts: dict[str, float] | None = None,
        **fields: Any,
    ) -> Client:
        upstream = upstream_of(model, **(provider or {}))
        listed = Model(name=model, upstreams=(upstream,), profile=profile_of(model), **fields)
        return Client(
            Catalogue([upstream.provider], [listed]),
            {"http": transport_of(**(timeouts or {}))},
            sleep=manual_time.sleep,
            jitter=lambda ceiling: ceiling,
            clock=manual_time.clock,
        )

    return make


@pytest.fixture
def client(client_of: ClientFactory) -> Client:
    return client_of()


def asking(text: str = "你好", **fields: Any) -> dict[str, Any]:
    """A request to the model that `client` knows."""
    messages = [{"role": "user", "content": text}]
    return {"model": "Qwen/QwQ-32B", "messages": messages} | fields
