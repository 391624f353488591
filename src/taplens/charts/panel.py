"""The picture around the plot: paper, title, legend, notes; what is left is the plot's room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from taplens.charts.lettering import POINTS_PER_PIXEL, cut, width, wrapped
from taplens.charts.model import Chart
from taplens.charts.theme import DASHES, HATCHES, MARKERS, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PIXELS_PER_INCH = 96  # CSS
EDGE = 22.0
TITLE, SUBTITLE, TEXT, SMALL = 19.0, 13.0, 12.5, 11.5  # sizes of letters in pixels
_LEADING = 1.45
_KEY = 22.0  # a legend's sample, and the gap beside it
_GAP = 8.0
_MOST_EDGED = 400


def points(pixels: float) -> float:
    """A length in pixels as matplotlib takes sizes of letters and lines."""
    return pixels * POINTS_PER_PIXEL


@dataclass(slots=True)
class Panel:
    """A picture being drawn; lengths are pixels from the lower left corner.

    `top` and `bottom` bound what the header and the notes have left, and move as they are drawn.
    """

    figure: Figure
    theme: Theme
    wide: float
    high: float
    top: float = field(init=False)
    bottom: float = field(init=False)

    def __post_init__(self) -> None:
        self.top = self.high - EDGE
        self.bottom = EDGE

    @property
    def room(self) -> float:
        """The width between the edges."""
        return self.wide - 2 * EDGE

    def write(self, x: float, y: float, text: str, size: float = TEXT, **style: Any) -> None:
        """Write `text`, already printable, at a place of the picture; muted ink by default."""
        self.figure.text(
            x / self.wide,
            y / self.high,
            text,
            fontsize=points(size),
            **{"color": self.theme.muted, "va": "baseline"} | style,
        )

    def plot(self, left: float, right: float, bottom: float, top: float) -> Axes:
        """Bare axes between these places of the picture."""
        wide, high = max(right - left, 10.0), max(top - bottom, 10.0)
        axes = self.figure.add_axes(
            (left / self.wide, bottom / self.high, wide / self.wide, high / self.high)
        )
        axes.patch.set_visible(False)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.tick_params(length=0, labelsize=points(TEXT), labelcolor=self.theme.muted)
        axes.set_axisbelow(True)
        return axes

    def boxes(
        self,
        axes: Axes,
        style: int,
        x: Sequence[tuple[float, float]],
        y: Sequence[tuple[float, float]],
    ) -> None:
        """Filled rectangles between these places on the axes: one path, however many."""
        import numpy
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        corners = [
            ((left, low), (right, low), (right, high), (left, high), (left, low))
            for (left, right), (low, high) in zip(x, y, strict=True)
            if low != high
        ]
        if corners:
            path = Path.make_compound_path_from_polys(numpy.array(corners))
            # Between thousands of bars nobody sees an edge, and drawing them takes seconds.
            edge = {} if len(corners) <= _MOST_EDGED else {"linewidth": 0}
            axes.add_artist(PathPatch(path, **self.fill(style) | edge))

    def head(self, chart: Chart) -> None:
        """Draw title and subtitle, two lines each at most."""
        self._lines(chart.title, TITLE, self.theme.ink)
        if chart.subtitle:
            self.top -= 2
            self._lines(chart.subtitle, SUBTITLE, self.theme.muted)
        self.top -= 10

    def _lines(self, text: str, size: float, ink: str) -> None:
        for line in wrapped(text, size, self.room, 2):
            self.top -= size * _LEADING
            self.write(EDGE, self.top + size * 0.35, line, size, color=ink)

    def foot(self, notes: list[str]) -> None:
        """Draw the notes at the bottom, two lines each at most, as far as a fifth of the height."""
        lines = [line for note in notes for line in wrapped(note, SMALL, self.room, 2)]
        lines = lines[: int(self.high / 5 / (SMALL * _LEADING))]
        for line in reversed(lines):
            self.write(EDGE, self.bottom, line, SMALL)
            self.bottom += SMALL * _LEADING
        self.bottom += _GAP if lines else 0

    def legend(self, names: list[str], *, filled: bool) -> None:
        """A row, or rows, of samples with their names: areas where `filled`, else points."""
        x = EDGE
        self.top -= 16
        for style, name in enumerate(cut(name, TEXT, self.room / 3) for name in names):
            wide = _KEY + width(name, TEXT) + 20
            if x > EDGE and x + wide > self.wide - EDGE:
                x = EDGE
                self.top -= 21
            self._sample(x, self.top, style, filled)
            self.write(x + _KEY, self.top, name, TEXT, color=self.theme.ink)
            x += wide
        self.top -= 12

    def _sample(self, x: float, y: float, style: int, filled: bool) -> None:
        from matplotlib.lines import Line2D
        from matplotlib.patches import Rectangle

        place: dict[str, Any] = {"transform": self.figure.transFigure, "figure": self.figure}
        if filled:
            corner = x / self.wide, (y - 1) / self.high
            box = Rectangle(corner, 15 / self.wide, 11 / self.high, **place, **self.fill(style))
            self.figure.add_artist(box)
            return
        looks = place | self.line(style)
        self.figure.add_artist(Line2D([(x + 8) / self.wide], [(y + 4.5) / self.high], **looks))

    def fill(self, style: int) -> dict[str, Any]:
        """How the area number `style` is drawn."""
        return {
            "facecolor": self.theme.series[style],
            "hatch": HATCHES[style],
            "hatchcolor": (self.theme.paper, 0.6),
            "edgecolor": self.theme.paper,
            "linewidth": points(0.8),
        }

    def line(self, style: int) -> dict[str, Any]:
        """How the line number `style` is drawn."""
        return {
            "color": self.theme.series[style],
            "linestyle": DASHES[style],
            "linewidth": points(2.2),
            "marker": MARKERS[style],
            "markersize": points(8),
            "markeredgecolor": self.theme.paper,
            "markeredgewidth": points(0.7),
        }
