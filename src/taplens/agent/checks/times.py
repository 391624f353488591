"""The stretches of time that a sentence names, further dates included: 3月5日, 2026-W13."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from taplens.clock import day_of, day_start
from taplens.filters import Named, periods_in, resolve_date

if TYPE_CHECKING:
    from collections.abc import Iterable

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_CLOCK = r"(?:[t\s]+\d{1,2}:\d{2}(?::\d{2})?(?:\s?(?:z|[+-]\d{2}:?\d{2}))?)?"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_CLOCK}(?!\d)",
        r"(?P<year>\d{4})-w(?P<week>\d{2})",
        r"(?<![\d./-])(?P<year>\d{4})[-/](?P<month>\d{1,2})(?![\d./-])",
        r"(?:(?P<year>\d{4}) ?年 ?)?(?P<month>\d{1,2}) ?月 ?(?P<day>\d{1,2}) ?[日号]?"
        r" ?(?:至|到|-|–|—|~|～) ?(?P<last>\d{1,2}) ?[日号]",
        r"(?:(?P<year>\d{4}) ?年 ?)?(?P<month>\d{1,2}) ?月 ?(?P<day>\d{1,2}) ?[日号]?"
        r"(?: ?\d{1,2}:\d{2}(?::\d{2})?)?",
        r"(?<!\d)(?<!个)(?P<month>\d{1,2}) ?月(?:份|底|初|末)?(?!\d)",
        r"(?<![个每本上下第十])(?P<han>十[一二]?|[一二三四五六七八九])月(?:份|底|初|末)?(?!\d)",
        rf"\b{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>\d{{4}}))?\b",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH}(?:,? (?P<year>\d{{4}}))?\b",
        r"(?<![\d/])(?P<month>\d{1,2})/(?P<day>\d{1,2})(?![\d/])",
    )
)

_HAN_MONTHS = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]
_GAP = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=\d)|(?<=\d)\s+(?=[\u4e00-\u9fff])")
_DAY_SECONDS = 86_400
_TO = re.compile(r"\s*(?:至|到|-|–|—|~|～|\bto\b|\buntil\b|\bthrough\b)\s*")
_SINCE = re.compile(r"(?:自从?|\bsince)$")
_UNTIL_NOW = re.compile(r"以来|至今|起(?![飞草初])|以后")

Span = tuple[int, int]


def times(text: str, now: int) -> list[Named]:
    """Every stretch of time named in `text`, from left to right, none within another."""
    close, places = _without_gaps(text)
    told = periods_in(close, now)
    periods = [Named(t.start, t.end, places[t.begin], places[t.stop - 1] + 1) for t in told]
    found = [*_dates(text, now), *periods, *periods_in(text, now)]
    kept: list[Named] = []
    for time in sorted(found, key=lambda time: (time.begin, -time.stop)):
        if not kept or time.begin >= kept[-1].stop:
            kept.append(_lasting(text, time, now))
    return list(_joined(text, kept))


def _joined(text: str, found: list[Named]) -> Iterator[Named]:
    """Two days with "to" between them are one stretch."""
    waiting: Named | None = None
    for time in found:
        if waiting is not None and _TO.fullmatch(text[waiting.stop : time.begin]):
            both = (waiting.end - waiting.start, time.end - time.start)
            if max(both) <= _DAY_SECONDS:
                waiting = Named(waiting.start, time.end, waiting.begin, time.stop)
                continue
        if waiting is not None:
            yield waiting
        waiting = time
    if waiting is not None:
        yield waiting


def _lasting(text: str, time: Named, now: int) -> Named:
    """The stretch until now, where the text says that it only began there: 自…以来, since …"""
    before, after = text[: time.begin].rstrip(), text[time.stop :].lstrip()
    if _SINCE.search(before) or _UNTIL_NOW.match(after):
        return time._replace(end=max(time.end, now + 1))
    return time


@lru_cache(maxsize=4096)
def range_of(label: str, now: int) -> Span | None:
    """What a row's period or an argument names, as UTC epoch seconds; None where it is no time."""
    found = list(_dates(label, now))
    if len(found) == 1 and (found[0].begin, found[0].stop) == (0, len(label)):
        return found[0].start, found[0].end
    resolved = resolve_date(label, now)
    return None if resolved is None else (resolved.start, resolved.end)


def same(one: Span, other: Span, now: int) -> bool:
    """Whether two stretches are the same, by days; what lasts until now or later is told alike."""
    if day_of(one[0]) != day_of(other[0]):
        return False
    last = sorted((one[1], other[1]))
    today = day_start(day_of(now))
    return last[0] >= today or day_of(last[0] - 1) == day_of(last[1] - 1)


def within(span: Span, some: Iterable[Span], now: int) -> bool:
    """Whether `span` is one of `some`."""
    return any(same(span, other, now) for other in some)


def _without_gaps(text: str) -> tuple[str, list[int]]:
    """`text` without the spaces between Chinese and digits, and each sign's place."""
    gaps = {place for match in _GAP.finditer(text) for place in range(*match.span())}
    places = [place for place in range(len(text)) if place not in gaps]
    return "".join(text[place] for place in places), places


def _dates(text: str, now: int) -> Iterator[Named]:
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            span = _span({key: part for key, part in match.groupdict().items() if part}, now)
            if span is not None:
                yield Named(*span, match.start(), match.end())


def _span(parts: dict[str, str], now: int) -> Span | None:
    today = day_of(now)
    year = int(parts.get("year", today.year))
    try:
        if "week" in parts:
            first = date.fromisocalendar(year, int(parts["week"]), 1)
            return day_start(first), day_start(first + timedelta(days=7))
        month = _month(parts)
        first = date(year, month, int(parts.get("day", 1)))
        if "year" not in parts and first > today + timedelta(days=183):
            first = first.replace(year=year - 1)
        last = first.replace(day=int(parts["last"])) if "last" in parts else first
        if last < first:
            return None
        after = last + timedelta(days=1) if "day" in parts else _next_month(first)
    except (ValueError, OverflowError):
        return None
    return day_start(first), day_start(after)


def _month(parts: dict[str, str]) -> int:
    if "name" in parts:
        return _MONTHS.index(parts["name"].lower()[:3]) + 1
    if "han" in parts:
        return _HAN_MONTHS.index(parts["han"]) + 1
    return int(parts["month"])


def _next_month(first: date) -> date:
    return (first.replace(day=1) + timedelta(days=32)).replace(day=1)
