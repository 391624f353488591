"""The periods of a trend: whole days, weeks, months or years, cut at +08:00."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from taplens.clock import day_of, day_start
from taplens.errors import ArgumentError
from taplens.filters import resolve_date
from taplens.mirror.dimensions import BUCKETS, bucket_of

MOST_PERIODS = 1_000
# How many are shown where nobody says since when.
DEFAULT_PERIODS = {"day": 30, "week": 12, "month": 12, "year": 5}


@dataclass(frozen=True, slots=True)
class Periods:
    """Successive periods: their names, and where each begins and the last one ends.

    `edges` are UTC epoch seconds, one more than there are names.
    """

    names: tuple[str, ...]
    edges: tuple[int, ...]

    @property
    def since(self) -> str:
        """The first day, ISO."""
        return day_of(self.edges[0]).isoformat()

    @property
    def until(self) -> str:
        """The last day, ISO."""
        return day_of(self.edges[-1] - 1).isoformat()


def periods(interval: str, since: str, until: str, now: int, *, past: bool = False) -> Periods:
    """The periods from the one that holds the start of `since` to the one with the end of `until`.

    Both are dates as filters have them (`2026-01`, `last month`, `最近30天`); without `until` it
    is today, without `since` as many as DEFAULT_PERIODS says. With `past` nothing after today is
    shown. Raises ArgumentError.
    """
    if interval not in BUCKETS:
        raise ArgumentError("trend_interval", interval=interval, known=", ".join(BUCKETS))
    today = day_of(now)
    last = day_of(_range(until, now)[1] - 1) if until else today
    last = min(last, today) if past else last
    first = day_of(_range(since, now)[0]) if since else None
    if first is not None:
        _check_order(first, last)
    end = _stepped(_begun(last, interval), interval, 1)
    if first is None:
        first = _stepped(end, interval, -DEFAULT_PERIODS[interval])
    return _cut(_begun(first, interval), end, interval)


def days_between(first: date, last: date) -> Periods:
    """The days from `first` to `last`, both included. Raises ArgumentError."""
    _check_order(first, last)
    return _cut(first, last + timedelta(days=1), "day")


def _check_order(first: date, last: date) -> None:
    if first > last:
        raise ArgumentError("trend_reversed", since=first.isoformat(), until=last.isoformat())


def _cut(first: date, end: date, interval: str) -> Periods:
    """The periods between two days that one begins with."""
    days = [first]
    while days[-1] < end:
        if len(days) > MOST_PERIODS:
            raise ArgumentError("trend_periods", most=MOST_PERIODS, interval=interval)
        days.append(_stepped(days[-1], interval, 1))
    names = tuple(bucket_of(day, interval)[1] for day in days[:-1])
    return Periods(names, tuple(map(day_start, days)))


def _range(text: str, now: int) -> tuple[int, int]:
    found = resolve_date(text, now)
    if found is None:
        raise ArgumentError("trend_date", found=text[:60])
    return found.start, found.end


def _begun(day: date, interval: str) -> date:
    """The first day of the period that holds `day`."""
    firsts = {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "year": day.replace(month=1, day=1),
    }
    return firsts[interval]


def _stepped(first: date, interval: str, steps: int) -> date:
    """The first day of the period `steps` after the one that begins with `first`."""
    if interval in ("day", "week"):
        return first + timedelta(days=steps * (7 if interval == "week" else 1))
    months = first.year * 12 + first.month - 1 + steps * (12 if interval == "year" else 1)
    return date(months // 12, months % 12 + 1, 1)
