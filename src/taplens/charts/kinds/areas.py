"""Stacked areas over time: a cumulative flow diagram."""

from __future__ import annotations

from itertools import pairwise

from taplens.charts.model import Chart
from taplens.charts.panel import Panel
from taplens.charts.plane import plane
from taplens.charts.scales import Along


def draw(panel: Panel, chart: Chart) -> None:
    """Each series as an area upon those before it; the legend is in the order of the series."""
    panel.legend([row.name for row in chart.series], filled=True)
    along = Along.of(chart.x)
    levels = [[0.0] * len(chart.x)]
    for row in chart.series:
        levels.append(
            [below + (value or 0) for below, value in zip(levels[-1], row.values, strict=True)]
        )
    made = plane(panel, chart, along, 0, max(levels[-1]))
    for index, (below, above) in enumerate(pairwise(levels)):
        made.axes.fill_between(along.places, below, above, **panel.fill(index))
