"""The classic tool `search_tapd_by_priority`: items by how urgent they are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from taplens.tools.arguments import Arguments
from taplens.tools.classic.data import DataType, load
from taplens.tools.classic.finding import found
from taplens.tools.classic.items import shown
from taplens.tools.classic.priorities import FILTERS, step_of
from taplens.tools.classic.tool import ClassicTool, Content, Told

if TYPE_CHECKING:
    from taplens.tools.classic.data import Data
    from taplens.tools.context import ToolContext

_Filter = Literal[
    "high", "medium", "low", "all", "urgent", "Nice To Have", "Low", "Middle", "High"
]


class SearchByPriority(Arguments):
    """Arguments: the priorities, and which items."""

    priority_filter: _Filter = "high"
    data_type: DataType = "both"


async def _handle(context: ToolContext, arguments: SearchByPriority) -> Told:
    data = await load(context)
    rows, unknown = await asyncio.to_thread(_rows, data, arguments)
    summary = arguments.model_dump() | ({"without_known_priority": unknown} if unknown else {})
    return found(context, data, rows, summary)


def _rows(data: Data, arguments: SearchByPriority) -> tuple[dict[str, list[Content]], int]:
    """The items that are meant, and how many have a priority that only the team knows."""
    wanted = FILTERS[arguments.priority_filter]
    rows: dict[str, list[Content]] = {}
    unknown = 0
    for name, items in data.lists(arguments.data_type):
        steps = [step_of(item, name) for item in items]
        unknown += sum(
            step is None and bool(item.get("priority"))
            for step, item in zip(steps, items, strict=True)
        )
        rows[name] = [
            shown(item)
            for item, step in zip(items, steps, strict=True)
            if wanted is None or step in wanted
        ]
    return rows, unknown


TOOL = ClassicTool(
    name="search_tapd_by_priority",
    description=(
        "Items by priority: high (with urgent), medium, low, all; or one of TAPD's own words."
    ),
    arguments=SearchByPriority,
    handler=_handle,
    example={"priority_filter": "high", "data_type": "bugs"},
)
