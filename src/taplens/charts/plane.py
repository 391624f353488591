"""The plane of a chart with two axes: ticks and grid, marks across it, names where lines end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
_NARROWEST = 60.0  # the plot, whatever stands beside it
_MARK_ROW = SMALL * 1.4


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
    """A plane for values from `low` to `high`, with room for the names `named` at the right.

    Marks beyond them, or beyond `along`, widen it.
    """
    across, up = _marked(chart, "x"), _marked(chart, "y")
    along = replace(along, low=min([along.low, *across]), high=max([along.high, *across]))
    low, high = min([low, *up]), max([high, *up])
    if chart.unit:
        panel.top -= 16
        panel.write(EDGE, panel.top + 4, cut(chart.unit, TEXT, panel.room))
    bottom = panel.bottom + TEXT * 1.9
    if chart.x_name:
        name = cut(chart.x_name, TEXT, panel.room)
        panel.write(panel.wide - EDGE, panel.bottom, name, ha="right")
        bottom += TEXT * 1.5
    count = max(2, min(6, int((panel.top - bottom) // 48)))
    ticks = value_ticks(low, high, count, whole=_whole(chart))
    left = EDGE + max(width(text, TEXT) for _, text in ticks) + _TICK_GAP
    widest = max((width(name, TEXT) for name in named), default=0.0)
    right = max(panel.wide - EDGE - (widest + 14 if named else 6), left + _NARROWEST)
    above = _names_above(panel, chart.marks, along, left, right)
    top = panel.top - 10 - _MARK_ROW * (max((row for _, _, row in above), default=-1) + 1)
    made = Plane(panel, panel.plot(left, right, bottom, top), along, right)
    texts = along_ticks(along, chart.x, right - left)
    _grid(made, ticks, _whole_names(panel, texts, along, left, right))
    _across(made, chart.marks)
    for x, name, row in above:
        panel.write(x, top + 5 + row * _MARK_ROW, name, SMALL, color=panel.theme.ink)
    return made


def _marked(chart: Chart, axis: str) -> list[float]:
    return [position(mark.at) for mark in chart.marks if mark.axis == axis]


def _at(place: float, along: Along, left: float, right: float) -> float:
    """Where `place` of the x axis stands in the picture."""
    return left + (place - along.low) / (along.high - along.low) * (right - left)


def _whole_names(panel: Panel, ticks: Ticks, along: Along, left: float, right: float) -> Ticks:
    """The ticks whose texts aren't cut by the edges of the picture."""
    kept = []
    for place, text in ticks:
        half, x = width(text, TEXT) / 2, _at(place, along, left, right)
        if half <= x <= panel.wide - half:
            kept.append((place, text))
    return kept


def _whole(chart: Chart) -> bool:
    """Whether all values are integers: then no tick stands between two."""
    return all(value is None or value == int(value) for row in chart.series for value in row.values)


def _grid(made: Plane, ticks: Ticks, along: Ticks) -> None:
    theme, axes = made.panel.theme, made.axes
    axes.set_ylim(ticks[0][0], ticks[-1][0])
    axes.set_xlim(made.along.low, made.along.high)
    axes.set_yticks([place for place, _ in ticks], [text for _, text in ticks])
    axes.set_xticks([place for place, _ in along], [text for _, text in along])
    axes.grid(axis="y", color=theme.grid, linewidth=points(1))
    axes.tick_params(axis="y", pad=points(_TICK_GAP - 2))
    axes.tick_params(axis="x", pad=points(7))
    base = axes.spines["bottom"]
    base.set_visible(True)
    base.set_color(theme.muted)
    base.set_linewidth(points(1))


def _across(made: Plane, marks: Sequence[Mark]) -> None:
    """Lines across the plot, with their names: above it, or at its right."""
    style: dict[str, Any] = {
        "color": made.panel.theme.ink,
        "linewidth": points(1.2),
        "linestyle": (0, (4, 3)),
        "zorder": 4,
    }
    for mark in marks:
        draw = made.axes.axvline if mark.axis == "x" else made.axes.axhline
        draw(position(mark.at), **style)
    _names_on(made, [mark for mark in marks if mark.axis == "y"])


def _mark_name(mark: Mark) -> str:
    """The name of a mark with its place: "P85 12", "今天 2026-03-31"."""
    return f"{mark.name} {text_of(mark.at)}".strip()


def _names_above(
    panel: Panel, marks: Sequence[Mark], along: Along, left: float, right: float
) -> list[tuple[float, str, int]]:
    """The names of upright marks: x, text and row, each in the lowest row that has room for it."""
    ends = [0.0] * _MARK_ROWS  # how far each row is filled
    placed = []
    upright = [mark for mark in marks if mark.axis == "x"]
    for mark in sorted(upright, key=lambda mark: position(mark.at)):
        name = cut(_mark_name(mark), SMALL, 180)
        wide = width(name, SMALL)
        most = panel.wide - EDGE - wide
        x = min(max(_at(position(mark.at), along, left, right) - wide / 2, EDGE), most)
        row = next((row for row, end in enumerate(ends) if end + 8 <= x), None)
        if row is None:
            row = ends.index(min(ends))
            x = min(max(x, ends[row] + 8), most)
        ends[row] = x + wide
        placed.append((x, name, row))
    return placed


def _names_on(made: Plane, marks: Sequence[Mark]) -> None:
    """The names on lines across, at their right ends, on paper of their own."""
    for mark in marks:
        name = cut(_mark_name(mark), SMALL, 240)
        _, y = made.pixel(0, position(mark.at))
        box = {"facecolor": made.panel.theme.paper, "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
        made.panel.write(
            made.right - 4, y + 4, name, SMALL, color=made.panel.theme.ink, ha="right", bbox=box,
            zorder=5,
        )  # fmt: skip


def end_names(made: Plane, ends: Sequence[tuple[float, float, str]]) -> None:
    """Names at the right of the plot, each as near as can be to where its line ends.

    `ends` are x and y of the last value, and the name. Where a name had to move, a thin line
    leads to it. In a picture too low for all of them the last go without.
    """
    ends = ends[: int((made.panel.top - made.panel.bottom - TEXT) // _LINE)]
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
    """The least and the greatest of `values`; of 0, too, where `zero` or none is below."""
    low, high = min(values), max(values)
    if zero or low >= 0:
        low = min(0.0, low)
    return low, max(high, 0.0) if zero else high


def all_values(chart: Chart) -> list[float]:
    """All values but the gaps."""
    return [value for row in chart.series for value in row.values if value is not None]
