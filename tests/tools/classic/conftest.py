"""The classic tools over a complete mirror, with a home of each test's own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from taplens.config import Settings
from taplens.errors import TapLensError
from taplens.mirror import Keeper
from taplens.tools import registry
from taplens.tools.classic import data
from taplens.tools.context import ToolContext
from tests.llm.conftest import server
from tests.tools.conftest import FIRST, SECOND

__all__ = ["Classic", "Item", "server"]

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Classic:
    """Calls tools by name; a fault is told as a client reads it."""

    context: ToolContext
    home: Path

    async def __call__(self, name: str, **arguments: Any) -> Any:
        return json.loads((await self.result(name, **arguments)).text)

    async def result(self, name: str, budget: int | None = None, **arguments: Any) -> Any:
        return await registry.call(replace(self.context, budget=budget), name, arguments)

    async def refused(self, name: str, **arguments: Any) -> Any:
        with pytest.raises(TapLensError) as caught:
            await self(name, **arguments)
        told = json.loads(registry.get(name).failure(caught.value))
        assert set(told) == {"status", "message", "suggestion"}
        assert told["status"] == "error"
        return caught.value.code

    def holds(self, stories: list[Item] = [], bugs: list[Item] = []) -> None:  # noqa: B006
        """Put a data file where the tools look for it."""
        data.write(self.home / data.DATA_FILE, {"stories": stories, "bugs": bugs})


@pytest.fixture
async def classic(mirrored: Settings, tmp_path: Path) -> AsyncIterator[Classic]:
    async with Keeper(mirrored) as keeper:
        await keeper.mirror()
        keeper.settings = replace(mirrored, home=tmp_path)
        context = ToolContext(keeper=keeper, workspaces=(FIRST, SECOND), locale="en")
        yield Classic(context, tmp_path)
