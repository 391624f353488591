"""Calling the registry's tools from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from taplens.cli import output

if TYPE_CHECKING:
    from taplens.cli.pictures import Target
    from taplens.config import Settings
    from taplens.mirror import Keeper, Progress
    from taplens.tools.context import ToolContext

T = TypeVar("T")


def with_keeper(settings: Settings, work: Callable[[Keeper, Progress | None], Awaitable[T]]) -> T:
    """Run `work(keeper, progress)` to its end; the keeper is closed whatever happens."""
    from taplens.mirror import Keeper

    async def main() -> T:
        async with Keeper(settings) as keeper:
            with output.progress() as progress:
                return await work(keeper, progress)

    return asyncio.run(main())


def with_context(settings: Settings, work: Callable[[ToolContext], Awaitable[T]]) -> T:
    """Run `work` with what tools know of a terminal: there is no token budget."""
    from taplens.tools.context import ToolContext

    async def main(keeper: Keeper, progress: Progress | None) -> T:
        return await work(
            ToolContext(keeper=keeper, workspaces=keeper.workspace_ids, progress=progress)
        )

    return with_keeper(settings, main)


def tool(
    settings: Settings,
    name: str,
    arguments: dict[str, Any],
    chart: Target | None = None,
    *,
    whole: bool = False,
) -> dict[str, Any]:
    """The answer of a tool as a JSON object; its chart is saved to `chart`, if given.

    With `whole` it holds all rows, as for an export.
    """
    from taplens.tools import registry

    async def work(context: ToolContext) -> dict[str, Any]:
        result = await registry.call(replace(context, whole=whole), name, arguments)
        if chart is not None:
            await chart.save(result.chart)
        return result.content

    return with_context(settings, work)
