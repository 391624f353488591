"""The classic tool `search_data`: the two batches nearest to a question."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from taplens.errors import ArgumentError, NotFoundError
from taplens.tools.arguments import Arguments
from taplens.tools.classic import vectors
from taplens.tools.classic.tool import ClassicTool, Content, Told
from taplens.tools.home_files import within

if TYPE_CHECKING:
    from taplens.mirror.embedders.arrays import Floats
    from taplens.tools.classic.vectors import Store
    from taplens.tools.context import ToolContext

_BATCHES = 2
_LONGEST = 480  # characters of a question that count


class SearchData(Arguments):
    """Arguments: the question, and how many items of each batch."""

    query: Annotated[str, Field(max_length=4000)]
    top_k: Annotated[int, Field(ge=1, le=50)] = 5


async def _handle(context: ToolContext, arguments: SearchData) -> Told:
    if not arguments.query:
        raise ArgumentError("argument_missing", name="query")
    path = within(context.keeper.settings.home, vectors.FILE, ".npz")
    store = await asyncio.to_thread(vectors.read, path, vectors.FILE)
    if store is None:
        raise NotFoundError("vectors_missing")
    embedder = await vectors.embedder_of(context)
    if embedder.name != store.embedder:
        raise ArgumentError("vectors_other_embedder", old=store.embedder, new=embedder.name)
    (asked,) = await embedder.embed([arguments.query[:_LONGEST]], query=True)
    results = await asyncio.to_thread(_nearest, store, asked, arguments.top_k)
    message = "classic.near" if results else "classic.nothing_near"
    told = {
        "status": "success",
        "message": context.text(message, batches=len(results), count=arguments.top_k),
        "query": arguments.query,
        "batches": len(results),
        "items_per_batch": arguments.top_k,
        "source": store.source,
    }
    most = max((len(one["items"]) for one in results), default=0)
    return Told(make=partial(_content, told, results), most=most)


def _content(told: Content, results: list[Content], count: int) -> Content:
    """The answer with at most `count` items of each batch."""
    kept = [one | {"items": one["items"][:count]} for one in results]
    return told | {"results": kept}


def _nearest(store: Store, asked: Floats, most: int) -> list[Content]:
    """The batches whose best item is nearest, the items of each by their own nearness."""
    scores = vectors.scores(store, asked)
    ranked = sorted(
        ((float(scores[begin:end].max()), begin, end) for begin, end in store.batches), reverse=True
    )
    return [
        _batch(store, scores, (begin, end), rank=rank, most=most)
        for rank, (best, begin, end) in enumerate(ranked[:_BATCHES], 1)
        if best >= store.least
    ]


def _batch(
    store: Store, scores: Floats, span: tuple[int, int], *, rank: int, most: int
) -> Content:
    begin, end = span
    places = sorted(range(begin, end), key=lambda place: -scores[place])
    entries = store.entries[begin:end]
    return {
        "batch_rank": rank,
        "relevance_score": round(float(scores[begin:end].max()), 4),
        "chunk_info": {
            "chunk_id": f"{entries[0].type}_{begin}",
            "item_type": entries[0].type,
            "item_count": len(entries),
            "item_ids": [one.item.get("id") for one in entries],
        },
        "items": [store.entries[place].item for place in places[:most]],
    }


TOOL = ClassicTool(
    name="search_data",
    description=(
        "Search by meaning in what vectorize_data has read: the two nearest batches, top_k items of"
        " each, the nearest first."
    ),
    arguments=SearchData,
    handler=_handle,
    example={"query": "支付失败的缺陷", "top_k": 5},
)
