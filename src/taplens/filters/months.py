"""Months by their names: `last June`, `June 2025`, `去年6月`."""

from __future__ import annotations

import re
from datetime import date

_NAMES = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_SHORT = 3  # letters that tell every month from the others
_NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_YEARS = {"今年": 0, "去年": -1, "前年": -2, "明年": 1}

# A month's name in a pattern, whole or by its first letters.
ENGLISH_MONTH = "(?:" + "|".join(f"{name[:_SHORT]}(?:{name[_SHORT:]})?" for name in _NAMES) + ")"
CHINESE_MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月份?"

_ENGLISH = re.compile(rf"(last|previous|this|next)?({ENGLISH_MONTH})(\d{{4}})?")
_CHINESE = re.compile(rf"({'|'.join(_YEARS)})({CHINESE_MONTH})")


def month_named(text: str, today: date) -> date | None:
    """The first day of the month that `text` (folded, without blanks) names; None for none.

    `last` is the latest that is over, `next` the first that begins after today, `this` the one of
    this year, and a name alone the latest that has begun.
    """
    english = _ENGLISH.fullmatch(text)
    if english:
        return _english(*english.groups(), today=today)
    chinese = _CHINESE.fullmatch(text)
    if chinese:
        return date(today.year + _YEARS[chinese[1]], _number(chinese[2]), 1)
    return None


def _english(shift: str | None, name: str, year: str | None, *, today: date) -> date | None:
    month = 1 + [known[:_SHORT] for known in _NAMES].index(name[:_SHORT])
    if year:
        return None if shift else date(int(year), month, 1)
    if shift == "next":
        return date(today.year + (month <= today.month), month, 1)
    if shift == "this":
        return date(today.year, month, 1)
    is_over = month < today.month if shift else month <= today.month
    return date(today.year - (not is_over), month, 1)


def _number(text: str) -> int:
    amount = text.removesuffix("份").removesuffix("月")
    return int(amount) if amount.isdecimal() else 1 + _NUMERALS.index(amount)
