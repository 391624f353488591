"""The plane of a chart with two axes: ticks and grid, marks across it, names at the ends of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taplens.charts.lettering import cut, width
from taplens.charts.model import Chart, Mark
from taplens.charts.panel import EDGE, SMALL, TEXT, Panel, points
from taplens.charts.scales import Along, Ticks, along_ticks, position, text_of, value_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TICK_GAP = 9.0
_LINE = 18.0  # between names at the right
_MARK_ROWS = 3


@dataclass(frozen=True, slots=True)
class Plane:
    """Axes with their scale on x; lengths of the picture are pixels."""

    panel: Panel
    axes: Axes
    along: Along
    right: float

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Where a value stands in the picture."""
        place = self.panel.figure.transFigure.inverted().transform(
            self.axes.transData.transform((x, y))
        )
        return float(place[0]) * self.panel.wide, float(place[1]) * self.panel.high


def plane(
    panel: Panel, chart: Chart, along: Along, low: float, high: float, *, named: Sequence[str] = ()
) -> Plane:
    """A plane for values from `low` to `high`, with room for the names `named` at the right."""
    panel.top -= _marks_room(chart)
    if chart.unit:
        panel.top -= 16
        panel.write(EDGE, panel.top + 4, cut(chart.unit, TEXT, panel.room))
    top = panel.top - 10
    bottom = panel.bottom + TEXT * 1.9
    if chart.x_name:
        panel.write(
            panel.wide - EDGE, panel.bottom, cut(chart.x_name, TEXT, panel.room), ha="right"
        )
        bottom += TEXT * 1.5
    count = max(2, min(6, int((top - bottom) // 48)))
    ticks = value_ticks(low, high, count, whole=_whole(chart))
    left = EDGE + max(width(text, TEXT) for _, text in ticks) + _TICK_GAP
    widest = max((width(name, TEXT) for name in named), default=0.0)
    right = panel.wide - EDGE - (widest + 14 if named else 6)
    axes = panel.plot(left, right, bottom, top)
    made = Plane(panel, axes, along, right)
    _grid(made, ticks, along_ticks(along, chart.x, right - left))
    _across(made, chart.marks)
    return made


def _whole(chart: Chart) -> bool:
    """Whether all values are integers: then no tick stands between two."""
    return all(value is None or value == int(value) for row in chart.series for value in row.values)


def _grid(made: Plane, ticks: Ticks, along: Ticks) -> None:
    theme, axes = made.panel.theme, made.axes
    axes.set_ylim(ticks[0][0], ticks[-1][0])
    low, high = made.along.low, made.along.high
    margin = 0.0 if high > low else 0.5
    axes.set_xlim(low - margin, high + margin)
    axes.set_yticks([place for place, _ in ticks], [text for _, text in ticks])
    axes.set_xticks([place for place, _ in along], [text for _, text in along])
    axes.grid(axis="y", color=theme.grid, linewidth=points(1))
    axes.tick_params(axis="y", pad=points(_TICK_GAP - 2))
    axes.tick_params(axis="x", pad=points(7))
    base = axes.spines["bottom"]
    base.set_visible(True)
    base.set_color(theme.muted)
    base.set_linewidth(points(1))


def _marks_room(chart: Chart) -> float:
    """The height that the names of marks on x take above the plot."""
    count = sum(mark.axis == "x" for mark in chart.marks)
    return min(count, _MARK_ROWS) * SMALL * 1.4 + (4 if count else 0)


def _across(made: Plane, marks: Sequence[Mark]) -> None:
    """Lines across the plot, with their names: above it, or at its right."""
    style: dict[str, Any] = {
        "color": made.panel.theme.ink,
        "linewidth": points(1.2),
        "linestyle": (0, (4, 3)),
        "zorder": 4,
    }
    upright = sorted((mark for mark in marks if mark.axis == "x"), key=lambda m: position(m.at))
    for mark in upright:
        made.axes.axvline(position(mark.at), **style)
    _names_above(made, upright)
    level = [mark for mark in marks if mark.axis == "y"]
    for mark in level:
        made.axes.axhline(position(mark.at), **style)
    _names_on(made, level)


def mark_name(mark: Mark) -> str:
    """The name of a mark with its place: "P85 12", "今天 2026-03-31"."""
    return f"{mark.name} {text_of(mark.at)}".strip()


def _names_above(made: Plane, marks: Sequence[Mark]) -> None:
    """The names over the upper ends, in the lowest of three rows where each has room."""
    top = made.axes.get_ylim()[1]
    ends = [0.0] * _MARK_ROWS  # how far each row is filled
    for mark in marks:
        name = cut(mark_name(mark), SMALL, 180)
        wide = width(name, SMALL)
        x, y = made.pixel(position(mark.at), top)
        x = min(max(x - wide / 2, EDGE), made.panel.wide - EDGE - wide)
        row = next((row for row, end in enumerate(ends) if end + 6 <= x), None)
        if row is None:
            row = ends.index(min(ends))
            x = min(max(x, ends[row] + 6), made.panel.wide - EDGE - wide)
        ends[row] = x + wide
        made.panel.write(x, y + 5 + row * SMALL * 1.35, name, SMALL, color=made.panel.theme.ink)


def _names_on(made: Plane, marks: Sequence[Mark]) -> None:
    """The names on lines across, at their right ends, on paper of their own."""
    for mark in marks:
        name = cut(mark_name(mark), SMALL, 240)
        _, y = made.pixel(0, position(mark.at))
        box = {"facecolor": made.panel.theme.paper, "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
        made.panel.write(
            made.right - 4, y + 4, name, SMALL, color=made.panel.theme.ink, ha="right", bbox=box,
            zorder=5,
        )  # fmt: skip


def end_names(made: Plane, ends: Sequence[tuple[float, float, str]]) -> None:
    """Names at the right of the plot, each as near as can be to where its line ends.

    `ends` are x and y of the last value, and the name. Where a name had to move, a thin line
    leads to it.
    """
    x = made.right + 12
    wanted = sorted(((*made.pixel(px, py), name) for px, py, name in ends), key=lambda e: e[1])
    places = _apart([y for _, y, _ in wanted], made.panel.bottom + TEXT, made.panel.top)
    for (from_x, from_y, name), y in zip(wanted, places, strict=True):
        made.panel.write(x, y - 4, name, TEXT, color=made.panel.theme.ink)
        if abs(y - from_y) > 3 or made.right - from_x > 3:
            _lead(made, (from_x + 4, from_y), (x - 2, y))


def _apart(wanted: Sequence[float], low: float, high: float) -> list[float]:
    """Heights near those wanted (ascending), a line apart, as far as they fit up to `high`."""
    places: list[float] = []
    for y in wanted:
        places.append(max(y, places[-1] + _LINE) if places else max(y, low))
    over = high
    for index in range(len(places) - 1, -1, -1):
        places[index] = min(places[index], over)
        over = places[index] - _LINE
    return places


def _lead(made: Plane, start: tuple[float, float], end: tuple[float, float]) -> None:
    from matplotlib.lines import Line2D

    panel = made.panel
    line = Line2D(
        [start[0] / panel.wide, end[0] / panel.wide],
        [start[1] / panel.high, end[1] / panel.high],
        transform=panel.figure.transFigure,
        color=panel.theme.muted,
        linewidth=points(0.8),
    )
    panel.figure.add_artist(line)


def bounds(values: Sequence[float], *, zero: bool) -> tuple[float, float]:
    """The least and the greatest of `values`; from 0 on where `zero`, or where all are near it."""
    low, high = min(values), max(values)
    if zero or low >= 0:
        low = min(0.0, low)
    return low, max(high, 0.0) if zero else high


def all_values(chart: Chart) -> list[float]:
    """All values but the gaps."""
    return [value for row in chart.series for value in row.values if value is not None]


