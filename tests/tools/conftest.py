"""A mirror of the shared sandbox, made once, and contexts that ask it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from taplens.config import Secret, Settings
from taplens.mirror import Keeper
from taplens.tools import registry
from taplens.tools.context import ToolContext

if TYPE_CHECKING:
    from taplens.sandbox import RunningSandbox

FIRST, SECOND, FOREIGN = "50311786", "46027719", "71450286"
Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def mirrored(shared_sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a home whose mirror holds two workspaces, complete."""
    settings = Settings(
        home=tmp_path_factory.mktemp("mirrored"),
        api_base_url=shared_sandbox.base_url,
        access_token=Secret("demo"),
        workspace_ids=(FIRST, SECOND),
        requests_per_minute=1_000_000,
        item_seconds=86_400,
    )

    async def sync() -> None:
        async with Keeper(settings) as keeper:
            await keeper.sync()

    asyncio.run(sync())
    return settings


@pytest.fixture
async def keeper(mirrored: Settings) -> AsyncIterator[Keeper]:
    async with Keeper(mirrored) as opened:
        yield opened


@pytest.fixture
def context(keeper: Keeper) -> ToolContext:
    return ToolContext(keeper=keeper, workspaces=(FIRST, SECOND), locale="en", budget=2000)


@pytest.fixture
def ask(context: ToolContext) -> Ask:
    """Calls a tool: name, arguments; further keywords change the context."""

    async def called(
        name: str, arguments: dict[str, Any] | None = None, **changes: Any
    ) -> registry.Result:
        return await registry.call(replace(context, **changes), name, arguments)

    return called
