"""The raw server, and clients that never really sleep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from taplens.clock import Clock
from taplens.config import Secret, Settings
from taplens.tapd import Client

from .raw_server import RawServer


@dataclass
class ManualTime:
    """A monotonic clock that only moves when somebody sleeps on it; remembers the sleeps."""

    now: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now)


@pytest.fixture
def manual_time() -> ManualTime:
    return ManualTime()


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    raw = RawServer()
    await raw.start()
    yield raw
    await raw.stop()


@pytest.fixture
def settings_of(tmp_path: Path, server: RawServer) -> Callable[..., Settings]:
    def make(**changes: Any) -> Settings:
        values: dict[str, Any] = {
            "home": tmp_path,
            "api_base_url": server.base_url,
            "access_token": Secret("令牌-is-not-ascii".encode().hex()),
            "requests_per_minute": 100_000,
        }
        return Settings(**values | changes)

    return make


@pytest.fixture
async def client_of(
    settings_of: Callable[..., Settings], manual_time: ManualTime
) -> AsyncIterator[Callable[..., Client]]:
    """Makes clients that wait on the manual time; closes them."""
    made: list[Client] = []

    def make(**changes: Any) -> Client:
        settings = settings_of(**changes)
        made.append(Client(settings, clock=manual_time.clock, sleep=manual_time.sleep))
        return made[-1]

    yield make
    for client in made:
        await client.aclose()


@pytest.fixture
def client(client_of: Callable[..., Client]) -> Client:
    return client_of()
