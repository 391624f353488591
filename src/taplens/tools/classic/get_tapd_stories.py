"""The classic tool `get_tapd_stories`: the stories, the first of them shown."""

from __future__ import annotations

from taplens.tools.classic.exporting import Fetching
from taplens.tools.classic.listing import listing
from taplens.tools.classic.tool import ClassicTool

TOOL = ClassicTool(
    name="get_tapd_stories",
    description="Fetch TAPD's stories into local_data/stories.json; the answer shows the first.",
    arguments=Fetching,
    handler=listing("stories"),
    example={},
    read_only=False,
)
