"""The classic tool `analyze_time_trends`: items day by day, with a chart."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from taplens.clock import local_time, tapd_time
from taplens.errors import ArgumentError
from taplens.tools.arguments import Arguments, Day
from taplens.tools.classic import daily
from taplens.tools.classic.data import DATA_FILE, FOLDER, FileName, ensure_folder, load
from taplens.tools.classic.endings import endings
from taplens.tools.classic.tool import ClassicTool, Content, Told
from taplens.tools.pictures import drawn
from taplens.tools.registry import Picture

if TYPE_CHECKING:
    from pathlib import Path

    from taplens.charts import Chart
    from taplens.tools.context import ToolContext

_MOST_DAYS = 7_320  # twenty years
_MOST_LINES = 7  # statuses that a chart tells apart
_LISTS = {"story": "stories", "bug": "bugs"}


class TimeTrends(Arguments):
    """Arguments: which items, what is drawn, by which time, from when to when."""

    data_type: Literal["story", "bug"] = "story"
    chart_type: Literal["count", "priority", "status"] = "count"
    time_field: Annotated[str, Field(max_length=60)] = "created"
    since: Day = ""
    until: Day = ""
    data_file_path: FileName = DATA_FILE


async def _handle(context: ToolContext, arguments: TimeTrends) -> Told:
    since = daily.day_argument("since", arguments.since)
    until = daily.day_argument("until", arguments.until)
    daily.check_span(since, until)
    data = await load(context, arguments.data_file_path)
    name = _LISTS[arguments.data_type]
    ((_, items),) = data.lists("stories" if name == "stories" else "bugs")
    ended = await endings(context)
    days = await asyncio.to_thread(
        daily.by_day, items, name, arguments.time_field, span=(since, until), ended=ended
    )
    if not days:
        raise ArgumentError("classic_span_empty", since=since or "…", until=until or "…")
    chart = partial(_chart, context, arguments, days)
    picture = await drawn(chart, locale=context.locale)
    path = await asyncio.to_thread(_saved, context, arguments, picture)
    total = sum(day.total for day in days.values())
    told = {
        "status": "success",
        "message": context.text("classic.trends", count=total, days=len(days)),
        "data_type": arguments.data_type,
        "chart_type": arguments.chart_type,
        "time_field": arguments.time_field,
        "time_range": _span(context, since, until),
        "total_count": total,
        "date_range": {"start": min(days), "end": max(days), "days_count": len(days)},
        "chart_path": path.relative_to(context.keeper.settings.home.resolve()).as_posix(),
        "chart_url": path.as_uri(),
        "generated_at": tapd_time(context.clock.now()),
        **data.origin(),
    }
    return Told(make=partial(_content, told, days), most=len(days), chart=chart,
                picture=Picture(picture))


def _content(told: Content, days: dict[str, daily.Day], count: int) -> Content:
    """The answer with its last `count` days: what isn't shown is counted."""
    kept = list(days)[len(days) - count :]
    left = {"days_left_out": len(days) - count} if count < len(days) else {}
    return told | {"daily_stats": {day: days[day].json_object(day) for day in kept}} | left


def _span(context: ToolContext, since: str, until: str) -> str:
    if not since and not until:
        return context.text("classic.all_time")
    return context.text("classic.span", since=since or "…", until=until or "…")


def _chart(context: ToolContext, arguments: TimeTrends, days: dict[str, daily.Day]) -> Chart:
    """Lines over all days from the first to the last: a day without items is a zero, not a gap."""
    from taplens.charts import Chart, Series

    every = _every_day(date.fromisoformat(min(days)), date.fromisoformat(max(days)))
    every = every or [date.fromisoformat(day) for day in days]
    found = [days.get(day.isoformat(), daily.Day()) for day in every]
    noun = context.text(f"classic.noun.{arguments.data_type}")
    what = context.text(f"classic.chart.{arguments.chart_type}", noun=noun)
    return Chart(
        kind="line",
        title=what,
        subtitle=context.text("classic.chart.by", field=arguments.time_field),
        unit=context.text("chart.items"),
        x=every,
        series=[Series(line, values) for line, values in _lines(context, arguments, found)],
    )


def _every_day(first: date, last: date) -> list[date]:
    """The days of a span; none of one so long that a date in it must be mistyped."""
    length = (last - first).days + 1
    return [first + timedelta(days=place) for place in range(length * (length <= _MOST_DAYS))]


def _lines(
    context: ToolContext, arguments: TimeTrends, days: list[daily.Day]
) -> list[tuple[str, list[int]]]:
    if arguments.chart_type == "count":
        return [(context.text("classic.chart.total"), [day.total for day in days])]
    if arguments.chart_type == "priority":
        return [
            (context.text(f"classic.chart.{column}"), [day.priority(column) for day in days])
            for column in daily.PRIORITIES
        ]
    totals: Any = sum((day.statuses for day in days), daily.Day().statuses)
    names = [status for status, _ in totals.most_common(_MOST_LINES)]
    return [(status, [day.statuses[status] for day in days]) for status in names]


def _saved(context: ToolContext, arguments: TimeTrends, picture: bytes) -> Path:
    """Write the picture into the home, under a name with the time."""
    from taplens.tables import replacing

    stamp = f"{local_time(context.clock.now()):%Y%m%d_%H%M%S}"
    folder = context.keeper.settings.home.resolve() / FOLDER / "time_trend"
    path = folder / f"{arguments.data_type}_{arguments.chart_type}_{stamp}.png"
    ensure_folder(path)
    with replacing(path) as target:
        target.write_bytes(picture)
    return path


TOOL = ClassicTool(
    name="analyze_time_trends",
    description=(
        "Stories or bugs day by day (YYYY-MM-DD from since to until): total, by priority, by"
        " status; with a chart, also saved as a file."
    ),
    arguments=TimeTrends,
    handler=_handle,
    example={"data_type": "bug", "chart_type": "priority", "since": "2026-01-01"},
    read_only=False,
)
