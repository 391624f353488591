"""What the classic tools have in common: an answer that is JSON text, cut to the budget."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taplens.tools.registry import Operation, Picture, Result
from taplens.tools.sizing import compact, largest, tokens

if TYPE_CHECKING:
    from taplens.charts import Chart
    from taplens.errors import TapLensError
    from taplens.tools.context import ToolContext

Content = dict[str, Any]
_GUESS = 8  # items that fit an answer, more or less


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a handler found. `make` gives the answer with so many of its `most` parts."""

    make: Callable[[int], Content]
    most: int = 0
    chart: Callable[[], Chart] | None = None
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicTool(Operation):
    """A tool whose answer is one JSON text with `status`; a fault's is {status: error, message,
    suggestion}.
    """

    handler: Callable[[ToolContext, Any], Awaitable[Told]]
    toolset: str = "classic"

    async def answered(self, context: ToolContext, asked: Any) -> Result:
        """See Operation."""
        told = await self.handler(context, asked)
        content = _fitted(told, context.budget)
        return Result(content, compact(content), chart=told.chart, picture=told.picture)

    def failure(self, fault: TapLensError) -> str:
        """See Operation."""
        told = {"status": "error", "message": fault.message(), "suggestion": fault.mend()}
        return compact(told)


def whole(content: Mapping[str, Any]) -> Told:
    """An answer that is short by its nature."""
    return Told(make=lambda _count: dict(content))


def _fitted(told: Told, budget: int | None) -> Content:
    """The answer with as many parts as cost at most `budget` tokens."""
    if budget is None:
        return told.make(told.most)

    def fits(count: int) -> bool:
        return tokens(compact(told.make(count))) <= budget

    kept = largest(told.most, _GUESS, fits)
    content = told.make(kept)
    if kept or fits(0):
        return content
    plain = {name: value for name, value in content.items() if isinstance(value, str | int)}
    return plain | {"truncated": True}
