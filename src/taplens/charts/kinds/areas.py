"""Stacked areas over time: a cumulative flow diagram."""

from __future__ import annotations

from itertools import pairwise

from taplens.charts.kinds.stacking import legend, levels
from taplens.charts.model import Chart
from taplens.charts.panel import Panel
from taplens.charts.plane import plane
from taplens.charts.scales import Along


def draw(panel: Panel, chart: Chart) -> None:
    """Each series as an area upon those before it; the legend is in the order of the series."""
    legend(panel, chart)
    along, stacked = Along.of(chart.x), levels(chart)
    made = plane(panel, chart, along, 0, max(stacked[-1]))
    for style, (below, above) in enumerate(pairwise(stacked)):
        made.axes.fill_between(along.places, below, above, **panel.fill(style))
