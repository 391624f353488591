"""A word cloud: the heavier a word, the larger, and the nearer to the middle."""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING

from taplens.charts.lettering import cut, width
from taplens.charts.model import Chart
from taplens.charts.panel import EDGE, Panel
from taplens.charts.scales import text_of

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Places = NDArray[numpy.float64]

_SMALLEST, _LARGEST = 12.0, 120.0  # pixels
_FILLED = 0.5  # of the room, that the words' boxes take together, about
_SPOTS = 6_000
_HEIGHT = 1.16  # of a word's box, in its size


def draw(panel: Panel, chart: Chart) -> None:
    """The words, heaviest first, each where there is room nearest to the middle.

    What finds no room is left out: the lightest words, if any.
    """
    import numpy

    weights = [value or 0 for value in chart.series[0].values]
    order = sorted(range(len(weights)), key=lambda i: (-weights[i], i))
    middle = (panel.wide / 2, (panel.top + panel.bottom) / 2)
    room = (panel.room, panel.top - panel.bottom)
    words = [cut(text_of(chart.x[index]), _SMALLEST, room[0] / 4) for index in order]
    sizes = _sizes([weights[index] for index in order], words, room)
    spots = _spiral(middle, room)
    taken = numpy.empty((0, 4))
    for index, (word, size) in enumerate(zip(words, sizes, strict=True)):
        wide, high = width(word, size) + size * 0.18, size * _HEIGHT
        half = numpy.array((wide / 2, high / 2))
        boxes = numpy.hstack((spots - half, spots + half))
        spot = _free(boxes, taken, panel)
        if spot is None:
            continue
        taken = numpy.vstack((taken, boxes[spot]))
        x, y = spots[spot]
        ink = panel.theme.ink if index % 3 == 0 else _word_ink(panel, index)
        panel.write(x, y, word, size, ha="center", va="center_baseline", color=ink)


def _word_ink(panel: Panel, index: int) -> str:
    return panel.theme.muted if index % 3 == 1 else panel.theme.words


def _sizes(weights: list[float], words: list[str], room: tuple[float, float]) -> list[float]:
    """Sizes in pixels: areas go with weights, and all boxes together fill about half the room."""
    heaviest = max(weights) or 1
    relative = [max(sqrt(weight / heaviest), 0.12) for weight in weights]
    area = sum(width(w, 1) * _HEIGHT * r * r for w, r in zip(words, relative, strict=True))
    scale = sqrt(_FILLED * room[0] * room[1] / max(area, 1e-9))
    widest = max(width(w, 1) * r for w, r in zip(words, relative, strict=True))
    largest = min(scale, _LARGEST, room[0] * 0.8 / max(widest, 1e-9), room[1] * 0.5)
    return [max(_SMALLEST, largest * r) for r in relative]


def _spiral(middle: tuple[float, float], room: tuple[float, float]) -> Places:
    """Places from the middle outwards, evenly spread over an ellipse around the room."""
    import numpy

    turn = pi * (3 - sqrt(5))  # the golden angle leaves no spokes
    steps = numpy.arange(_SPOTS)
    radius = numpy.sqrt(steps / _SPOTS) * 0.72
    x = middle[0] + numpy.cos(steps * turn) * radius * room[0]
    y = middle[1] + numpy.sin(steps * turn) * radius * room[1]
    return numpy.column_stack((x, y))


def _free(boxes: Places, taken: Places, panel: Panel) -> int | None:
    """The first of `boxes` inside the room that meets none of those taken; None if all do."""
    inside = (
        (boxes[:, 0] >= EDGE)
        & (boxes[:, 1] >= panel.bottom)
        & (boxes[:, 2] <= panel.wide - EDGE)
        & (boxes[:, 3] <= panel.top)
    )
    for box in taken:
        inside &= (
            (boxes[:, 2] <= box[0])
            | (boxes[:, 0] >= box[2])
            | (boxes[:, 3] <= box[1])
            | (boxes[:, 1] >= box[3])
        )
    places = inside.nonzero()[0]
    return int(places[0]) if len(places) else None
