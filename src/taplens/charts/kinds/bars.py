"""Bars: beside each other, upon each other, or lying as a ranking."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from taplens.charts.kinds.stacking import legend, levels
from taplens.charts.lettering import cut, width
from taplens.charts.model import Chart
from taplens.charts.panel import EDGE, SMALL, TEXT, Panel, points
from taplens.charts.plane import Plane, all_values, bounds, plane
from taplens.charts.scales import Along, number, text_of

_SHARE = 0.72  # of a place, that its bars take


def draw(panel: Panel, chart: Chart) -> None:
    """For each place on x the bars of all series beside each other."""
    legend(panel, chart)
    along, values = Along.of(chart.x, slots=True), all_values(chart)
    made = plane(panel, chart, along, *bounds(values, zero=True))
    count = len(chart.series)
    wide_enough = _fit(made, values, _SHARE / count)
    for style, row in enumerate(chart.series):
        shift = (style - (count - 1) / 2) * _SHARE / count
        places = [place + shift for place in along.places]
        heights = [(0.0, value or 0.0) for value in row.values]
        panel.boxes(made.axes, style, _around(places, _SHARE / count), heights)
        if wide_enough:
            _numbers(made, places, row.values)


def draw_stacked(panel: Panel, chart: Chart) -> None:
    """For each place on x the bars of all series upon each other."""
    legend(panel, chart)
    along, stacked = Along.of(chart.x, slots=True), levels(chart)
    made = plane(panel, chart, along, 0, max(stacked[-1]))
    sides = _around(along.places, _SHARE)
    for style, (below, above) in enumerate(pairwise(stacked)):
        panel.boxes(made.axes, style, sides, list(zip(below, above, strict=True)))
    if _fit(made, stacked[-1], 1.0):
        _numbers(made, along.places, stacked[-1])


def draw_ranking(panel: Panel, chart: Chart) -> None:
    """Lying bars from the top down, with their names at the left and their numbers at the end."""
    legend(panel, chart)
    if chart.unit:
        panel.top -= 16
        panel.write(EDGE, panel.top + 4, cut(chart.unit, TEXT, panel.room))
    panel.top -= 6
    stacked = levels(chart)
    names = [cut(text_of(place), TEXT, panel.room * 0.36) for place in chart.x]
    numbers = [number(total) for total in stacked[-1]]
    left = EDGE + max(width(name, TEXT) for name in names) + 10
    right = panel.wide - EDGE - max(width(text, TEXT) for text in numbers) - 10
    axes = panel.plot(left, right, panel.bottom, panel.top)
    axes.set_xlim(0, max(stacked[-1]) or 1)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", pad=points(8), labelcolor=panel.theme.ink)
    rows = _around([float(row) for row in range(len(names))], _SHARE)
    for style, (before, after) in enumerate(pairwise(stacked)):
        panel.boxes(axes, style, list(zip(before, after, strict=True)), rows)
    for row, (end, text) in enumerate(zip(stacked[-1], numbers, strict=True)):
        axes.annotate(
            text, (end, row), (points(6), 0), textcoords="offset points", va="center",
            fontsize=points(TEXT), color=panel.theme.muted,
        )  # fmt: skip


def _around(places: Sequence[float], wide: float) -> list[tuple[float, float]]:
    """The two sides of a bar on each place."""
    return [(place - wide / 2, place + wide / 2) for place in places]


def _fit(made: Plane, values: Sequence[float], share: float) -> bool:
    """Whether each number has room over its own bar, which has this share of a place."""
    (left, _), (right, _) = made.pixel(0, 0), made.pixel(share, 0)
    return max(width(number(value), SMALL) for value in values) + 2 <= right - left


def _numbers(made: Plane, places: Sequence[float], values: Sequence[float | None]) -> None:
    """The value over the end of each bar."""
    for place, value in zip(places, values, strict=True):
        if value is None:
            continue
        below = value < 0
        made.axes.annotate(
            number(value), (place, value), (0, points(-4 if below else 4)), ha="center",
            va="top" if below else "bottom", textcoords="offset points",
            fontsize=points(SMALL), color=made.panel.theme.ink,
        )  # fmt: skip
