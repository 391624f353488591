"""Values into the bins of a histogram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from taplens.charts.model import Chart, Series
from taplens.errors import ArgumentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEPS = (1, 2, 5)
_TAIL = 99.0  # percentile: what lies far beyond shares the last bin, or the others get too thin


def histogram(
    values: Sequence[float] | NDArray[Any], name: str, *, most: int = 30, **parts: Any
) -> Chart:
    """A chart of how often `values` (of at least 0, finite) occur, in at most `most` + 1 bins.

    The bins have a round width and begin at 0; the last one takes what lies beyond the 99th
    percentile. `name` says what is counted; `parts` are the chart's other parts. Raises
    ArgumentError for other values, and for parts that don't fit.
    """
    import numpy

    numbers = numpy.asarray(values, dtype=float)
    if not (numpy.isfinite(numbers) & (numbers >= 0)).all():
        raise ArgumentError("chart_data", title=name[:60], detail="values below 0 or not finite")
    if not numbers.size:
        return Chart(kind="histogram", **parts)
    high = max(float(numpy.percentile(numbers, _TAIL)), 1e-9)
    width = _round_width(high / most)
    count = int(high // width) + 1
    limits = [round(width * place, 9) for place in range(count + 1)]
    places = numpy.minimum(numbers // width, count).astype(int)
    counts = numpy.bincount(places, minlength=count + 1)
    if counts[count]:
        limits.append(float(max(numbers.max(), limits[-1] + width)))
    else:
        counts = counts[:count]
    return Chart(
        kind="histogram", x=limits, series=[Series(name, [int(n) for n in counts])], **parts
    )


def _round_width(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, ... (or 0.5, 0.2, ...) that is at least `least`."""
    scale = 1.0
    while scale >= least:
        scale /= 10
    while True:
        for step in _STEPS:
            if step * scale >= least:
                return step * scale
        scale *= 10
