"""A dictionary that stays small, and forgets what is idle first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from taplens.clock import Clock
from taplens.llm.bounded import Bounded
from taplens.llm.buckets import BUCKETS, Buckets, Rate


@given(entries=st.lists(st.tuples(st.integers(), st.booleans())), most=st.integers(1, 9))
def test_it_never_holds_more_than_was_said(entries: list[tuple[int, bool]], most: int) -> None:
    held: Bounded[int, bool] = Bounded(most, lambda value: value)
    for key, idle in entries:
        assert held.remember(key, idle) is idle
        assert held[key] is idle
        assert len(held) <= most


def test_what_is_in_use_outlives_what_is_idle() -> None:
    held: Bounded[int, bool] = Bounded(10, lambda value: value)
    for key in range(1000):
        held.remember(key, key >= 5)
    assert set(range(5)) <= held.keys()


def test_buckets_are_forgotten_after_their_minute() -> None:
    now = 1000.0
    buckets = Buckets(Clock(monotonic=lambda: now))
    for number in range(BUCKETS):
        buckets.try_take(f"甲/{number}", 1, Rate(rpm=1))
    now += 61
    buckets.try_take("乙", 1, Rate(rpm=1))
    assert list(buckets._buckets) == ["乙"]


def test_of_those_in_use_the_oldest_go() -> None:
    held: Bounded[int, bool] = Bounded(8, lambda value: value)
    for key in range(100):
        held.remember(key, False)
    assert 99 in held
    assert 0 not in held
