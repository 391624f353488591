"""Every time that a question names is found, with the side of it that is meant."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.clock import WORKSPACE_ZONE, day_of
from taplens.filters import Condition, Value, date_bounds, fold, stretches_in

NOW = int(datetime(2026, 3, 18, 10, 30, tzinfo=WORKSPACE_ZONE).timestamp())


def told(text: str) -> list[tuple[str, str, str]]:
    return [
        (one.value, day_of(one.start).isoformat(), day_of(one.stop - 1).isoformat())
        for one in stretches_in(fold(text), NOW)
    ]


@pytest.mark.parametrize(
    ("text", "value", "first", "last"),
    [
        ("上周新增了多少缺陷", "上周", "2026-03-09", "2026-03-15"),
        ("上周一共提了几个", "上周", "2026-03-09", "2026-03-15"),
        ("上周一提的", "上周一", "2026-03-09", "2026-03-09"),
        ("１月新增的", "2026年1月", "2026-01-01", "2026-01-31"),
        ("12月的缺陷", "2025年12月", "2025-12-01", "2025-12-31"),
        ("3月5日创建", "2026年3月5日", "2026-03-05", "2026-03-05"),
        ("从2026-01-01到2026-01-15创建", "2026-01-01..2026-01-15", "2026-01-01", "2026-01-15"),
        ("between 2026-01-01 and 2026-01-15", "2026-01-01..2026-01-15", "2026-01-01",
         "2026-01-15"),
        ("2月以来", ">=2026年2月", "2026-02-01", "2026-03-18"),
        ("since last month", ">=last_month", "2026-02-01", "2026-03-18"),
        ("in the last two weeks", "last_2_weeks", "2026-03-05", "2026-03-18"),
        ("7天内", "最近7天", "2026-03-12", "2026-03-18"),
        ("第一季度", "2026年第一季度", "2026-01-01", "2026-03-31"),
        ("bugs in 2025", "2025", "2025-01-01", "2025-12-31"),
        ("June 2025", "june_2025", "2025-06-01", "2025-06-30"),
    ],
)  # fmt: skip
def test_a_time_is_found_in_a_question(text: str, value: str, first: str, last: str) -> None:
    assert told(text) == [(value, first, last)]


def test_the_side_of_a_date_is_that_of_the_filter() -> None:
    (before,) = stretches_in("bugs created before march 2026", NOW)
    assert (before.operator, before.first) == ("<", "march_2026")
    (after,) = stretches_in("2026年1月之后", NOW)
    assert after.operator == ">"
    bounds = date_bounds(">", Condition("created", ">", [Value(after.first)]).values, NOW)
    assert bounds[0] == after.start


def test_two_times_stay_two() -> None:
    assert [value for value, _, _ in told("本周和上周对比")] == ["本周", "上周"]
    assert [value for value, _, _ in told("this week vs last week")] == ["this_week", "last_week"]


@pytest.mark.parametrize(
    "text",
    ["2026年第23迭代", "5.0.0版本", "march", "may crash", "ORDER-2024-06", "上上上个月前天后"],
)
def test_what_only_looks_like_a_time_is_none(text: str) -> None:
    assert not [one for one in told(text) if one[0] in ("2026年", "march", "may", "2024-06")]


@given(st.text(max_size=60), st.sampled_from(["上周", "最近30天", " last week ", " 2026-01-05 "]))
def test_whatever_stands_around_it_a_time_lies_where_it_says(before: str, time: str) -> None:
    text = fold(f"{before} ， {time} ，")
    found = stretches_in(text, NOW)
    assert found
    for one, other in pairwise(found):
        assert one.end <= other.begin
    for one in found:
        assert 0 <= one.begin < one.end <= len(text)
        assert one.start < one.stop
