"""The chart of a forecast: how many items are done by each day to come."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from taplens.charts import Chart, Mark, Series

if TYPE_CHECKING:
    from taplens.analysis.pace import Forecast
    from taplens.tools.context import ToolContext

_SHARES = (5, 15, 30, 50, 70, 85, 95)  # percentiles of the runs, as a fan
_RUNS = 2_000  # enough for a picture
_MOST_DAYS = 365
_BEYOND = 1.1  # how much farther than the last answer the picture goes


def forecast_chart(
    context: ToolContext, found: Forecast, *, where: str, seed: int, notes: list[str]
) -> Chart:
    """The fan of what is done after each day, with the scope or the day that was asked for."""
    from taplens.analysis.forecast import course

    reached = [days for days in found.fan.values if days is not None] or [_MOST_DAYS]
    last = (found.by - found.today).days if found.by else max(reached)
    days = min(max(int(last * _BEYOND), 7), _MOST_DAYS)
    lines = course(found.throughput, days, _SHARES, runs=_RUNS, seed=seed)
    if found.by:
        mark = Mark(context.text("chart.flow.until"), found.by)
    else:
        mark = Mark(context.text("chart.flow.open"), float(found.scope), "y")
    return Chart(
        kind="fan",
        title=context.text("chart.flow.forecast"),
        subtitle=where,
        x=[found.today + timedelta(days=day) for day in range(days + 1)],
        series=[
            Series(f"P{share}", [0.0, *line])
            for share, line in zip(_SHARES, lines.tolist(), strict=True)
        ],
        unit=context.text("chart.items"),
        marks=[mark],
        notes=notes,
    )
