"""Periods are whole, follow one another without gaps, and what names no span is refused."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.analysis.trends.periods import DEFAULT_PERIODS, periods
from taplens.clock import day_of, day_start
from taplens.errors import ArgumentError
from taplens.mirror.dimensions import BUCKETS, bucket_of

NOW = day_start(date(2026, 3, 20)) + 18 * 3600


def test_the_span_is_widened_to_whole_periods() -> None:
    found = periods("month", "2026-01-15", "2026-02-03", NOW)
    assert found.names == ("2026-01", "2026-02")
    assert (found.since, found.until) == ("2026-01-01", "2026-02-28")
    weeks = periods("week", "2026-01-01", "2026-01-05", NOW)
    assert weeks.names == ("2026-W01", "2026-W02")
    assert weeks.since == "2025-12-29"


@pytest.mark.parametrize("interval", BUCKETS)
def test_without_a_span_it_is_the_last_ones_up_to_today(interval: str) -> None:
    found = periods(interval, "", "", NOW)
    assert len(found.names) == DEFAULT_PERIODS[interval]
    assert found.edges[-2] <= NOW < found.edges[-1]


@pytest.mark.parametrize(
    "since", ["最近90天", "last_month", "上个月", "2026年1月", "2026-q1", "-90d"]
)
def test_dates_are_written_as_in_filters(since: str) -> None:
    assert periods("day", since, "今天", NOW).until == "2026-03-20"


@given(
    st.sampled_from(BUCKETS),
    st.dates(date(2019, 1, 1), date(2026, 12, 31)),
    st.integers(0, 900),
)
def test_every_day_of_the_span_lies_in_the_period_that_bears_its_name(
    interval: str, first: date, length: int
) -> None:
    last = first + timedelta(days=length)
    found = periods(interval, first.isoformat(), last.isoformat(), NOW)
    assert list(found.edges) == sorted(set(found.edges))
    for name, (begin, end) in zip(found.names, itertools.pairwise(found.edges), strict=True):
        for moment in (begin, end - 1):
            assert bucket_of(day_of(moment), interval)[1] == name
    assert found.edges[0] <= day_start(first) <= day_start(last) < found.edges[-1]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (("hour", "", ""), "trend_interval"),
        (("day", "32 Feb", ""), "trend_date"),
        (("day", "", "soon"), "trend_date"),
        (("day", "2026-03-02", "2026-03-01"), "trend_reversed"),
        (("day", "2027", ""), "trend_reversed"),
        (("day", "2020", ""), "trend_periods"),
    ],
)
def test_a_span_that_is_none_is_refused_with_a_mend(asked: tuple[str, str, str], code: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        periods(*asked, NOW)
    assert caught.value.code == code
    assert caught.value.message("zh")
    assert caught.value.mend("en")


def test_the_future_is_shown_only_where_it_can_be_known() -> None:
    assert periods("month", "2026-03", "2026-06", NOW).names[-1] == "2026-06"
    assert periods("month", "2026-03", "2026-06", NOW, past=True).names == ("2026-03",)
