"""Axes: round values that hold the data, and texts that don't run into each other."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taplens.charts import library
from taplens.charts.lettering import width
from taplens.charts.panel import TEXT
from taplens.charts.scales import Along, along_ticks, number, value_ticks

VALUES = st.floats(-1e12, 1e12).filter(lambda value: abs(value) > 1e-6 or value == 0)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"), (1234567, "1,234,567"), (0.5, "0.5"), (7.25, "7.25"), (12.0, "12"),
        (99.999, "100"), (-1500.4, "-1,500"), (1e18, "1e+18"), (0.004, "0"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_people_read_them(value: float, shown: str) -> None:
    assert number(value) == shown


@given(VALUES, VALUES, st.integers(1, 8), st.booleans())
@example(0, 0, 5, True)
@example(0, 1e-5, 5, False)
def test_ticks_hold_the_values_between_them(
    one: float, other: float, count: int, whole: bool
) -> None:
    low, high = sorted((one, other))
    places = [place for place, _ in value_ticks(low, high, count, whole=whole)]
    slack = max(abs(low), abs(high), 1e-9) * 1e-6
    assert places[0] <= low + slack
    assert places[-1] >= high - slack
    assert 2 <= len(places) <= 2 * count + 3
    assert all(a < b for a, b in pairwise(places))
    assert not whole or all(place == int(place) for place in places)


def overlaps(x: list[Any], room: float, *, slots: bool) -> list[tuple[str, str]]:
    """The texts that run into each other on an axis of `room` pixels."""
    along = Along.of(x, slots=slots)
    ticks = along_ticks(along, x, room)
    assert ticks
    scale = room / (along.high - along.low)
    return [
        (text, next_text)
        for (place, text), (next_place, next_text) in pairwise(ticks)
        if (next_place - place) * scale < (width(text, TEXT) + width(next_text, TEXT)) / 2
    ]


@given(
    st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(1, 20_000), st.integers(150, 2_300)
)
@example(date(2026, 1, 31), 2, 900)
@example(date(2024, 2, 29), 366, 900)
@example(date(2000, 1, 1), 19_740, 150)
@example(date(2001, 6, 1), 9_000, 150)
@example(date(2002, 12, 31), 5, 175)
def test_dates_never_run_into_each_other(first: date, days: int, room: int) -> None:
    with library.drawing():
        assert not overlaps([first, first + timedelta(days=days)], room, slots=False)


@given(
    st.lists(st.text(alphabet="缺陷模块abc1", max_size=20), min_size=1, max_size=200),
    st.integers(150, 2_300),
)
def test_categories_never_run_into_each_other(x: list[str], room: int) -> None:
    with library.drawing():
        assert not overlaps(x, room, slots=True)


def test_weeks_begin_on_mondays_and_a_new_year_is_named() -> None:
    x: list[Any] = [date(2025, 12, 3) + timedelta(days=n) for n in range(60)]
    with library.drawing():
        texts = [text for _, text in along_ticks(Along.of(x), x, 900)]
    assert texts[0] == "2025-12-08"
    assert "12-15" in texts
    assert "2026-01-05" in texts


def test_months_begin_on_their_first_days() -> None:
    x: list[Any] = [date(2025, 11, 2), date(2026, 4, 30)]
    with library.drawing():
        ticks = along_ticks(Along.of(x), x, 900)
    assert [text for _, text in ticks] == ["2025-12", "2026-01", "2026-02", "2026-03", "2026-04"]
    assert ticks[0][0] == date(2025, 12, 1).toordinal()
