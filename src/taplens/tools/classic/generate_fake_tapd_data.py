"""The classic tool `generate_fake_tapd_data`: a data file of invented items."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from taplens.tools.arguments import Arguments
from taplens.tools.classic import data, invented
from taplens.tools.classic.tool import ClassicTool, Told, whole
from taplens.tools.home_files import within

if TYPE_CHECKING:
    from taplens.tools.context import ToolContext

_Count = Annotated[int, Field(ge=0, le=100_000)]


class FakeData(Arguments):
    """Arguments: how many of each kind, and the file."""

    n_story_A: _Count = 300  # noqa: N815 - the name that callers know
    n_story_B: _Count = 200  # noqa: N815
    n_bug_A: _Count = 400  # noqa: N815
    n_bug_B: _Count = 300  # noqa: N815
    output_path: data.FileName = data.DATA_FILE


async def _handle(context: ToolContext, arguments: FakeData) -> Told:
    home = context.keeper.settings.home
    path = within(home, arguments.output_path.replace("\\", "/"), ".json")
    wanted = invented.Wanted(
        arguments.n_story_A, arguments.n_story_B, arguments.n_bug_A, arguments.n_bug_B
    )
    now = context.clock.now()
    lists = {"stories": invented.stories(wanted, now), "bugs": invented.bugs(wanted, now)}
    counts = await asyncio.to_thread(data.write, path, lists, generated=True)
    total = sum(counts.values())
    return whole(
        {
            "status": "success",
            "message": context.text("classic.invented", count=total, path=arguments.output_path),
            "details": {
                "story_type_A": wanted.strategies,
                "story_type_B": wanted.decisions,
                "bug_type_A": wanted.short_bugs,
                "bug_type_B": wanted.long_bugs,
                "total": total,
                "output_file": path.relative_to(home.resolve()).as_posix(),
            },
        }
    )


TOOL = ClassicTool(
    name="generate_fake_tapd_data",
    description=(
        "Write a data file of invented stories (A: strategies, B: decisions) and bugs (A: short,"
        " B: with steps). It replaces the file; get_tapd_data fetches the real ones again."
    ),
    arguments=FakeData,
    handler=_handle,
    example={"n_story_A": 30, "n_story_B": 20, "n_bug_A": 40, "n_bug_B": 30},
    read_only=False,
    replaces=True,
)
