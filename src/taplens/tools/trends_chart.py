"""The chart of a trend: lines over time, or one measure split into groups."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from taplens.charts import Chart, Series
from taplens.clock import day_of
from taplens.tools.pictures import field_word

if TYPE_CHECKING:
    from taplens.analysis.trends import Trends
    from taplens.charts import Kind
    from taplens.tools.context import ToolContext


def trends_chart(context: ToolContext, where: str, found: Trends) -> Chart:
    """The chart of what `found` tells of the filter `where`.

    Unsplit, all measures as lines. Split, the first measure alone, its groups upon each other: as
    areas where they stand at an end of a period, as bars where they happen in it. The notes say
    which measures are left out.
    """
    chart = _framed(context, where, found)
    if not found.by:
        lines = [Series(_word(context, line.name), line.numbers) for line in found.series]
        begins = [day_of(edge) for edge in found.periods.edges[:-1]]
        title = context.text("chart.and").join(line.name for line in lines)
        return chart(kind="line", title=title, x=begins, series=lines)
    first, *others = found.measures
    groups = [
        Series(_group(context, line.group), line.numbers)
        for line in found.series
        if line.name == first
    ]
    word = field_word(found.by, context.locale)
    title = context.text("chart.trends_by", measure=_word(context, first), by=word)
    left_out = ", ".join(_word(context, name) for name in others)
    notes = [context.text("chart.trends_left_out", measures=left_out)] if others else []
    kind: Kind = "areas" if first == "open" else "stacked_bars"
    return chart(kind=kind, title=title, x=found.periods.names, series=groups, notes=notes)


def _framed(context: ToolContext, where: str, found: Trends) -> Callable[..., Chart]:
    """Makes a chart with what stands around it: the filter and the span, and what is counted."""
    days = {"since": found.periods.since, "until": found.periods.until}
    span = context.text("definition.trend_span", **days)
    subtitle = " · ".join(filter(None, (where, span)))
    return partial(Chart, subtitle=subtitle, unit=context.text("chart.items"))


def _group(context: ToolContext, name: str) -> str:
    """What people call a group: those that the answer names itself in the reader's language."""
    ours = {"none": "chart.none", "other": "cli.column.other"}
    return context.text(ours[name]) if name in ours else name


def _word(context: ToolContext, measure: str) -> str:
    """What people call a measure: one of ours, or a field of time."""
    ours = {name: f"cli.column.trend_{name}" for name in ("created", "closed", "open")}
    return context.text(ours[measure]) if measure in ours else field_word(measure, context.locale)
