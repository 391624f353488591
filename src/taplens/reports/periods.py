"""The days that a report is about, and as many before them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypedDict

from taplens.clock import day_of
from taplens.errors import ArgumentError
from taplens.filters import resolve_date

DEFAULT_DAYS = 7
MOST_DAYS = 1_100  # three years: beyond, no one compares one with the one before


class _Ends(TypedDict):
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Days:
    """The days from `since` to `until`, both included."""

    since: date
    until: date

    @property
    def count(self) -> int:
        """How many days they are."""
        return (self.until - self.since).days + 1

    @property
    def before(self) -> Days:
        """As many days just before."""
        last = self.since - timedelta(days=1)
        return Days(last - timedelta(days=self.count - 1), last)

    @property
    def text(self) -> str:
        """As a filter takes it."""
        return f"{self.since}..{self.until}"

    @property
    def arguments(self) -> _Ends:
        """As the tools take them."""
        return _Ends(since=self.since.isoformat(), until=self.until.isoformat())


def days_of(since: str, until: str, now: int) -> Days:
    """The days that two dates of a filter's kind name ("2026-03", "上个月"; "" is none).

    Without `until` they go on to the day of `now` (UTC epoch seconds), and never beyond it;
    without `since` they are the DEFAULT_DAYS up to there. Raises ArgumentError.
    """
    today = day_of(now)
    last = min(_named(until, now)[1], today) if until else today
    first = _named(since, now)[0] if since else last - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        raise ArgumentError("trend_reversed", since=first.isoformat(), until=last.isoformat())
    days = Days(first, last)
    if days.count > MOST_DAYS:
        raise ArgumentError("report_too_long", days=days.count, most=MOST_DAYS)
    return days


def _named(text: str, now: int) -> tuple[date, date]:
    found = resolve_date(text, now)
    if found is None:
        raise ArgumentError("trend_date", found=text[:60])
    return day_of(found.start), day_of(found.end - 1)
