"""The classic tool `get_tapd_data`: the mirror as a data file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taplens.tools.classic.data import DATA_FILE
from taplens.tools.classic.exporting import Fetching, fetched
from taplens.tools.classic.tool import ClassicTool, Told, whole

if TYPE_CHECKING:
    from taplens.tools.context import ToolContext


async def _handle(context: ToolContext, arguments: Fetching) -> Told:
    clean = arguments.clean_empty_fields
    counts, told = await fetched(context, ("stories", "bugs"), DATA_FILE, clean=clean)
    return whole(
        {
            "status": "success",
            "message": context.text("classic.saved", path=DATA_FILE),
            "statistics": {
                "stories_count": counts["stories"],
                "bugs_count": counts["bugs"],
                "total_count": sum(counts.values()),
            },
            "file_path": DATA_FILE,
        }
        | told
    )


TOOL = ClassicTool(
    name="get_tapd_data",
    description=(
        "Fetch stories and bugs of TAPD into local_data/msg_from_fetcher.json, which the other"
        " tools read. Returns counts."
    ),
    arguments=Fetching,
    handler=_handle,
    example={},
    read_only=False,
)
