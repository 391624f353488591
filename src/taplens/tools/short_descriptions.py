"""Items with their descriptions in the short forms that a model has written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taplens.mirror.reads_items import ItemDetail
    from taplens.tools.context import ToolContext


def shortened(
    context: ToolContext, details: Sequence[ItemDetail]
) -> tuple[list[ItemDetail], list[str]]:
    """The items, each with its short description where there is one of what it says now; and what
    is to be told of that. Blocks.
    """
    from taplens.descriptions.cleaning import marked
    from taplens.descriptions.keeping import KeptShort

    kept = KeptShort(context.keeper.settings.home)
    found, count = [], 0
    for detail in details:
        key = (detail.row.workspace_id, detail.row.type, detail.row.id)
        texts = []
        for text in detail.texts:
            short = kept.find(key, marked(text.text)) if text.name == "description" else None
            is_short = short is not None and bool(short.text)
            count += is_short
            texts.append(replace(text, text=short.text) if short and is_short else text)
        found.append(replace(detail, texts=tuple(texts)))
    note = "short_descriptions" if count else "no_short_descriptions"
    return found, [context.text(f"warning.{note}", count=count)]
