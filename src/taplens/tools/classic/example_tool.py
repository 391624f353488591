"""The classic tool `example_tool`: shows that calls arrive and answers come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from taplens.tools.arguments import Arguments
from taplens.tools.classic.tool import ClassicTool, Told, whole

if TYPE_CHECKING:
    from taplens.tools.context import ToolContext

_MOST = 10**15


class Example(Arguments):
    """Arguments: a text and a number."""

    param1: Annotated[str, Field(max_length=1000)] = "success"
    param2: Annotated[int, Field(ge=-_MOST, le=_MOST)] = 57257


async def _handle(_context: ToolContext, arguments: Example) -> Told:
    text, number = arguments.param1.upper(), arguments.param2 * 2
    combined = f"{text}_{number}"
    return whole({"processed_str": text, "processed_num": number, "combined": combined})


TOOL = ClassicTool(
    name="example_tool",
    description="An example: param1 in upper case, param2 doubled, both combined.",
    arguments=Example,
    handler=_handle,
    example={"param1": "success", "param2": 57257},
)
