"""Lines over time: values, the steps of a scope, an ideal to compare with; and percentile fans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from taplens.charts.lettering import cut
from taplens.charts.model import Chart, Series
from taplens.charts.panel import TEXT, Panel, points
from taplens.charts.plane import Plane, all_values, bounds, end_names, plane
from taplens.charts.scales import Along, number
from taplens.charts.theme import DASHES

_MARKERS = 14  # along a line, at most: more would hide it
_MOST_NAME = 190.0


def draw(panel: Panel, chart: Chart) -> None:
    """Each series that has values as a line, with its name at its end."""
    along = Along.of(chart.x)
    series = [row for row in chart.series if any(value is not None for value in row.values)]
    names = _names(panel, series)
    made = plane(panel, chart, along, *bounds(all_values(chart), zero=False), named=names)
    styles = count()
    for row in series:
        style = _style(panel, row, styles, len(along.places))
        made.axes.plot(along.places, _gaps(row), **style)
    end_names(made, _ends(made, series, names))


def draw_fan(panel: Panel, chart: Chart) -> None:
    """Percentiles as bands around their middle, the outer ones paler."""
    along = Along.of(chart.x)
    names = _names(panel, chart.series)
    made = plane(panel, chart, along, *bounds(all_values(chart), zero=False), named=names)
    colour, last = panel.theme.series[0], len(chart.series) - 1
    rows = [_gaps(row) for row in chart.series]
    for outer in range(len(rows) // 2):
        low, high = rows[outer], rows[last - outer]
        made.axes.fill_between(along.places, low, high, color=colour, alpha=0.16, linewidth=0)
    for index, row in enumerate(rows):
        middle = 2 * index == last
        made.axes.plot(
            along.places,
            row,
            color=colour,
            linewidth=points(2.4 if middle else 1.2),
            linestyle="solid" if middle else DASHES[1 + min(index, last - index) % 4],
        )
    end_names(made, _ends(made, chart.series, names))


def _names(panel: Panel, series: Sequence[Series]) -> list[str]:
    """What stands at the end of each line: its name and its last value."""
    most = min(_MOST_NAME, panel.room * 0.35)
    return [cut(f"{row.name} {number(_last(row)[1])}".strip(), TEXT, most) for row in series]


def _last(row: Series) -> tuple[int, float]:
    """The last value that isn't a gap, with its place."""
    for index in range(len(row.values) - 1, -1, -1):
        value = row.values[index]
        if value is not None:
            return index, value
    return 0, 0.0


def _ends(
    made: Plane, series: Sequence[Series], names: Sequence[str]
) -> list[tuple[float, float, str]]:
    ends = [_last(row) for row in series]
    return [
        (made.along.places[index], value, name)
        for (index, value), name in zip(ends, names, strict=True)
    ]


def _gaps(row: Series) -> list[float]:
    return [float("nan") if value is None else value for value in row.values]


def _style(panel: Panel, row: Series, styles: Iterator[int], places: int) -> dict[str, Any]:
    """How a line is drawn; each one of values takes the next of `styles`."""
    if row.role == "ideal":
        return {"color": panel.theme.muted, "linewidth": points(1.4), "linestyle": (0, (5, 4))}
    if row.role == "scope":
        return {"color": panel.theme.ink, "linewidth": points(1.8), "drawstyle": "steps-post"}
    index = next(styles)
    every = max(1, places // _MARKERS)
    # Each line's markers begin elsewhere, so that those of lines that run together show.
    return panel.line(index) | {
        "markevery": (index * every // 4 % every, every),
        "zorder": 3,
        "clip_on": False,  # a marker on the edge shows whole
    }
