"""Series upon each other, as areas, bars and bins share it."""

from __future__ import annotations

from taplens.charts.model import Chart
from taplens.charts.panel import Panel


def levels(chart: Chart) -> list[list[float]]:
    """For each place how high the series reach: 0, then the first, the first two, ... all.

    Series number n lies between the levels n and n + 1; a gap counts as 0.
    """
    found = [[0.0] * len(chart.series[0].values)]
    for row in chart.series:
        found.append(
            [below + (value or 0) for below, value in zip(found[-1], row.values, strict=True)]
        )
    return found


def legend(panel: Panel, chart: Chart) -> None:
    """The legend of filled series, where there are several."""
    if len(chart.series) > 1:
        panel.legend([row.name for row in chart.series], filled=True)
