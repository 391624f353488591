"""The stretch of time that a question names in passing: `… last June`, `上周的…`."""

from __future__ import annotations

import re
from typing import NamedTuple

from taplens.filters.dates import DateRange, resolve_date
from taplens.filters.months import CHINESE_MONTH, ENGLISH_MONTH

_AMOUNT = r"(?:\d{1,3}|[一二两三四五六七八九十]{1,3}|半)"
_UNITS = "(?:days?|weeks?|months?|quarters?|years?|hours?)"
_ENGLISH = "|".join(
    (
        rf"(?:last|previous|this)\s+(?:{ENGLISH_MONTH}|week|month|quarter|year)",
        rf"{ENGLISH_MONTH}\s+\d{{4}}",
        rf"(?:last|past)\s+\d{{1,3}}\s+{_UNITS}",
        rf"\d{{1,3}}\s+{_UNITS}\s+ago",
        r"\d{4}-\d{2}(?:-\d{2})?",
        "yesterday|today",
    )
)
_CHINESE = "|".join(
    (
        "(?:上上|上|本|这)个?(?:周|星期|礼拜)[一二三四五六日天]?",
        "(?:上|本|这)个?(?:月|季度)",
        rf"(?:今年|去年|前年){CHINESE_MONTH}",
        r"\d{4}年(?:\d{1,2}月(?:\d{1,2}[日号]|份)?|第?[1-4一二三四]季度)?",
        rf"(?:最近|近|过去){_AMOUNT}个?(?:天|周|星期|礼拜|月|季度|年|小时)",
        rf"{_AMOUNT}个?(?:天|周|星期|月)前",
        "今年|去年|前年|昨天|昨日|前天|今天|今日",
    )
)
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w-])(?:(?P<since>since)\s+|(?:in|during|from|on|the)\s+)*(?P<time>{_ENGLISH})(?![\w-])",
        # A month alone is a name or a verb as well: the word before it says what is meant.
        rf"\b(?:(?P<since>since)|in|during)\s+(?P<time>{ENGLISH_MONTH})\b",
        rf"(?:在|自从|自)?(?P<time>{_CHINESE})(?P<since>以来|以后|之后|至今)?(?:的|里|内|份)?",
    )
)


class Period(NamedTuple):
    """A stretch of time, `start` (included) to `end` (excluded), and the text without its words."""

    start: int
    end: int
    rest: str


def period_in(text: str, now: int) -> Period | None:
    """The first stretch of time that `text` names, seen from `now` (UTC epoch seconds).

    One that is only begun (`since June`) lasts until now. None where none is named.
    """
    found = [match for pattern in _PATTERNS for match in pattern.finditer(text)]
    for match in sorted(found, key=lambda match: (match.start("time"), -match.end())):
        time = resolve_date(match["time"], now)
        if time is not None:
            return _period(text, match, time, now)
    return None


class Named(NamedTuple):
    """A stretch of time as `Period` has it, named in the text from `begin` to `stop`."""

    start: int
    end: int
    begin: int
    stop: int


def periods_in(text: str, now: int) -> list[Named]:
    """Every stretch of time that `text` names, from left to right, as of `now` (UTC epoch s)."""
    found: list[Named] = []
    matches = [match for pattern in _PATTERNS for match in pattern.finditer(text)]
    for match in sorted(matches, key=lambda match: (match.start("time"), -match.end())):
        time = resolve_date(match["time"], now)
        if time is not None and not (found and match.start("time") < found[-1].stop):
            period = _period(text, match, time, now)
            found.append(Named(period.start, period.end, match.start("time"), match.end("time")))
    return found


def _period(text: str, match: re.Match[str], time: DateRange, now: int) -> Period:
    end = max(time.end, now + 1) if match["since"] else time.end
    rest = f"{text[: match.start()]} {text[match.end() :]}"
    return Period(time.start, end, " ".join(rest.split()))
