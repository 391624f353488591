"""The classic tool `preview_tapd_description_cleaning`: what cleaning would change."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from taplens.tools.arguments import Arguments
from taplens.tools.classic.cleaning import html_of, preview_of
from taplens.tools.classic.data import DATA_FILE, FileName, kind_of, load
from taplens.tools.classic.tool import ClassicTool, Content, Told

if TYPE_CHECKING:
    from taplens.tools.classic.data import Data
    from taplens.tools.context import ToolContext

_SHOWN = 200  # characters of a description


class Preview(Arguments):
    """Arguments: the file, and how many items are shown."""

    data_file_path: FileName = DATA_FILE
    item_count: Annotated[int, Field(ge=1, le=200)] = 3


async def _handle(context: ToolContext, arguments: Preview) -> Told:
    data = await load(context, arguments.data_file_path)
    rows = await asyncio.to_thread(_rows, data, arguments.item_count)

    def make(count: int) -> Content:
        return {
            "status": "success",
            "message": context.text("classic.previewed", count=len(rows)),
            "preview_count": count,
            "results": rows[:count],
            **data.origin(),
        }

    return Told(make=make, most=len(rows))


def _rows(data: Data, most: int) -> list[Content]:
    described = (
        preview_of(item, kind_of(name), _SHOWN)
        for name, items in data.lists()
        for item in items
        if html_of(item)
    )
    return list(islice(described, most))


TOOL = ClassicTool(
    name="preview_tapd_description_cleaning",
    description=(
        "What cleaning makes of the first descriptions: lengths, beginnings, links to documents,"
        " pictures. Nothing is changed."
    ),
    arguments=Preview,
    handler=_handle,
    example={"item_count": 3},
)
