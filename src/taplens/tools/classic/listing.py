"""The items of one list, fetched into a file, the first of them in the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from taplens.tools.classic.data import load
from taplens.tools.classic.exporting import Fetching, fetched
from taplens.tools.classic.items import listed
from taplens.tools.classic.tool import Content, Told

if TYPE_CHECKING:
    from taplens.tools.context import ToolContext


def listing(name: str) -> Callable[[ToolContext, Any], Awaitable[Told]]:
    """The handler of the tool that gets the list `name` ("stories", "bugs")."""

    async def handle(context: ToolContext, arguments: Fetching) -> Told:
        file = f"local_data/{name}.json"
        counts, told = await fetched(context, (name,), file, clean=arguments.clean_empty_fields)
        found = await load(context, file)
        ((_, rows),) = found.lists("stories" if name == "stories" else "bugs")
        shown = await asyncio.to_thread(listed, rows, len(rows))

        def make(count: int) -> Content:
            message = "classic.all_listed" if count == len(rows) else "classic.first_listed"
            return {
                "status": "success",
                "message": context.text(message, count=count, total=len(rows), path=file),
                "statistics": {f"{name}_count": counts[name]},
                "file_path": file,
                **told,
                name: shown[:count],
            }

        return Told(make=make, most=len(rows))

    return handle
