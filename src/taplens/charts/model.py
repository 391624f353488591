"""A chart as data: what is shown, before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Literal, get_args

from taplens.errors import ArgumentError

Kind = Literal[
    "line", "bars", "stacked_bars", "ranking", "areas", "histogram", "scatter", "fan", "words"
]
Role = Literal["value", "scope", "ideal"]
X = str | float | date
MOST_VALUES = 300_000
MOST_SERIES = 1_000
MOST_PERCENTILES = 9  # of a fan: more bands can't be told apart
_CATEGORIES = ("bars", "stacked_bars", "ranking", "words")
_STACKED = ("stacked_bars", "ranking", "areas", "histogram", "words")


@dataclass(frozen=True, slots=True)
class Series:
    """A row of numbers with a name, one for each place of the chart's `x`; None is a gap.

    `role` tells lines apart: "scope" is drawn in steps (burn-down and burn-up), "ideal" is a
    thin line to compare with.
    """

    name: str
    values: Sequence[float | None]
    role: Role = "value"


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the plot with a name: a percentile, today. `axis` is where `at` stands."""

    name: str
    at: float | date
    axis: Literal["x", "y"] = "x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What one picture shows.

    `x` are categories or periods (text), dates, or numbers, all of one type; `unit` says what
    the values are counted in, `x_name` what stands along x; `subtitle` is where the filter or
    the period belongs, and `notes` what a reader has to mind. All of them are shown as they are.

    By `kind`: `ranking` has horizontal bars, the largest first as given; the series of `fan` are
    percentiles from the lowest to the highest; `histogram` has the limits of its bins in `x`, one
    more than values (see `histogram`); `words` has words in `x` and one series of weights.

    Raises ArgumentError where the parts don't fit together or are too many.
    """

    kind: Kind
    title: str
    x: Sequence[X] = ()
    series: Sequence[Series] = ()
    subtitle: str = ""
    unit: str = ""
    x_name: str = ""
    marks: Sequence[Mark] = ()
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        for fault in _faults(self):
            raise ArgumentError("chart_data", title=self.title[:60], detail=fault)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return all(value is None for value in _values(self))


def _faults(chart: Chart) -> Iterator[str]:
    """What is wrong with the data, the first first."""
    if chart.kind not in get_args(Kind):
        yield f"kind {chart.kind!r}"
    if len(chart.series) > MOST_SERIES:
        yield f"{len(chart.series)} series > {MOST_SERIES}"
    if len(chart.x) * max(1, len(chart.series)) > MOST_VALUES:
        yield f"{len(chart.x)} × {len(chart.series)} values > {MOST_VALUES}"
    kinds = {_type(place) for place in chart.x}
    if len(kinds) > 1 or "?" in kinds or (chart.kind in _CATEGORIES and "number" in kinds):
        yield "x: " + ", ".join(sorted(kinds))
    yield from _mark_faults(chart, kinds)
    if not all(isfinite(place) for place in chart.x if isinstance(place, int | float)):
        yield "x: not finite"
    if chart.kind in _STACKED and any((value or 0) < 0 for value in _values(chart)):
        yield f"{chart.kind}: values below 0"
    if chart.kind == "words" and len(chart.series) > 1:
        yield "words: more than one series"
    if chart.kind == "fan" and len(chart.series) > MOST_PERCENTILES:
        yield f"fan: {len(chart.series)} series > {MOST_PERCENTILES}"
    places = len(chart.x) - (chart.kind == "histogram" and bool(chart.x))
    for row in chart.series:
        if len(row.values) != places:
            yield f"{row.name[:40]}: {len(row.values)} values, {places} places"
        if not all(value is None or isfinite(value) for value in row.values):
            yield f"{row.name[:40]}: not finite"


def _mark_faults(chart: Chart, kinds: set[str]) -> Iterator[str]:
    """Marks that stand on no place of their axis: on one of texts they stand on their numbers."""
    along = {"number"} if kinds <= {"text"} else kinds
    for mark in chart.marks:
        if _type(mark.at) not in (along if mark.axis == "x" else {"number"}):
            yield f"mark {mark.name[:40]}: {_type(mark.at)}"
        elif not isinstance(mark.at, date) and not isfinite(mark.at):
            yield f"mark {mark.name[:40]}: not finite"


def _values(chart: Chart) -> Iterator[float | None]:
    return (value for row in chart.series for value in row.values)


def _type(place: object) -> str:
    if isinstance(place, str):
        return "text"
    if isinstance(place, date):
        return "date"
    return "number" if isinstance(place, int | float) else "?"
