"""The classic tool `get_tapd_bugs`: the bugs, the first of them shown."""

from __future__ import annotations

from taplens.tools.classic.exporting import Fetching
from taplens.tools.classic.listing import listing
from taplens.tools.classic.tool import ClassicTool

TOOL = ClassicTool(
    name="get_tapd_bugs",
    description="Fetch TAPD's bugs into local_data/bugs.json; the answer shows the first.",
    arguments=Fetching,
    handler=listing("bugs"),
    example={},
    read_only=False,
)
