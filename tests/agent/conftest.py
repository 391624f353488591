"""A mirror of the shared sandbox, made once, and the answerer without a model that asks it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taplens.agent.direct.answerer import Answered, Direct
from taplens.clock import WORKSPACE_ZONE, Clock
from taplens.config import Secret, Settings
from taplens.mirror import Keeper
from tests.conftest import TODAY

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

from questions.slow import World

if TYPE_CHECKING:
    from taplens.sandbox import RunningSandbox

FIRST, FOREIGN = "50311786", "71450286"
NOW = int(datetime(TODAY.year, TODAY.month, TODAY.day, 18, tzinfo=WORKSPACE_ZONE).timestamp())
CLOCK = Clock(seconds=lambda: NOW)
Ask = Callable[..., Awaitable[Answered]]


@pytest.fixture(scope="session")
def mirrored(shared_sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a home whose mirror of the first workspace is complete."""
    settings = Settings(
        home=tmp_path_factory.mktemp("asked"),
        api_base_url=shared_sandbox.base_url,
        access_token=Secret("demo"),
        workspace_ids=(FIRST,),
        requests_per_minute=1_000_000,
        item_seconds=86_400,
    )

    async def sync() -> None:
        async with Keeper(settings) as keeper:
            await keeper.sync()

    asyncio.run(sync())
    return settings


@pytest.fixture(scope="session")
def world(shared_sandbox: RunningSandbox) -> World:
    """The sandbox's rows, read the slow way."""
    return World(shared_sandbox.store, FIRST, TODAY)


@pytest.fixture
async def ask(mirrored: Settings) -> AsyncIterator[Ask]:
    """Asks: the question is the last, those before it are the conversation."""
    async with Keeper(mirrored, clock=CLOCK) as keeper:

        async def opened() -> Keeper:
            return keeper

        direct = Direct(opened, CLOCK)

        async def asked(*questions: str) -> Answered:
            return await direct.ask(questions)

        yield asked
