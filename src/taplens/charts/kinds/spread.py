"""How values are spread: histograms and scattered points, with percentiles as marks."""

from __future__ import annotations

from itertools import pairwise

from taplens.charts.kinds.stacking import legend, levels
from taplens.charts.model import Chart
from taplens.charts.panel import Panel, points
from taplens.charts.plane import all_values, bounds, plane
from taplens.charts.scales import Along, position
from taplens.charts.theme import MARKERS

_MOST_SHAPES = 2_000  # points of an SVG that are shapes: more are put into it as one picture


def draw_histogram(panel: Panel, chart: Chart) -> None:
    """A bar over each bin; the series of one chart stand upon each other."""
    legend(panel, chart)
    limits = [position(limit) for limit in chart.x]
    if len(limits) > 2:  # the last bin may reach far: it is drawn as wide as the others
        limits[-1] = min(limits[-1], limits[-2] + limits[1] - limits[0])
    stacked = levels(chart)
    made = plane(panel, chart, Along(limits, limits[0], limits[-1]), 0, max(stacked[-1]))
    for style, (below, above) in enumerate(pairwise(stacked)):
        heights = list(zip(below, above, strict=True))
        panel.boxes(made.axes, style, list(pairwise(limits)), heights)


def draw_scatter(panel: Panel, chart: Chart) -> None:
    """A point for each value that isn't a gap."""
    if len(chart.series) > 1:
        panel.legend([row.name for row in chart.series], filled=False)
    along = Along.of(chart.x)
    values = all_values(chart)
    span = (along.high - along.low) * 0.015 or 0.5
    along = Along(along.places, along.low - span, along.high + span, along.dates)
    made = plane(panel, chart, along, *bounds(values, zero=False))
    many = len(values) > _MOST_SHAPES
    for style, row in enumerate(chart.series):
        placed = zip(along.places, row.values, strict=True)
        found = [(place, value) for place, value in placed if value is not None]
        if found:
            made.axes.scatter(
                [place for place, _ in found],
                [value for _, value in found],
                s=points(4 if many else 7) ** 2,
                marker=MARKERS[style],
                color=panel.theme.series[style],
                alpha=0.35 if many else 0.75,
                linewidths=0,
                rasterized=many,
                zorder=3,
            )
