"""The time that a question is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from taplens.clock import day_of, day_start
from taplens.errors import ArgumentError
from taplens.filters import DateRange, resolve_date

DEFAULT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` to `until` (excluded), UTC epoch seconds."""

    since: int
    until: int


def span_of(since: str, until: str, now: int) -> Span:
    """The span that two dates of a filter's kind name ("2026-03", "30d", "上个月"; "" is none).

    A whole day, month or year is meant with its end. Without `until` it goes on until now, without
    `since` it holds the last DEFAULT_DAYS days. Raises ArgumentError.
    """
    last = named_time(until, now).end if until else now + 1
    first = day_of(last - 1) - timedelta(days=DEFAULT_DAYS - 1)
    begin = named_time(since, now).start if since else day_start(first)
    if begin >= last:
        days = {"since": day_of(begin).isoformat(), "until": day_of(last - 1).isoformat()}
        raise ArgumentError("trend_reversed", **days)
    return Span(begin, last)


def named_time(text: str, now: int) -> DateRange:
    """The time that `text` names. Raises ArgumentError where it names none."""
    found = resolve_date(text, now)
    if found is None:
        raise ArgumentError("trend_date", found=text[:60])
    return found
