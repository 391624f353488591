"""Forecasts: by hand, against a slow recomputation, and at their limits."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.analysis.forecast import (
    CONFIDENCES,
    LONGEST_DAYS,
    at_least,
    days_needed,
    done_by,
    done_within,
)

DAYS = st.lists(st.integers(0, 9), min_size=1, max_size=30).filter(any)


def test_a_team_that_finishes_two_a_day_needs_five_days_for_nine() -> None:
    needed = days_needed(np.array([2, 2, 2]), 9, runs=100, seed=1)
    assert set(needed.tolist()) == {5}
    assert done_by(needed).values == (5, 5, 5, 5)
    done = done_within(np.array([2, 2, 2]), 7, runs=100, seed=1)
    assert at_least(done).values == (14, 14, 14, 14)


def test_nothing_to_do_is_done_today() -> None:
    assert done_by(days_needed(np.array([0, 3]), 0, runs=100, seed=1)).values == (0, 0, 0, 0)


def test_the_ranks_of_a_hundred_runs_are_the_percentages_themselves() -> None:
    runs = np.random.default_rng(5).permutation(np.arange(1, 101))
    assert done_by(runs).values == (50, 70, 85, 95)
    assert at_least(runs).values == (51, 31, 16, 6)


def test_one_day_of_ten_takes_as_long_as_waiting_for_the_first_success() -> None:
    """One item a lucky day, one lucky day in ten: 1 - 0.9^n of the runs are done after n days."""
    needed = days_needed(np.array([1] + [0] * 9), 1, runs=100_000, seed=3)
    for days in (1, 5, 7, 20):
        assert (needed <= days).mean() == pytest.approx(1 - 0.9**days, abs=0.006)


def test_what_takes_longer_than_ten_years_has_no_date() -> None:
    needed = days_needed(np.array([1, 0]), LONGEST_DAYS, runs=100, seed=1)
    assert set(needed.tolist()) == {LONGEST_DAYS + 1}
    assert done_by(needed).values == (None,) * len(CONFIDENCES)


@given(DAYS, st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_a_seed_draws_the_same_days_again(days: list[int], scope: int, seed: int) -> None:
    first, second = (
        days_needed(np.array(days), scope, runs=200, seed=seed).tolist() for _ in range(2)
    )
    assert first == second


@given(DAYS, st.integers(0, 25), st.integers(0, 2**16))
def test_the_days_agree_with_the_exact_distribution(days: list[int], scope: int, seed: int) -> None:
    """The chance that `scope` are done after n days, by adding up all ways to get there."""
    needed = days_needed(np.array(days), scope, runs=4_000, seed=seed)
    chances = {0: 1.0}
    for passed in range(1, 8):
        after: dict[int, float] = {}
        for done, chance in chances.items():
            for day in days:
                reached = min(done + day, scope)
                after[reached] = after.get(reached, 0.0) + chance / len(days)
        chances = after
        assert abs((needed <= passed).mean() - chances.get(scope, 0.0)) < 0.05


def test_the_fan_of_a_date_agrees_with_the_days_to_the_scope() -> None:
    """As many runs finish 30 within 12 days as need at most 12 days for 30."""
    throughput = np.array([0, 0, 1, 2, 4, 5, 5])
    needed = days_needed(throughput, 30, runs=50_000, seed=1)
    done = done_within(throughput, 12, runs=50_000, seed=2)
    assert (needed <= 12).mean() == pytest.approx((done >= 30).mean(), abs=0.01)


def one_by_one(days: list[int], length: int, runs: int) -> np.ndarray[Any, Any]:
    """What is done after each day of `length`, each of them drawn on its own: (days, runs)."""
    drawing = np.random.default_rng(11)
    return drawing.choice(np.array(days), (length, runs)).cumsum(axis=0)


@pytest.mark.parametrize(("days", "scope"), [([0, 1, 2, 5], 1_000), ([0] * 9 + [40], 2_000)])
def test_long_ways_take_as_long_as_day_by_day(days: list[int], scope: int) -> None:
    """Far ahead many days are drawn at once; that mustn't show."""
    plain = 1 + (one_by_one(days, 900, 4_000) < scope).sum(axis=0)
    needed = days_needed(np.array(days), scope, runs=40_000, seed=1)
    for share in (5, 50, 95):
        expected = float(np.percentile(plain, share))
        assert np.percentile(needed, share) == pytest.approx(expected, rel=0.015)


@pytest.mark.parametrize("length", [64, 200, 900])
def test_sums_of_many_days_spread_as_those_of_single_days(length: int) -> None:
    days = [0, 0, 0, 1, 2, 3, 11]
    plain = one_by_one(days, length, 8_000)[-1]
    done = done_within(np.array(days), length, runs=40_000, seed=1)
    mean = length * float(np.mean(days))
    spread = float(np.std(days)) * length**0.5
    assert done.mean() == pytest.approx(mean, abs=spread * 0.03)
    assert done.std() == pytest.approx(spread, rel=0.03)
    for share in (5, 50, 95):
        expected = float(np.percentile(plain, share))
        assert np.percentile(done, share) == pytest.approx(expected, abs=spread * 0.08)


def test_a_day_of_a_bulk_close_does_not_fill_the_memory() -> None:
    """The distribution of a sum is as long as its largest value: ten years of such days."""
    throughput = np.full(90, 5)
    throughput[10] = 30_000
    tracemalloc.start()
    try:
        done = done_within(throughput, LONGEST_DAYS, runs=100, seed=1)
        needed = days_needed(throughput, 800_000, runs=100, seed=1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100 * 2**20
    assert done.mean() == pytest.approx(LONGEST_DAYS * throughput.mean(), rel=0.05)
    assert needed.mean() == pytest.approx(800_000 / throughput.mean(), rel=0.1)
