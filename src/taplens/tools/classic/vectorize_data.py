"""The classic tool `vectorize_data`: vectors of a data file's items, for `search_data`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from taplens.errors import ArgumentError
from taplens.tools.arguments import Arguments
from taplens.tools.asking import teller
from taplens.tools.classic import vectors
from taplens.tools.classic.data import DATA_FILE, FileName, load
from taplens.tools.classic.tool import ClassicTool, Told, whole
from taplens.tools.home_files import within

if TYPE_CHECKING:
    from pathlib import Path

    from taplens.tools.classic.vectors import Store
    from taplens.tools.context import ToolContext

_MOST_SECONDS = 3600


class Vectorize(Arguments):
    """Arguments: the file, items in a batch, the time that it may take (0: an hour), and whether
    items that aren't in the file any more are kept.
    """

    data_file_path: FileName = DATA_FILE
    chunk_size: Annotated[int, Field(ge=1, le=1000)] = 5
    timeout_seconds: Annotated[int, Field(ge=0, le=_MOST_SECONDS)] = 600
    preserve_existing: bool = False


async def _handle(context: ToolContext, arguments: Vectorize) -> Told:
    path = within(context.keeper.settings.home, vectors.FILE, ".npz")
    seconds = arguments.timeout_seconds or _MOST_SECONDS
    began = context.clock.monotonic()
    try:
        async with asyncio.timeout(seconds):
            store = await _made(context, arguments, path)
    except TimeoutError as fault:
        raise ArgumentError("vectors_late", seconds=seconds) from fault
    await asyncio.to_thread(vectors.save, path, store)
    stats = store.stats()
    return whole(
        {
            "status": "success",
            "message": context.text("classic.vectorized", count=stats["total_items"],
                                    batches=stats["total_chunks"]),
            "details": {
                "status": "success",
                "stats": stats,
                "vector_db_path": vectors.FILE,
                "data_file_path": arguments.data_file_path,
                "source": store.source,
                "embedder": store.embedder,
                "elapsed_seconds": round(context.clock.monotonic() - began, 2),
                "removed_existing": not arguments.preserve_existing,
                "vector_db_status": "ready",
            },
            "summary": context.text("classic.vectors_summary", batches=stats["total_chunks"],
                                    dimensions=stats["vector_dimension"]),
        }
    )  # fmt: skip


async def _made(context: ToolContext, arguments: Vectorize, path: Path) -> Store:
    data = await load(context, arguments.data_file_path)
    if not data.stories and not data.bugs:
        raise ArgumentError("data_file_empty", path=arguments.data_file_path)
    store = await vectors.made(
        await vectors.embedder_of(context),
        data.lists(),
        chunk_size=arguments.chunk_size,
        source=data.source,
        told=teller(context, next(iter(context.workspaces), ""), "vectors"),
    )
    if not arguments.preserve_existing:
        return store
    old = await asyncio.to_thread(vectors.read, path, vectors.FILE)
    return store if old is None else await asyncio.to_thread(vectors.joined, store, old)


TOOL = ClassicTool(
    name="vectorize_data",
    description=(
        "Make vectors of the data file's items for search_data, in batches of chunk_size; by the"
        " built-in embedder nothing is downloaded or sent."
    ),
    arguments=Vectorize,
    handler=_handle,
    example={"chunk_size": 5},
    read_only=False,
)
