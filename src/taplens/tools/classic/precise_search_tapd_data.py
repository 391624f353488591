"""The classic tool `precise_search_tapd_data`: a text in one field, or in any."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from taplens.errors import ArgumentError
from taplens.tools.arguments import Arguments
from taplens.tools.classic.data import DataType, load
from taplens.tools.classic.finding import found
from taplens.tools.classic.items import shown
from taplens.tools.classic.matching import Search, check_field
from taplens.tools.classic.tool import ClassicTool, Content, Told

if TYPE_CHECKING:
    from taplens.tools.classic.data import Data
    from taplens.tools.context import ToolContext


class PreciseSearch(Arguments):
    """Arguments: the text, the field ("": all), which items, and how it is compared."""

    search_value: Annotated[str, Field(max_length=1000)]
    search_field: Annotated[str, Field(max_length=100)] = ""
    data_type: DataType = "both"
    exact_match: bool = False
    case_sensitive: bool = False


async def _handle(context: ToolContext, arguments: PreciseSearch) -> Told:
    if not arguments.search_value:
        raise ArgumentError("argument_missing", name="search_value")
    data = await load(context)
    rows = await asyncio.to_thread(_rows, data, arguments)
    summary = {"search_params": arguments.model_dump() | _named(context, arguments)}
    return found(context, data, rows, summary)


def _named(context: ToolContext, arguments: PreciseSearch) -> dict[str, str]:
    return {"search_field": arguments.search_field or context.text("classic.all_fields")}


def _rows(data: Data, arguments: PreciseSearch) -> dict[str, list[Content]]:
    lists = dict(data.lists(arguments.data_type))
    check_field(arguments.search_field, *lists.values())
    search = Search(
        text=arguments.search_value,
        field=arguments.search_field,
        exact=arguments.exact_match,
        case_sensitive=arguments.case_sensitive,
    )
    return {
        name: [
            shown(match.item) | {"_match_info": search.shown(match)}
            for match in search.matches(items)
        ]
        for name, items in lists.items()
    }


TOOL = ClassicTool(
    name="precise_search_tapd_data",
    description=(
        "Items that hold search_value: in search_field (id, name, title, status, owner...), or in"
        " any. exact_match: the whole value, or one of several; ids also by their short number."
    ),
    arguments=PreciseSearch,
    handler=_handle,
    example={"search_value": "登录", "search_field": "name"},
)
