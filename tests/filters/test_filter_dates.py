"""Dates mean what a user expects, at every edge."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.clock import WORKSPACE_ZONE, day_start
from taplens.errors import FilterError
from taplens.filters import DateRange, Value, date_bounds, day_bounds, parse_number, resolve_date


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=WORKSPACE_ZONE).timestamp())  # type: ignore[misc,arg-type]


NOW = at(2026, 3, 18, 10, 30)
DAY = 86400


def bounds(operator: str, *texts: str) -> tuple[int | None, int | None]:
    return date_bounds(operator, [Value(text) for text in texts], NOW)


def days(operator: str, *texts: str) -> tuple[str | None, str | None]:
    return day_bounds(operator, [Value(text) for text in texts], NOW)


@pytest.mark.parametrize(
    ("text", "start", "seconds"),
    [
        ("2026-01-05 18:00", at(2026, 1, 5, 18), 60),
        ("2026-01-05 18:00:30", at(2026, 1, 5, 18, 0, 30), 1),
        ("2026/1/5 8:05", at(2026, 1, 5, 8, 5), 60),
        ("2026年1月5日18：00", at(2026, 1, 5, 18), 60),
        ("２０２６－０１－０５", at(2026, 1, 5), DAY),
        ("2026-01-05T18:00:30+08:00", at(2026, 1, 5, 18, 0, 30), 1),
        ("2026-01-05T10:00:30.123Z", at(2026, 1, 5, 18, 0, 30), 1),
        ("2026-01-05T05:30:00-0430", at(2026, 1, 5, 18), 1),
        ("12h", NOW - 12 * 3600, 12 * 3600 + 1),
        ("最近半小时", NOW - 1800, 1801),
        ("+30min", NOW, 1800),
        ("3小时前", NOW - 3 * 3600, 1),
        ("now", NOW, 1),
        ("上上周", at(2026, 3, 2), 7 * DAY),
        ("下周日", at(2026, 3, 29), DAY),
        ("星期一", at(2026, 3, 16), DAY),
        ("LAST_WEEK", at(2026, 3, 9), 7 * DAY),
        ("近十五天", at(2026, 3, 4), 15 * DAY),
        ("半个月前", at(2026, 3, 3), DAY),
        ("近半年", at(2025, 9, 19), 181 * DAY),
        ("十天前", at(2026, 3, 8), DAY),
        ("2000-02-29", at(2000, 2, 29), DAY),
        ("1970-01-01", -8 * 3600, DAY),
        ("last_June", at(2025, 6, 1), 30 * DAY),
        ("last march", at(2025, 3, 1), 31 * DAY),
        ("March", at(2026, 3, 1), 31 * DAY),
        ("dec", at(2025, 12, 1), 31 * DAY),
        ("next march", at(2027, 3, 1), 31 * DAY),
        ("this December", at(2026, 12, 1), 31 * DAY),
        ("Feb 2024", at(2024, 2, 1), 29 * DAY),
        ("去年十二月", at(2025, 12, 1), 31 * DAY),
        ("今年２月份", at(2026, 2, 1), 28 * DAY),
    ],
)  # fmt: skip
def test_times_and_lengths_are_counted_exactly(text: str, start: int, seconds: int) -> None:
    found = resolve_date(text, NOW)
    assert found is not None
    assert (found.start, found.end - found.start) == (start, seconds)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "soon", "昨日以前", "2026-02-29", "2026-13", "2026-00-01", "2026-1/5",
        "2026-", "26-01-05", "2026-01-05 18",
        "1899", "3000", "0000-00-00", "2026-01-05 25:00", "2026-01-05 18:60",
        "2026-01-05T18:00+99:00", "20261305", "7", "7x", "0d", "-0d", "--7d", "99999y", "99999d",
        "+99999m", "最近", "3月", "3日", "最近7天前", "一一天", "最近零天", "上周八", "今月",
        "thismonat", "last周", "2026Q5", "7d7d", "1" * 100, "🐞", "2026-01-01..2026-02-01",
        "-周", "12点", "这上周五", "last June 2025", "去年13月", "june 0000", "ju",
    ],
)  # fmt: skip
def test_what_names_no_time_is_none(text: str) -> None:
    assert resolve_date(text, NOW) is None
    with pytest.raises(FilterError):
        bounds("=", text)


def test_comparisons_leave_out_or_take_in_the_whole_day() -> None:
    day = at(2026, 1, 1)
    assert bounds("=", "2026-01-01") == (day, day + DAY)
    assert bounds("!=", "2026-01-01") == (day, day + DAY)
    assert bounds("~", "2026-01-01") == (day, day + DAY)
    assert bounds(">", "2026-01-01") == (day + DAY, None)
    assert bounds(">=", "2026-01-01") == (day, None)
    assert bounds("<", "2026-01-01") == (None, day)
    assert bounds("<=", "2026-01-01") == (None, day + DAY)
    assert bounds("range", "2026-01-01", "2026-01") == (day, at(2026, 2, 1))
    assert bounds("<", "today") == (None, at(2026, 3, 18))
    assert bounds(">", "2026-01-01 12:00") == (at(2026, 1, 1, 12, 1), None)


def test_a_length_until_now_is_compared_by_where_it_begins() -> None:
    begins = at(2026, 3, 12)
    assert bounds("=", "7d") == bounds("=", "-7d") == (begins, at(2026, 3, 19))
    assert {bounds(op, text) for op in (">", ">=") for text in ("7d", "-7d", "最近7天")} == {
        (begins, None)
    }
    assert {bounds(op, text) for op in ("<", "<=") for text in ("7d", "-7d", "最近7天")} == {
        (None, begins)
    }
    assert bounds("range", "-7d", "today") == (begins, at(2026, 3, 19))
    assert bounds("range", "-14d", "-7d") == (at(2026, 3, 5), begins)
    assert bounds(">", "7天前") == bounds(">", "-7d")


def test_a_length_from_now_on_is_compared_by_where_it_ends() -> None:
    ends = at(2026, 3, 25)
    assert bounds("=", "+7d") == (at(2026, 3, 18), ends)
    assert bounds("<", "+7d") == bounds("<=", "+7d") == (None, ends)
    assert bounds(">", "未来7天") == bounds(">=", "+7d") == (ends, None)
    assert bounds("range", "today", "+7d") == (at(2026, 3, 18), ends)


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    for texts in (("2026-02-01", "2026-01-01"), ("today", "last_week"), ("-7d", "-14d")):
        with pytest.raises(FilterError) as caught:
            bounds("range", *texts)
        assert caught.value.code == "date_range_reversed"
        with pytest.raises(FilterError):
            days("range", *texts)


def test_plain_dates_are_compared_by_days() -> None:
    assert days("=", "2026-01-01") == ("2026-01-01", "2026-01-02")
    assert days("<", "today") == (None, "2026-03-18")
    assert days("<=", "+7d") == (None, "2026-03-25")
    assert days("=", "7d") == ("2026-03-12", "2026-03-19")
    assert days(">", "2026-01") == ("2026-02-01", None)
    assert days("=", "2026-01-05 18:00") == ("2026-01-05", "2026-01-06")
    assert days(">=", "2026-01-05 18:00") == ("2026-01-05", None)
    assert days(">", "-12h") == ("2026-03-17", None)
    assert days("<", "+24h") == (None, "2026-03-20")
    assert days("range", "1969-12-31", "1970-01-01") == ("1969-12-31", "1970-01-02")


def test_months_shorten_at_their_end() -> None:
    march = at(2026, 3, 31, 9)
    assert resolve_date("1m", march) == DateRange(at(2026, 3, 1), at(2026, 4, 1), "start")
    assert resolve_date("1个月前", march) == DateRange(at(2026, 2, 28), at(2026, 3, 1))
    assert resolve_date("+1m", at(2025, 12, 31)) == DateRange(
        at(2025, 12, 31), at(2026, 1, 31), "end"
    )
    assert resolve_date("last_quarter", at(2026, 1, 1)) == DateRange(
        at(2025, 10, 1), at(2026, 1, 1)
    )


def test_the_day_turns_at_midnight_of_the_workspace() -> None:
    midnight = at(2026, 1, 1)
    assert resolve_date("today", midnight) == DateRange(midnight, midnight + DAY)
    assert resolve_date("today", midnight - 1) == DateRange(midnight - DAY, midnight)
    assert resolve_date("this_week", at(2026, 3, 22, 23, 59, 59)) == resolve_date("本周", NOW)
    assert resolve_date("this_year", midnight - 1) == resolve_date("2025", NOW)


@given(
    st.dates(date(1900, 1, 1), date(2999, 12, 30)),
    st.sampled_from(["{:%Y}-{}-{}", "{:%Y}年{}月{}日"]),
)
def test_every_day_is_one_day_long_and_where_it_belongs(day: date, pattern: str) -> None:
    text = pattern.format(day, day.month, day.day)
    start = day_start(day)
    assert resolve_date(text, NOW) == DateRange(start, start + DAY)
    following = day + timedelta(days=1)
    assert day_bounds("=", [Value(text)], NOW) == (day.isoformat(), following.isoformat())


@given(
    st.text() | st.text("0123456789-/.:+年月日天周上下本最近前后dwmyh ", max_size=12),
    st.integers(0, 4 * 10**9),
)
def test_any_text_is_a_time_or_none(text: str, now: int) -> None:
    found = resolve_date(text, now)
    assert found is None or found.start < found.end


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), ("５．５", 5.5), ("－３", -3), ("−3", -3), ("+2", 2), ("1,000", 1000),
     ("１，２３４．５", 1234.5), ("50%", 50), ("50％", 50), (".5", 0.5), (" 7 ", 7), ("007", 7)],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, number: float) -> None:
    found = parse_number(text)
    assert found == number
    assert isinstance(found, type(number))


@pytest.mark.parametrize(
    "text", ["", "-", ".", "五", "1e5", "nan", "inf", "1,00", "1 2", "0x1", "%", "9" * 16, "1."]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert parse_number(text) is None
