"""Items with their texts as they are told: links marked, descriptions in short where asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taplens.mirror.reads_items import ItemDetail
    from taplens.tools.context import ToolContext


def with_marks(details: Sequence[ItemDetail]) -> list[ItemDetail]:
    """The items, links to Tencent Docs in their texts marked as such."""
    from taplens.descriptions.cleaning import marked

    return [
        replace(detail, texts=tuple(replace(one, text=marked(one.text)) for one in detail.texts))
        for detail in details
    ]


def shortened(
    context: ToolContext, details: Sequence[ItemDetail]
) -> tuple[list[ItemDetail], list[str]]:
    """The items (as `with_marks` gives them), each with its short description where there is one
    of what it says now; and what is to be told of that. Blocks.
    """
    from taplens.descriptions.keeping import KeptShort

    kept = KeptShort(context.keeper.settings.home)
    found, count = [], 0
    for detail in details:
        key = (detail.row.workspace_id, detail.row.type, detail.row.id)
        texts = []
        for text in detail.texts:
            short = kept.find(key, text.text) if text.name == "description" else None
            is_short = short is not None and bool(short.text)
            count += is_short
            texts.append(replace(text, text=short.text) if short and is_short else text)
        found.append(replace(detail, texts=tuple(texts)))
    note = "short_descriptions" if count else "no_short_descriptions"
    return found, [context.text(f"warning.{note}", count=count)]
