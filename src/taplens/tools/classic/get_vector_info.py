"""The classic tool `get_vector_info`: whether there are vectors, and how many."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from taplens.tools.arguments import Arguments
from taplens.tools.classic import vectors
from taplens.tools.classic.tool import ClassicTool, Told, whole
from taplens.tools.home_files import within

if TYPE_CHECKING:
    from taplens.tools.context import ToolContext


class Nothing(Arguments):
    """No arguments."""


async def _handle(context: ToolContext, _arguments: Nothing) -> Told:
    path = within(context.keeper.settings.home, vectors.FILE, ".npz")
    store = await asyncio.to_thread(vectors.read, path, vectors.FILE)
    if store is None:
        return whole({"status": "not_found", "message": context.text("classic.no_vectors")})
    return whole(
        {
            "status": "ready",
            "message": context.text("classic.vectors_ready"),
            "stats": store.stats(),
            "database_path": vectors.FILE,
            "source": store.source,
            "embedder": store.embedder,
        }
    )


TOOL = ClassicTool(
    name="get_vector_info",
    description="Whether vectors for search_data are there, and of how many items.",
    arguments=Nothing,
    handler=_handle,
    example={},
)
