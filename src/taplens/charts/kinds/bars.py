"""Bars: beside each other, upon each other, or lying as a ranking."""

from __future__ import annotations

from collections.abc import Sequence

from taplens.charts.lettering import cut, width
from taplens.charts.model import Chart
from taplens.charts.panel import EDGE, SMALL, TEXT, Panel, points
from taplens.charts.plane import Plane, all_values, bounds, plane
from taplens.charts.scales import Along, number, text_of, value_ticks

_SHARE = 0.72  # of a place, that its bars take
_LABELLED = 24  # bars that have their number written on them, at most


def draw(panel: Panel, chart: Chart) -> None:
    """For each place on x the bars of all series beside each other."""
    _legend(panel, chart)
    along = Along.of(chart.x, slots=True)
    made = plane(panel, chart, along, *bounds(all_values(chart), zero=True))
    count = len(chart.series)
    wide = _SHARE / count
    for index, row in enumerate(chart.series):
        places = [place + (index - (count - 1) / 2) * wide for place in along.places]
        heights = [value or 0 for value in row.values]
        made.axes.bar(places, heights, wide, **panel.fill(index))
        if len(all_values(chart)) <= _LABELLED:
            _numbers(made, places, row.values)


def draw_stacked(panel: Panel, chart: Chart) -> None:
    """For each place on x the bars of all series upon each other."""
    _legend(panel, chart)
    along = Along.of(chart.x, slots=True)
    totals = _totals(chart)
    made = plane(panel, chart, along, 0, max(totals))
    base = [0.0] * len(totals)
    for index, row in enumerate(chart.series):
        heights = [value or 0 for value in row.values]
        made.axes.bar(along.places, heights, _SHARE, bottom=base, **panel.fill(index))
        base = [below + height for below, height in zip(base, heights, strict=True)]
    if len(totals) <= _LABELLED:
        _numbers(made, along.places, totals)


def draw_ranking(panel: Panel, chart: Chart) -> None:
    """Lying bars from the top down, with their names at the left and their numbers at the end."""
    _legend(panel, chart)
    totals = _totals(chart)
    names = [cut(text_of(place), TEXT, panel.room * 0.36) for place in chart.x]
    numbers = [number(total) for total in totals]
    left = EDGE + max(width(name, TEXT) for name in names) + 10
    right = panel.wide - EDGE - max(width(text, TEXT) for text in numbers) - 10
    if chart.unit:
        panel.top -= 16
        panel.write(EDGE, panel.top + 4, cut(chart.unit, TEXT, panel.room))
        panel.top -= 6
    axes = panel.plot(left, right, panel.bottom, panel.top)
    axes.set_xlim(0, value_ticks(0, max(totals) or 1, 40, whole=False)[-1][0])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", pad=points(8), labelcolor=panel.theme.ink)
    base = [0.0] * len(names)
    for index, row in enumerate(chart.series):
        lengths = [value or 0 for value in row.values]
        axes.barh(range(len(names)), lengths, _SHARE, left=base, **panel.fill(index))
        base = [before + length for before, length in zip(base, lengths, strict=True)]
    for place, (end, text) in enumerate(zip(base, numbers, strict=True)):
        axes.annotate(
            text, (end, place), (points(5), 0), textcoords="offset points", va="center",
            fontsize=points(TEXT), color=panel.theme.muted,
        )  # fmt: skip


def _legend(panel: Panel, chart: Chart) -> None:
    if len(chart.series) > 1:
        panel.legend([row.name for row in chart.series], filled=True)
    else:
        panel.top -= 4


def _totals(chart: Chart) -> list[float]:
    return [
        sum(value or 0 for value in values)
        for values in zip(*(row.values for row in chart.series), strict=True)
    ]


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
