"""The one registry of operations: every door and the agent use these tools.

A tool lives in a module of its own, imported when the tool is first described or called, so
that a server is up before anything heavy is loaded.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from taplens.errors import NotFoundError
from taplens.tools.context import ToolContext

if TYPE_CHECKING:
    from taplens.charts import Chart
    from taplens.tools.arguments import Arguments
    from taplens.tools.envelope import Envelope

# In the order they are offered: module taplens.tools.<name>, where TOOL stands.
NAMES = (
    "workspace_status",
    "describe_workspace",
    "find_items",
    "get_items",
    "similar_items",
    "count_items",
    "trends",
    "flow_metrics",
    "forecast",
    "word_frequency",
    "generate_report",
    "sync_workspace",
)
FURTHER = ("evaluate_test_cases",)  # of other sets than the default one
Piece = dict[str, Any]


def _same(pieces: Sequence[Piece]) -> list[Piece]:
    return list(pieces)


@dataclass(slots=True, kw_only=True)
class Answer:
    """What a handler found, before it is cut to the caller's budget.

    `pieces` are the rows from the cursor's place on, dropped whole from the end where they
    don't fit; `end` is how many there are in the whole query. `assemble` turns the pieces kept
    into the rows of `data` (where a long item is told in several); `brief` gives the short
    form of a piece that is too large on its own; `left_out` says in warnings what didn't fit,
    where there are no pages. `suggestions` are filters to go on with. `text_of` gives a piece as
    Markdown, where it isn't a row. `chart` makes the chart of what was found, where it is one that
    can be drawn; it is called in a thread, and only where a picture is wanted. Times are UTC epoch
    seconds.
    """

    pieces: Sequence[Piece]
    end: int
    total: int | None = None
    start: int = 0
    as_of: int | None = None
    history_from: int | None = None
    definition: str | None = None
    warnings: list[str] = field(default_factory=list)
    item_ids: list[str] = field(default_factory=list)
    suggestions: list[str] = field(default_factory=list)
    assemble: Callable[[Sequence[Piece]], list[Piece]] = _same
    brief: Callable[[Piece], Piece] | None = None
    left_out: Callable[[Sequence[Piece]], list[str]] | None = None
    text_of: Callable[[Piece], str] | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    chart: Callable[[], Chart] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """An operation: what models read of it, and what carries it out.

    `result` is the model of the answer and `fills` the names of its fields that this tool can
    fill; `line` is the Markdown of one row of `data`; `example` are arguments of a correct call.
    """

    name: str
    description: str
    arguments: type[Arguments]
    result: type[Envelope]
    fills: tuple[str, ...]
    handler: Callable[[ToolContext, Any], Awaitable[Answer]]
    line: Callable[[Piece], str]
    example: Mapping[str, Any]
    toolset: str = "default"
    read_only: bool = True

    def input_schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        from taplens.tools.arguments import schema_of

        return schema_of(self.arguments)

    def output_schema(self) -> dict[str, Any]:
        """The JSON schema of the answer."""
        from taplens.tools.envelope import output_schema

        return output_schema(self.fills)

    def example_call(self) -> str:
        """A correct call, as text for an error."""
        from taplens.tools.sizing import compact

        return f"{self.name} {compact(dict(self.example))}"


@dataclass(frozen=True, slots=True)
class Result:
    """An answer as it goes out: the JSON object, and the same as Markdown.

    `chart` makes its chart, if it has one, for a door that draws it its own way; `picture` is the
    PNG that the arguments asked for.
    """

    content: dict[str, Any]
    text: str
    chart: Callable[[], Chart] | None = None
    picture: bytes | None = None


@cache
def get(name: str) -> Tool:
    """The tool called `name`. Raises NotFoundError for a name that isn't one."""
    if name not in (*NAMES, *FURTHER):
        raise NotFoundError("tool_unknown", name=name[:60], known=", ".join((*NAMES, *FURTHER)))
    tool: Tool = import_module(f"taplens.tools.{name}").TOOL
    return tool


def offered(toolsets: Sequence[str] = ()) -> list[Tool]:
    """The tools of the default set and of further `toolsets`, in the order they are offered."""
    wanted = {"default", *toolsets}
    return [tool for tool in map(get, (*NAMES, *FURTHER)) if tool.toolset in wanted]


async def call(context: ToolContext, name: str, arguments: Mapping[str, Any] | None) -> Result:
    """The answer of the tool `name`, within the context's token budget.

    Raises TapLensError: NotFoundError for an unknown tool, ArgumentError for arguments that are
    not its own, and whatever the tool finds wrong.
    """
    from taplens.tools.arguments import checked
    from taplens.tools.fitting import fitted
    from taplens.tools.pictures import drawn

    tool = get(name)
    asked = checked(tool.arguments, arguments)
    answer = await tool.handler(context, asked)
    theme, picture = getattr(asked, "chart", None), None
    if theme and answer.chart:
        picture = await drawn(answer.chart, locale=context.locale, theme=theme)
    elif theme:
        answer.warnings.append(context.text("warning.no_chart"))
    return replace(fitted(tool, context, answer), chart=answer.chart, picture=picture)
