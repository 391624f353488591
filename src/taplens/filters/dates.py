"""Dates of a filter, absolute and relative, in Chinese and English, to instants and days."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import NamedTuple

from taplens.clock import WORKSPACE_ZONE, day_start
from taplens.filters.faults import fault
from taplens.filters.months import month_named
from taplens.filters.tree import Value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1900, 3000)
_LONGEST_DATE = 40

Bounds = tuple[int | None, int | None]
DayBounds = tuple[str | None, str | None]


class DateRange(NamedTuple):
    """A stretch of time: `start` (included) to `end` (excluded), UTC epoch seconds.

    `edge` is "start" or "end" for a length of time counted from now (`7d`, `+7d`): compared with
    `<` or `>`, such a length stands for that edge alone. It is "" for days, weeks, months….
    """

    start: int
    end: int
    edge: str = ""

    @property
    def before(self) -> int:
        """Where `<` ends and `>=` begins."""
        return self.end if self.edge == "end" else self.start

    @property
    def after(self) -> int:
        """Where `<=` ends and `>` begins."""
        return self.start if self.edge == "start" else self.end


def resolve_date(text: str, clock_now: int) -> DateRange | None:
    """The time that `text` names, seen from `clock_now` (UTC epoch seconds), in +08:00.

    A year, month, day, minute or second is the whole of it. None when `text` names no time, or
    one outside the years 1900 to 2999. `docs/filters.md` lists the notations.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    if not plain or len(plain) > _LONGEST_DATE:
        return None
    try:
        found = _absolute(plain) or _relative(re.sub(r"[\s_]+", "", plain), clock_now)
    except (ValueError, OverflowError):  # a 31st of February, a year beyond the calendar
        return None
    if found is None or found.start < _day_start(_YEARS[0]) or found.end > _day_start(_YEARS.stop):
        return None
    return found


def date_bounds(operator: str, values: Sequence[Value], now: int) -> Bounds:
    """What a condition on an instant admits: from (included), to (excluded); None is open.

    `operator` and `values` are a Condition's: two values for `range`, else one (a condition with
    several takes one call a value). For `!=` these are the bounds of what is left out; `~` is read
    as `=`. `now` is UTC epoch seconds. Raises FilterError "date_malformed" at a value that names
    no time, and "date_range_reversed".
    """
    return _cut(operator, [_resolved(value, now) for value in values], values)


def day_bounds(operator: str, values: Sequence[Value], now: int) -> DayBounds:
    """The same for a plain date: days as ISO text, from (included), to (excluded).

    A time within a day means that day. Raises FilterError as `date_bounds` does.
    """
    low, high = _cut(operator, [_whole_days(_resolved(value, now)) for value in values], values)
    return _iso_day(low), _iso_day(high)


def _cut(operator: str, ranges: Sequence[DateRange], values: Sequence[Value]) -> Bounds:
    first, last = ranges[0], ranges[-1]
    bounds: dict[str, Bounds] = {
        ">=": (first.before, None),
        ">": (first.after, None),
        "<": (None, first.before),
        "<=": (None, first.after),
        "range": (first.before, last.after),
    }
    low, high = bounds.get(operator, (first.start, first.end))
    if low is not None and high is not None and low >= high:
        texts = {"first": values[0].text, "last": values[-1].text}
        raise fault("date_range_reversed", values[0].position, found=values[0].text, **texts)
    return low, high


def _resolved(value: Value, now: int) -> DateRange:
    found = resolve_date(value.text, now)
    if found is None:
        raise fault("date_malformed", value.position, found=value.text)
    return found


def _whole_days(part: DateRange) -> DateRange:
    start = day_start(_day(part.start))
    return DateRange(start, day_start(_day(part.end - 1) + timedelta(days=1)), part.edge)


def _iso_day(instant: int | None) -> str | None:
    return None if instant is None else _day(instant).isoformat()


def _moment(instant: int) -> datetime:
    # Not `fromtimestamp`: on Windows it refuses what lies before 1970.
    return (_EPOCH + timedelta(seconds=instant)).astimezone(WORKSPACE_ZONE)


def _day(instant: int) -> date:
    return _moment(instant).date()


def _day_start(year: int) -> int:
    return day_start(date(year, 1, 1))


def _days(start: date, end: date, edge: str = "") -> DateRange:
    return DateRange(day_start(start), day_start(end), edge)


# Absolute dates

_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<zone>z|[+-]\d{2}:?\d{2})?"
)
_DATES: tuple[str, ...] = (
    rf"(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}})(?:(?:t|\s+){_TIME})?",
    rf"(?P<year>\d{{4}})年(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})[日号]?(?:\s*{_TIME})?",
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
    r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})",
    r"(?P<year>\d{4})年(?P<month>\d{1,2})月份?",
    r"(?P<year>\d{4})-?q(?P<quarter>[1-4])",
    r"(?P<year>\d{4})年第?(?P<quarter>[1-4一二三四])季度?",
    r"(?P<year>\d{4})年?",
)


def _absolute(text: str) -> DateRange | None:
    for pattern in _DATES:
        match = re.fullmatch(pattern, text)
        if match:
            return _of_parts({name: part for name, part in match.groupdict().items() if part})
    return None


def _of_parts(parts: dict[str, str]) -> DateRange:
    year = int(parts["year"])
    if "hour" in parts:
        return _of_time(parts)
    if "day" in parts:
        day = date(year, int(parts["month"]), int(parts["day"]))
        return _days(day, day + timedelta(days=1))
    if "month" in parts:
        month = date(year, int(parts["month"]), 1)
        return _days(month, _months_later(month, 1))
    if "quarter" in parts:
        start = date(year, 3 * _amount(parts["quarter"]) - 2, 1)
        return _days(start, _months_later(start, 3))
    return _days(date(year, 1, 1), date(year + 1, 1, 1))


def _of_time(parts: dict[str, str]) -> DateRange:
    names = ("year", "month", "day", "hour", "minute", "second")
    numbers = [int(parts.get(name, "0")) for name in names]
    moment = datetime(*numbers, tzinfo=_zone(parts.get("zone", "")))  # type: ignore[arg-type,misc]
    start = (moment - _EPOCH) // timedelta(seconds=1)
    return DateRange(start, start + (1 if "second" in parts else 60))


def _zone(text: str) -> timezone:
    """The zone `z`, `+08:00` or `+0800`; the workspace's when none is written."""
    if not text:
        return WORKSPACE_ZONE
    if text == "z":
        return timezone(timedelta(0))
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _months_later(day: date, months: int) -> date:
    """The same day `months` later, or the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


# Relative dates

_DAY_WORDS = {
    "today": 0, "今天": 0, "今日": 0, "当天": 0,
    "yesterday": -1, "昨天": -1, "昨日": -1, "前天": -2,
    "tomorrow": 1, "明天": 1, "明日": 1, "后天": 2,
}  # fmt: skip
_SHIFT_WORDS = {
    "this": 0, "current": 0, "本": 0, "这": 0, "这个": 0, "当": 0, "当前": 0,
    "last": -1, "previous": -1, "上": -1, "上个": -1, "上一": -1, "上一个": -1,
    "next": 1, "下": 1, "下个": 1, "下一": 1, "下一个": 1,
    "上上": -2, "上上个": -2, "下下": 2, "下下个": 2,
}  # fmt: skip
_PERIOD_WORDS = {
    "week": "week", "周": "week", "星期": "week", "礼拜": "week",
    "month": "month", "月": "month",
    "quarter": "quarter", "季度": "quarter", "季": "quarter",
    "year": "year", "年": "year",
}  # fmt: skip
_YEAR_WORDS = {"今年": 0, "去年": -1, "前年": -2, "明年": 1, "后年": 2}
_WEEKDAYS = "一二三四五六日天"

# A length of time: what it is counted in, and how many of these it is.
_UNITS: dict[str, tuple[str, int]] = {
    **dict.fromkeys(("d", "day", "days", "天", "日"), ("day", 1)),
    **dict.fromkeys(("w", "week", "weeks", "周", "星期", "个星期", "礼拜", "个礼拜"), ("day", 7)),
    **dict.fromkeys(("m", "mo", "month", "months", "个月", "月"), ("month", 1)),
    **dict.fromkeys(("q", "quarter", "quarters", "季度", "个季度"), ("month", 3)),
    **dict.fromkeys(("y", "year", "years", "年"), ("month", 12)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "小时", "个小时"), ("second", 3600)),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "分钟"), ("second", 60)),
}
# `3月` is March and `3日` the third, not lengths, unless a word around them says so.
_NOT_LENGTHS = frozenset({"月", "日"})
_HALVES = {
    "半年": "6个月",
    "半个月": "15天",
    "半天": "12小时",
    "半小时": "30分钟",
    "半个小时": "30分钟",
}
_NUMERALS = {numeral: value for value, numeral in enumerate("零一二三四五六七八九")} | {"两": 2}
_LENGTH = (
    r"(?P<before>[+-]|last|past|最近|近|过去|next|未来|接下来)?(?P<amount>\d{1,5}|[一二两三四五六七八九十]{1,3})"
    r"(?P<unit>[a-z]+?|[个天日周星期礼拜月季度年小时分钟]+?)(?P<after>ago|以前|之前|前|later|以后|之后|后)?"
)
_FUTURE = frozenset({"+", "next", "未来", "接下来", "later", "以后", "之后", "后"})


def _relative(text: str, now: int) -> DateRange | None:
    if text in ("now", "现在"):
        return DateRange(now, now + 1)
    today = _day(now)
    if text in _DAY_WORDS:
        day = today + timedelta(days=_DAY_WORDS[text])
        return _days(day, day + timedelta(days=1))
    month = month_named(text, today)
    if month is not None:
        return _days(month, _months_later(month, 1))
    return _calendar(text, today) or _weekday(text, today) or _length(text, now)


def _calendar(text: str, today: date) -> DateRange | None:
    named = _calendar_words().get(text)
    if named is None:
        return None
    period, shift = named
    return _PERIODS[period](today, shift)


@cache
def _calendar_words() -> dict[str, tuple[str, int]]:
    """`last_week`, `上个月`, `今年`… to the period and how many periods from the current one."""
    words = {
        shift_word + period_word: (period, shift)
        for shift_word, shift in _SHIFT_WORDS.items()
        for period_word, period in _PERIOD_WORDS.items()
        if shift_word.isascii() == period_word.isascii()
    }
    return words | {word: ("year", shift) for word, shift in _YEAR_WORDS.items()}


def _week(today: date, shift: int) -> DateRange:
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=shift)
    return _days(monday, monday + timedelta(weeks=1))


def _month(today: date, shift: int) -> DateRange:
    start = _months_later(today.replace(day=1), shift)
    return _days(start, _months_later(start, 1))


def _quarter(today: date, shift: int) -> DateRange:
    current = today.replace(month=today.month - (today.month - 1) % 3, day=1)
    start = _months_later(current, 3 * shift)
    return _days(start, _months_later(start, 3))


def _year(today: date, shift: int) -> DateRange:
    return _days(date(today.year + shift, 1, 1), date(today.year + shift + 1, 1, 1))


_PERIODS: dict[str, Callable[[date, int], DateRange]] = {
    "week": _week,
    "month": _month,
    "quarter": _quarter,
    "year": _year,
}


def _weekday(text: str, today: date) -> DateRange | None:
    """`上周五`: one day of a week; without a word before it, of the current week."""
    match = re.fullmatch(rf"(.{{0,3}}?(?:周|星期|礼拜))([{_WEEKDAYS}])", text)
    week = match and (_calendar(match[1], today) or _calendar("本" + match[1], today))
    if not match or not week:
        return None
    number = min(_WEEKDAYS.index(match[2]), 6)
    day = _day(week.start) + timedelta(days=number)
    return _days(day, day + timedelta(days=1))


def _length(text: str, now: int) -> DateRange | None:
    """`7d`, `最近7天`: that long until now; `+7d`: from now on; `7天前`: one day."""
    for half, whole in _HALVES.items():
        text = text.replace(half, whole)
    match = re.fullmatch(_LENGTH, text)
    if not match or match["unit"] not in _UNITS or (match["before"] and match["after"]):
        return None
    around = match["before"] or match["after"]
    if match["unit"] in _NOT_LENGTHS and around in (None, "+", "-"):
        return None
    unit, size = _UNITS[match["unit"]]
    amount = size * _amount(match["amount"])
    if not amount:
        return None
    if match["after"]:
        return _moment_away(unit, amount if around in _FUTURE else -amount, now)
    return _coming(unit, amount, now) if around in _FUTURE else _past(unit, amount, now)


def _amount(text: str) -> int:
    """A number in digits or in Chinese numerals up to 99. Raises ValueError for nonsense."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        tens, ones = "", text
    for digit in (tens, ones):
        if len(digit) > 1:
            raise ValueError(text)
    return (10 * _NUMERALS.get(tens, 1) if ten else 0) + _NUMERALS.get(ones, 0)


def _away(unit: str, amount: int, today: date) -> date:
    return today + timedelta(days=amount) if unit == "day" else _months_later(today, amount)


def _past(unit: str, amount: int, now: int) -> DateRange:
    """The last `amount` units; of days and longer, today is the last."""
    if unit == "second":
        return DateRange(now - amount, now + 1, "start")
    today = _day(now)
    return _days(
        _away(unit, -amount, today) + timedelta(days=1), today + timedelta(days=1), "start"
    )


def _coming(unit: str, amount: int, now: int) -> DateRange:
    """The next `amount` units; of days and longer, today is the first."""
    if unit == "second":
        return DateRange(now, now + amount, "end")
    return _days(_day(now), _away(unit, amount, _day(now)), "end")


def _moment_away(unit: str, amount: int, now: int) -> DateRange:
    """One day (or second) that far from now."""
    if unit == "second":
        return DateRange(now + amount, now + amount + 1)
    day = _away(unit, amount, _day(now))
    return _days(day, day + timedelta(days=1))
