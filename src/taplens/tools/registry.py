"""The one registry of operations: every door and the agent use these tools.

A tool lives in a module of its own, imported when the tool is first described or called, so
that a server is up before anything heavy is loaded.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from taplens.errors import NotFoundError, UsageError
from taplens.tools.context import ToolContext

if TYPE_CHECKING:
    from taplens.charts import Chart
    from taplens.errors import TapLensError
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
# Of other sets than the default one.
FURTHER = ("evaluate_test_cases", "read_document", "fetch_image")
# Of the set `classic`: module taplens.tools.classic.<name>.
CLASSIC = (
    "get_tapd_data",
    "get_tapd_stories",
    "get_tapd_bugs",
    "vectorize_data",
    "get_vector_info",
    "search_data",
    "precise_search_tapd_data",
    "search_tapd_by_priority",
    "get_tapd_data_statistics",
    "analyze_time_trends",
    "analyze_word_frequency",
    "generate_fake_tapd_data",
    "generate_tapd_overview",
    "preprocess_tapd_description",
    "preview_tapd_description_cleaning",
    "summarize_docx",
    "enhance_tapd_with_knowledge",
    "example_tool",
)
_MODULES = {name: f"taplens.tools.{name}" for name in (*NAMES, *FURTHER)}
_MODULES |= {name: f"taplens.tools.classic.{name}" for name in CLASSIC}
_ERROR_CHARACTERS = 1200
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
class Operation(ABC):
    """What models read of an operation, and what answers a call of it.

    `example` are arguments of a correct call. `replaces`: a file that is there may be replaced by
    another.
    """

    name: str
    description: str
    arguments: type[Arguments]
    example: Mapping[str, Any]
    toolset: str = "default"
    read_only: bool = True
    replaces: bool = False

    def input_schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        from taplens.tools.arguments import schema_of

        return schema_of(self.arguments)

    def output_schema(self) -> dict[str, Any] | None:
        """The JSON schema of the answer; None where it is but a text."""
        return None

    def example_call(self) -> str:
        """A correct call, as text for an error."""
        from taplens.tools.sizing import compact

        return f"{self.name} {compact(dict(self.example))}"

    def failure(self, fault: TapLensError) -> str:
        """The fault as a model should read it: what is wrong, how to mend it, a correct call."""
        lines = [fault.message()[:_ERROR_CHARACTERS], fault.mend()[:_ERROR_CHARACTERS]]
        if isinstance(fault, UsageError):
            lines.append(f"Correct: {self.example_call()}")
        return "\n".join(lines)

    @abstractmethod
    async def answered(self, context: ToolContext, asked: Any) -> Result:
        """The answer to checked arguments, within the context's token budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(Operation):
    """An operation that answers in the envelope.

    `result` is the model of the answer and `fills` the names of its fields that this tool can
    fill; `line` is the Markdown of one row of `data`.
    """

    result: type[Envelope]
    fills: tuple[str, ...]
    handler: Callable[[ToolContext, Any], Awaitable[Answer]]
    line: Callable[[Piece], str]

    def output_schema(self) -> dict[str, Any]:
        """The JSON schema of the answer."""
        from taplens.tools.envelope import output_schema

        return output_schema(self.fills)

    async def answered(self, context: ToolContext, asked: Any) -> Result:
        """See Operation."""
        from taplens.tools.fitting import fitted
        from taplens.tools.pictures import drawn

        answer = await self.handler(context, asked)
        theme, picture = getattr(asked, "chart", None), None
        if theme and answer.chart:
            picture = Picture(await drawn(answer.chart, locale=context.locale, theme=theme))
        elif theme:
            answer.warnings.append(context.text("warning.no_chart"))
        return replace(fitted(self, context, answer), chart=answer.chart, picture=picture)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that goes out with an answer, and its type."""

    data: bytes
    mime_type: str = "image/png"


@dataclass(frozen=True, slots=True)
class Result:
    """An answer as it goes out: the JSON object, and the same as Markdown.

    `chart` makes its chart, if it has one, for a door that draws it its own way; `picture` is the
    one that the arguments asked for.
    """

    content: dict[str, Any]
    text: str
    chart: Callable[[], Chart] | None = None
    picture: Picture | None = None


@cache
def get(name: str) -> Operation:
    """The operation called `name`. Raises NotFoundError for a name that isn't one."""
    if name not in _MODULES:
        raise NotFoundError("tool_unknown", name=name[:60], known=", ".join(_MODULES))
    tool: Operation = import_module(_MODULES[name]).TOOL
    return tool


def offered(toolsets: Sequence[str] = ()) -> list[Operation]:
    """The tools of the default set and of further `toolsets`, in the order they are offered."""
    names = [*NAMES, *(FURTHER if toolsets else ()), *(CLASSIC if "classic" in toolsets else ())]
    wanted = {"default", *toolsets}
    return [tool for tool in map(get, names) if tool.toolset in wanted]


async def call(context: ToolContext, name: str, arguments: Mapping[str, Any] | None) -> Result:
    """The answer of the tool `name`, within the context's token budget.

    Raises TapLensError: NotFoundError for an unknown tool, ArgumentError for arguments that are
    not its own, and whatever the tool finds wrong.
    """
    from taplens.tools.arguments import checked

    tool = get(name)
    return await tool.answered(context, checked(tool.arguments, arguments))
