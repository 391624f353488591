"""The tool `trends`: what was created, closed and open, period by period."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from taplens.clock import iso_time
from taplens.tools.arguments import Arguments, Day, Texts, Where
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.freshness import analysed_with_history, definitions, scope_of, warnings
from taplens.tools.markdown import one_line
from taplens.tools.pictures import ChartTheme
from taplens.tools.registry import Answer, Piece, Tool

if TYPE_CHECKING:
    from taplens.analysis.trends import Trends
    from taplens.charts import Chart
    from taplens.filters import Query
    from taplens.mirror.freshness import Freshness
    from taplens.mirror.scope import Scope
    from taplens.mirror.snapshot.keeping import Source


class TrendsArguments(Arguments):
    """Arguments: the filter, what is counted, the span and its periods, and the split."""

    where: Where = ""
    of: Texts = ()
    interval: Literal["day", "week", "month", "year"] = "week"
    since: Day = ""
    until: Day = ""
    by: Annotated[str, Field(max_length=100)] = ""
    limit: Annotated[int, Field(ge=1, le=50)] = 5
    workspace: Texts = ()
    chart: ChartTheme = None


async def _handle(context: ToolContext, arguments: TrendsArguments) -> Answer:
    from taplens.filters import parse

    query = parse(arguments.where)
    chosen = context.chosen(arguments.workspace)
    scope = await scope_of(context, chosen)
    found, fresh = await context.analyse(analysed_with_history, _trends, query, scope, arguments)
    rows = _rows(found)
    return Answer(
        pieces=rows[::-1],  # where not all fit, the newest stay
        assemble=lambda kept: list(kept)[::-1],
        end=0,
        total=found.total,
        as_of=fresh.as_of,
        history_from=fresh.history_from,
        definition=_definition(context, found),
        warnings=[*warnings(context, fresh, found.warnings), *_reach(context, found, fresh)],
        left_out=lambda dropped: _left_out(context, dropped),
        chart=partial(_chart, context, arguments.where, found) if rows else None,
    )


def _chart(context: ToolContext, where: str, found: Trends) -> Chart:
    from taplens.tools.trends_chart import trends_chart

    return trends_chart(context, where, found)


def _trends(source: Source, query: Query, scope: Scope, arguments: TrendsArguments) -> Trends:
    # In the thread: the libraries underneath take a while to load.
    from taplens.analysis.trends import Asked, trends

    asked = Asked(**arguments.model_dump(exclude={"where", "workspace", "chart"}))
    return trends(source, query, scope, asked)


def _rows(found: Trends) -> list[Piece]:
    """One row a period: the number of each measure, by group where they are split."""
    rows: list[Piece] = [{"period": name} for name in found.periods.names]
    for series in found.series:
        for row, number in zip(rows, series.numbers, strict=True):
            if found.by:
                row.setdefault(series.name, {})[series.group] = number
            else:
                row[series.name] = number
    return rows


def _definition(context: ToolContext, found: Trends) -> str:
    """What the numbers mean, as far as these are asked for."""
    span = {"since": found.periods.since, "until": found.periods.until}
    told = [context.text("definition.trend_span", **span)]
    told += [
        context.text(f"definition.trend_{name}")
        for name in ("closed", "open")
        if name in found.measures
    ]
    if found.by:
        how = "status" if found.by == "status" else "split"
        told.append(context.text(f"definition.trend_{how}", name=found.by))
    return " ".join([*told, definitions(context, found.definitions) or ""]).strip()


def _reach(context: ToolContext, found: Trends, fresh: Freshness) -> list[str]:
    """Whether the statuses over time reach back as far as the trend."""
    if not {"closed", "open"} & set(found.measures):
        return []
    if fresh.without_history:
        types = ", ".join(fresh.without_history)
        return [context.text("warning.trend_without_history", types=types)]
    if fresh.history_from is not None and fresh.lacks_history(found.periods.edges[0]):
        return [context.text("warning.trend_history", time=iso_time(fresh.history_from)[:10])]
    return []


def _left_out(context: ToolContext, dropped: Sequence[Piece]) -> list[str]:
    if not dropped:
        return []
    return [context.text("warning.periods_left_out", count=len(dropped))]


def _line(row: Piece) -> str:
    told = [
        f"{name} {_groups(value) if isinstance(value, dict) else value}"
        for name, value in row.items()
        if name != "period"
    ]
    return f"- {row['period']}: {'; '.join(told)}"


def _groups(numbers: dict[str, int]) -> str:
    return ", ".join(f"{one_line(name)} {number}" for name, number in numbers.items())


TOOL = Tool(
    name="trends",
    description=(
        "Items created, closed and open at the end of each period. `of`: these"
        " and any time field (due, resolved...); `by` splits into the `limit` largest groups;"
        " `since`/`until`: dates as in filters."
    ),
    arguments=TrendsArguments,
    result=Envelope,
    fills=("data", "total", "as_of", "history_from", "definition", "warnings"),
    handler=_handle,
    line=_line,
    example={"where": "type:bug", "interval": "month", "by": "severity"},
)
