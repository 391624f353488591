"""The tool `forecast`: when open work will be done, or how much by a date."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from taplens.tools.arguments import Arguments, Day, Names, Picture, Where
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.freshness import scope_of, warnings
from taplens.tools.registry import Answer, Piece, Tool

if TYPE_CHECKING:
    from taplens.analysis.pace import Forecast
    from taplens.charts import Chart
    from taplens.mirror.freshness import Freshness
    from taplens.mirror.scope import Scope
    from taplens.mirror.snapshot.keeping import Source


class ForecastArguments(Arguments):
    """Arguments: the scope, the date if one is meant, and how it is drawn."""

    where: Where = ""
    until: Day = ""
    pace: Where = ""
    days: Annotated[int, Field(ge=7, le=1_000)] = 90
    runs: Annotated[int, Field(ge=100, le=100_000)] = 10_000
    seed: Annotated[int, Field(ge=0, le=999_999)] = 1
    workspace: Names = ()
    chart: Picture = None


async def _handle(context: ToolContext, arguments: ForecastArguments) -> Answer:
    from taplens.filters import parse

    asked = {
        **arguments.model_dump(include={"until", "runs", "seed", "days"}),
        "where": parse(arguments.where),
        "pace": parse(arguments.pace) if arguments.pace else None,
    }
    chosen = context.chosen(arguments.workspace)
    scope = await scope_of(context, chosen)
    found, fresh = await context.analyse(_read, scope, asked)
    told = warnings(context, fresh, found.warnings)
    if fresh.lacks_history(found.begin):
        told.append(context.text("warning.flow.before_history"))
    if None in found.fan.values:
        told.append(context.text("warning.flow.beyond"))
    return Answer(
        pieces=_rows(found),
        end=0,
        total=found.scope,
        as_of=fresh.as_of,
        history_from=fresh.history_from,
        definition=_definition(context, found, arguments),
        warnings=told,
        chart=partial(_chart, context, found, arguments, told),
    )


def _chart(
    context: ToolContext, found: Forecast, arguments: ForecastArguments, notes: list[str]
) -> Chart:
    from taplens.tools.forecast_chart import forecast_chart

    return forecast_chart(context, found, where=arguments.where, seed=arguments.seed, notes=notes)


def _read(source: Source, scope: Scope, asked: dict[str, Any]) -> tuple[Forecast, Freshness]:
    # In the thread: the libraries underneath take a while to load.
    from taplens.analysis.pace import AskedForecast, forecast
    from taplens.mirror.freshness import freshness_of

    found = forecast(source, scope, AskedForecast(**asked))
    return found, freshness_of(source, found.pace, scope)


def _rows(found: Forecast) -> list[Piece]:
    """A row a confidence: the day, or how many items at the least."""
    from taplens.analysis.forecast import CONFIDENCES

    told = zip(CONFIDENCES, found.fan.values, strict=True)
    if found.by is not None:
        return [{"percent": share, "items": count} for share, count in told]
    return [
        {"percent": share, "date": None}
        if days is None
        else {"percent": share, "date": (found.today + timedelta(days)).isoformat(), "days": days}
        for share, days in told
    ]


def _definition(context: ToolContext, found: Forecast, asked: ForecastArguments) -> str:
    """The assumptions, by name."""
    from taplens.filters import to_text

    finished = int(found.throughput.sum())
    aim = "by" if found.by else "when"
    return " ".join(
        (
            context.text(f"definition.forecast.{aim}", scope=found.scope, by=found.by),
            context.text(
                "definition.forecast",
                runs=asked.runs,
                seed=asked.seed,
                days=asked.days,
                first=found.first,
                finished=finished,
                a_day=round(finished / asked.days, 2),
                pace=to_text(found.pace) or context.text("definition.forecast.all"),
            ),
        )
    )


def _line(row: Piece) -> str:
    if "items" in row:
        return f"- {row['percent']}%: ≥ {row['items']}"
    return f"- {row['percent']}%: {row['date'] or 'beyond ten years'}"


TOOL = Tool(
    name="forecast",
    description=(
        "When the open items of `where` will be done, or with `until` (date) how many by then:"
        " percentiles of a Monte Carlo simulation over the team's daily throughput of the last"
        " `days`. pace: filter of finished items, default `where` without plan."
    ),
    arguments=ForecastArguments,
    result=Envelope,
    fills=("data", "total", "as_of", "history_from", "definition", "warnings"),
    handler=_handle,
    line=_line,
    example={"where": "type:story iteration:current", "until": "2026-06-30"},
)
