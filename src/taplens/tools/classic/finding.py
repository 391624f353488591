"""The answer of a search in a data file: stories, bugs, and how many of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from taplens.tools.classic.tool import Content, Told

if TYPE_CHECKING:
    from taplens.tools.classic.data import Data
    from taplens.tools.context import ToolContext

Rows = Mapping[str, Sequence[Content]]


def found(context: ToolContext, data: Data, rows: Rows, summary: Mapping[str, Any]) -> Told:
    """The rows of each list in turn, as many as fit; counts are always of all of them."""
    counts = {name: len(told) for name, told in rows.items()}
    total = sum(counts.values())
    every = [(name, row) for name, told in rows.items() for row in told]

    def make(count: int) -> Content:
        shown: dict[str, list[Content]] = {"stories": [], "bugs": []}
        for name, row in every[:count]:
            shown[name].append(row)
        message = "classic.found" if count == total else "classic.found_first"
        return {
            "status": "success",
            "message": context.text(message, count=count, total=total),
            **shown,
            "summary": {
                "total_stories": counts.get("stories", 0),
                "total_bugs": counts.get("bugs", 0),
                "total_items": total,
                **summary,
                **data.origin(),
            },
        }

    return Told(make=make, most=total)
