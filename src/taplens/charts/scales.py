"""Axes: which ticks stand on them, and what is written there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, log10

from taplens.charts.lettering import cut, width
from taplens.charts.model import X
from taplens.charts.panel import TEXT

Ticks = list[tuple[float, str]]  # where one stands, and what it says
_ROUND = (1, 2, 2.5, 5, 10)
_MOST_LABEL = 150.0
_BETWEEN = 14.0
# Days and months between ticks on an axis of dates, from the closest on.
_DAYS = (1, 2, 7, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)


def number(value: float) -> str:
    """A number as people read it: thousands apart, no more digits than it has."""
    if abs(value) >= 1e15:
        return f"{value:.3g}"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def value_ticks(low: float, high: float, count: int, *, whole: bool) -> Ticks:
    """About `count` round values from at most `low` to at least `high`; `whole`: integers."""
    if high <= low:
        high = low + 1
    step = _round_step((high - low) / max(1, count))
    if whole:
        step = max(1, ceil(step))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [(place * step, number(place * step)) for place in range(first, last + 1)]


def _round_step(least: float) -> float:
    scale = 10.0 ** floor(log10(least))
    return float(next(step * scale for step in _ROUND if step * scale >= least * 0.999))


@dataclass(frozen=True, slots=True)
class Along:
    """The x axis: where each place of the data stands, and how far the axis reaches."""

    places: list[float]
    low: float
    high: float
    dates: bool = False

    @classmethod
    def of(cls, x: Sequence[X], *, slots: bool = False) -> Along:
        """The axis of `x`. With `slots` each place has an equal share, as bars need."""
        if slots or isinstance(x[0], str):
            margin = 0.5 if slots or len(x) == 1 else 0.0
            return cls([float(i) for i in range(len(x))], -margin, len(x) - 1 + margin)
        places = [position(place) for place in x]
        low, high = min(places), max(places)
        margin = 0.0 if high > low else 0.5
        return cls(places, low - margin, high + margin, isinstance(x[0], date))


def position(place: X) -> float:
    """Where a date or a number stands: days since the year 1, or the number itself."""
    return float(place.toordinal() if isinstance(place, date) else place)


def text_of(place: X) -> str:
    """What is written at a place."""
    if isinstance(place, str):
        return place
    return place.isoformat()[:10] if isinstance(place, date) else number(place)


def along_ticks(along: Along, x: Sequence[X], room: float) -> Ticks:
    """The ticks of the x axis, as close as their texts let them stand in `room` pixels."""
    if along.dates:
        return _date_ticks(along.low, along.high, room)
    if not isinstance(x[0], str | date):
        inner = value_ticks(along.low, along.high, int(room // 90), whole=False)
        return [tick for tick in inner if along.low <= tick[0] <= along.high]
    return _slot_ticks(along, x, room)


def _slot_ticks(along: Along, x: Sequence[X], room: float) -> Ticks:
    """Every first, second, third, ... place, so that the texts don't meet."""
    texts = [cut(text_of(place), TEXT, _MOST_LABEL) for place in x]
    slot = room / max(along.high - along.low, 1)
    widest = max(width(text, TEXT) for text in texts)
    every = ceil((widest + _BETWEEN) / slot)
    if 1 < every <= 2 and len(x) <= 12:  # a few categories: all of them, cut
        every, texts = 1, [cut(text, TEXT, slot - _BETWEEN / 2) for text in texts]
    return list(zip(along.places, texts, strict=True))[::every]


def _date_ticks(low: float, high: float, room: float) -> Ticks:
    """Days or first days of months, by the calendar; the first day where none of these lies."""
    most = max(2, int(room // (width("2026-12-31", TEXT) + 24)))
    span = high - low
    first = date.fromordinal(ceil(low))
    for days in _DAYS:
        if span / days <= most:
            return _named(_by_days(first, high, days) or [first], "%m-%d", "%Y-%m-%d")
    for months in _MONTHS:
        if span / (30.44 * months) <= most:
            break
    form = "%Y" if months >= 12 else "%Y-%m"
    return _named(_by_months(first, high, months) or [first], form, form)


def _by_days(first: date, high: float, days: int) -> list[date]:
    start = first if days < 7 else first + timedelta(-first.weekday() % 7)  # weeks: Mondays
    return [date.fromordinal(day) for day in range(start.toordinal(), int(high) + 1, days)]


def _by_months(first: date, high: float, months: int) -> list[date]:
    found = []
    month = -(-(first.year * 12 + first.month - 1 + (first.day > 1)) // months) * months
    while month // 12 <= date.max.year:
        day = date(month // 12, month % 12 + 1, 1)
        if day.toordinal() > high:
            break
        found.append(day)
        month += months
    return found


def _named(days: Sequence[date], form: str, long_form: str) -> Ticks:
    """The days in the short form, those in which a new year begins to show in the long one."""
    ticks, year = [], None
    for day in days:
        text = day.strftime(form if day.year == year else long_form)
        ticks.append((float(day.toordinal()), text))
        year = day.year
    return ticks
