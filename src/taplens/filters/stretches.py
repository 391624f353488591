"""Every stretch of time that a question names, with its place and as a filter writes it.

Wider than `periods`, which must not take a word of a text that is searched for a time.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from taplens.filters.dates import DateRange, resolve_date
from taplens.filters.months import CHINESE_MONTH, ENGLISH_MONTH

_NUMBER_WORDS = dict(
    zip(
        ("one", "a", "two", "couple of", "three", "four", "five", "six", "seven", "ten", "twelve"),
        (1, 1, 2, 2, 3, 4, 5, 6, 7, 10, 12),
        strict=True,
    )
)
_COUNT = rf"(?:\d{{1,3}}|{'|'.join(_NUMBER_WORDS)})"
_UNITS = "(?:days?|weeks?|months?|quarters?|years?|hours?)"
_AMOUNT = r"(?:\d{1,3}|[一二两三四五六七八九十]{1,3}|半)"
_CHINESE_UNITS = "个?(?:天|日|周|星期|礼拜|月|季度|年|小时)"
_DATE = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
_DAY = r"\d{1,2}[日号]"
_WEEKDAY = "(?:[二三四五六日天]|一(?![共个些起直样]))"
_MONTH_NUMBER = r"(?:1[0-2]|0?[1-9])月"

# A pattern, and how what it finds is written as a date of a filter; `{0}` is the whole.
_PATTERNS: tuple[tuple[str, str], ...] = (
    (rf"(?<![\w-])(?:last|past|previous|next)\s+{_COUNT}\s+{_UNITS}(?!\w)", "{0}"),
    (rf"(?<![\w-]){_COUNT}\s+{_UNITS}\s+ago(?!\w)", "{0}"),
    (r"(?<![\w-])(?:last|previous|this|next)\s+(?:week|month|quarter|year)(?!\w)", "{0}"),
    (r"(?<![\w-])current\s+(week|month|quarter|year)(?!\w)", "this {1}"),
    (rf"(?<![\w-])(?:last|previous|this)\s+{ENGLISH_MONTH}(?!\w)", "{0}"),
    (rf"(?<![\w-])({ENGLISH_MONTH})\s+(\d{{4}})(?!\w)", "{0}"),
    (rf"(?<![\w-])(?:(?<=in )|(?<=since )|(?<=during )|(?<=of )){ENGLISH_MONTH}(?!\w)", "{0}"),
    (r"(?<![\w-])(?:yesterday|today|tomorrow)(?!\w)", "{0}"),
    (rf"(?<![\w.-]){_DATE}(?![\w-])", "{0}"),
    (r"(?<![\w.-])\d{4}-\d{2}(?![\w-])", "{0}"),
    (r"(?<![\w.-])(\d{4})\s?q([1-4])(?!\w)", "{1}Q{2}"),
    (r"(?<![\w.-])q([1-4])\s(\d{4})(?!\w)", "{2}Q{1}"),
    (r"(?:(?<=in )|(?<=since )|(?<=of ))(?:19|20)\d{2}(?![\w年.-])", "{0}"),
    (rf"(?:上上|上|本|这|当前|下)(?:一个|个|一)?(?:周|星期|礼拜){_WEEKDAY}?", "{0}"),
    ("(?:上上|上|本|这|当|下)(?:一个|个|一)?(?:月|季度|年)(?!份?第)", "{0}"),
    (rf"(?:今年|去年|前年){CHINESE_MONTH}(?!\d)", "{0}"),
    (rf"(\d{{4}})年({_MONTH_NUMBER})({_DAY})", "{0}"),
    (rf"\d{{4}}年(?:{_MONTH_NUMBER}份?|第?[1-4一二三四]季度)?(?!第)", "{0}"),
    (rf"(?:最近|近|过去|未来|接下来)的?({_AMOUNT}{_CHINESE_UNITS})", "{0}"),
    (rf"这({_AMOUNT}个?(?:天|周|星期|月))", "最近{1}"),
    (rf"{_AMOUNT}个?(?:天|周|星期|月)前", "{0}"),
    (rf"({_AMOUNT}个?(?:天|周|星期|月))(?:之内|以内|内)", "最近{1}"),
    ("今年|去年|前年|明年|昨天|昨日|前天|今天|今日|明天|后天", "{0}"),
    (rf"(?<!\d)({_MONTH_NUMBER})({_DAY})", "{year}年{0}"),
    (rf"(?<![\d个上下本这])({_MONTH_NUMBER})份?(?!\d)", "{year}年{1}"),
    (r"(?<![\w第])(?:第?([一二三四])季度|q([1-4])(?!\w))", "{year}年第{1}季度"),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern, re.ASCII), template) for pattern, template in _PATTERNS)
# Words that make one side of a date of it, before and behind it, with the operator of a filter.
_SIDES_BEFORE = (
    (re.compile(r"(?:since(?:\s+the)?|自从|自|从)\s*$"), ">="),
    (re.compile(r"(?<![a-z])after\s*$"), ">"),
    (re.compile(r"(?<![a-z])(?:before|until|earlier than|prior to)\s*$"), "<"),
)
_SIDES_BEHIND = (
    (re.compile(r"\s*(?:以来|至今|起|到现在|到今天|to now|until now)"), ">="),
    (re.compile(r"\s*(?:以后|之后)"), ">"),
    (re.compile(r"\s*(?:以前|之前)"), "<"),
)
_JOINED = re.compile(r"\s*(?:到|至|~|－|—|–|\.\.|-|to|until|till|through)\s*")
_BETWEEN = re.compile(
    r"(?:between|从|自|from|in\s+the|during\s+the|in|during|on|the|over\s+the|over)\s*$"
)
_SPECIAL_AND = re.compile(r"\s+and\s+")
_AFTER = re.compile(r"\s*(?:的时间里|期间|之间|里|内|份|当中)")


class Stretch(NamedTuple):
    """A stretch of time in a text: from place `begin` to `end`, with the words that belong to it.

    `first` (and `last`, where it runs from one to another) are dates as filters take them;
    `operator` is "" for the whole of it, else the side of `first` that is meant. `start` (included)
    and `stop` (excluded) are UTC epoch seconds.
    """

    begin: int
    end: int
    first: str
    last: str
    operator: str
    start: int
    stop: int

    @property
    def value(self) -> str:
        """The stretch as one value of a condition, its operator included."""
        if self.last:
            return f"{self.first}..{self.last}"
        return self.operator + self.first


class _Found(NamedTuple):
    begin: int
    end: int
    date: str
    range: DateRange


def stretches_in(text: str, now: int) -> list[Stretch]:
    """The stretches of time in `text` (folded, see `fold`), seen from `now`, in their order."""
    found = _dates(text, now)
    told: list[Stretch] = []
    while found:
        first = found.pop(0)
        if found and _are_joined(text, first, found[0]):
            last = found.pop(0)
            if last.range.end > first.range.start:
                told.append(_whole(text, first, last))
                continue
        told.append(_single(text, first, now))
    return told


def _dates(text: str, now: int) -> list[_Found]:
    """The dates, of those that overlap the first and longest."""
    matches = [
        (match, template) for pattern, template in _COMPILED for match in pattern.finditer(text)
    ]
    found: list[_Found] = []
    for match, template in sorted(matches, key=lambda one: (one[0].start(), -one[0].end())):
        if found and match.start() < found[-1].end:
            continue
        named = _resolved(match, template, now)
        if named is not None:
            found.append(_Found(match.start(), match.end(), *named))
    return found


def _resolved(match: re.Match[str], template: str, now: int) -> tuple[str, DateRange] | None:
    """The date as a filter writes it, and the time that it names."""
    parts = [part or "" for part in match.groups()]
    if "{year}" in template:
        parts = ["".join(parts)] if "季度" in template else parts
        for year in ("今年", "去年"):
            ranged = resolve_date(year, now)
            assert ranged is not None
            told = template.format(match[0], *parts, year=_year(ranged))
            time = resolve_date(told, now)
            if time is not None and time.start <= now:
                return told, time
        return None
    told = template.format(match[0], *parts)
    for word, number in _NUMBER_WORDS.items():
        told = re.sub(rf"\b{word}\b", str(number), told)
    told = re.sub(r"^previous (?=\d)", "last ", told)
    time = resolve_date(told, now)
    return None if time is None else (re.sub(r"\s+", "_", told), time)


def _year(ranged: DateRange) -> int:
    from taplens.clock import day_of

    return day_of(ranged.start).year


def _are_joined(text: str, first: _Found, second: _Found) -> bool:
    between = text[first.end : second.begin]
    if _JOINED.fullmatch(between):
        return True
    return bool(_SPECIAL_AND.fullmatch(between)) and text[: first.begin].rstrip().endswith(
        "between"
    )


def _whole(text: str, first: _Found, last: _Found) -> Stretch:
    begin, end = _framed(text, first.begin, last.end)
    return Stretch(begin, end, first.date, last.date, "", first.range.start, last.range.end)


def _single(text: str, one: _Found, now: int) -> Stretch:
    begin, end, operator = _sided(text, one)
    start, stop = one.range.start, one.range.end
    if operator == "<":
        start, stop = 0, one.range.before
    elif operator:
        start, stop = start if operator == ">=" else one.range.after, max(stop, now + 1)
    else:
        begin, end = _framed(text, one.begin, one.end)
    return Stretch(begin, end, one.date, "", operator, start, stop)


def _sided(text: str, one: _Found) -> tuple[int, int, str]:
    """The place with the words that make one side of it, and which side."""
    for pattern, operator in _SIDES_BEHIND:
        if after := pattern.match(text, one.end):
            before = _BETWEEN.search(text[: one.begin])
            return before.start() if before else one.begin, after.end(), operator
    for pattern, operator in _SIDES_BEFORE:
        if before := pattern.search(text[: one.begin]):
            return before.start(), one.end, operator
    return one.begin, one.end, ""


def _framed(text: str, begin: int, end: int) -> tuple[int, int]:
    """The place with the prepositions before and behind it."""
    before = _BETWEEN.search(text[:begin])
    after = _AFTER.match(text, end)
    return before.start() if before else begin, after.end() if after else end
