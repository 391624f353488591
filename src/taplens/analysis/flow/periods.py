"""The time a question is about, cut into days, weeks or months at +08:00."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from taplens.analysis.flow.histories import Ints
from taplens.clock import day_of, day_start
from taplens.errors import ArgumentError
from taplens.filters import DateRange, resolve_date
from taplens.mirror.dimensions import bucket_of

DEFAULT_DAYS = 90
MOST_PERIODS = 1_500


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` to `until` (excluded), UTC epoch seconds."""

    since: int
    until: int


def span_of(since: str, until: str, now: int, *, interval: str = "") -> Span:
    """The span that two dates of a filter's kind name ("2026-03", "30d", "上个月"; "" is none).

    A whole day, month or year is meant with its end. Without `until` it goes on until now, without
    `since` it holds DEFAULT_DAYS days, and what is missing to a whole `interval` (day, week, month)
    at its beginning. Raises ArgumentError.
    """
    last = now + 1 if not until else _named("until", until, now).after
    begin = _named("since", since, now).before if since else _default(last, interval)
    if begin >= last:
        raise ArgumentError("span_reversed", since=since, until=until or "now")
    return Span(begin, last)


def _default(last: int, interval: str) -> int:
    day = day_of(last - 1) - timedelta(days=DEFAULT_DAYS - 1)
    missing = {"week": day.weekday(), "month": day.day - 1}.get(interval, 0)
    return day_start(day - timedelta(days=missing))


def _named(name: str, text: str, now: int) -> DateRange:
    found = resolve_date(text, now)
    if found is None:
        raise ArgumentError("span_malformed", name=name, value=text[:40])
    return found


@dataclass(frozen=True)
class Periods:
    """Consecutive periods: their names, and the k + 1 instants between which they lie."""

    names: tuple[str, ...]
    boundaries: Ints


def periods(span: Span, interval: str) -> Periods:
    """The days, weeks (from Monday) or months that `span` touches, cut to it at both ends.

    Raises ArgumentError where they are more than MOST_PERIODS.
    """
    names: dict[str, int] = {}
    day, last = day_of(span.since), day_of(span.until - 1)
    if (last - day).days > MOST_PERIODS * 31:
        raise ArgumentError("span_too_long", interval=interval, most=MOST_PERIODS)
    while day <= last:
        names.setdefault(bucket_of(day, interval)[1], max(day_start(day), span.since))
        day += timedelta(days=1)
    if len(names) > MOST_PERIODS:
        raise ArgumentError("span_too_long", interval=interval, most=MOST_PERIODS)
    return Periods(tuple(names), np.array([*names.values(), span.until], np.int64))
