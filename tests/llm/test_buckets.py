"""Requests and tokens a minute: no minute, wherever it begins, sees more than the rate."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.clock import Clock
from taplens.errors import ModelRateLimitError
from taplens.llm.buckets import Booking, Buckets, Rate

from .conftest import ManualTime

KEY = ("siliconflow", "Qwen/QwQ-32B")


@pytest.fixture
def buckets(manual_time: ManualTime) -> Buckets:
    return Buckets(manual_time.clock, manual_time.sleep)


def fits(buckets: Buckets, tokens: int, rate: Rate) -> bool:
    """Whether a request fits, which is booked then."""
    return isinstance(buckets.try_take(KEY, tokens, rate), Booking)


def test_a_rate_of_requests_is_kept(buckets: Buckets, manual_time: ManualTime) -> None:
    rate = Rate(rpm=2)
    assert fits(buckets, 0, rate)
    assert fits(buckets, 0, rate)
    assert buckets.try_take(KEY, 0, rate) == 61.0
    manual_time.now += 61
    assert fits(buckets, 0, rate)


def test_a_rate_of_tokens_is_kept(buckets: Buckets, manual_time: ManualTime) -> None:
    rate = Rate(tpm=100)
    assert fits(buckets, 60, rate)
    manual_time.now += 10
    assert fits(buckets, 40, rate)
    assert buckets.try_take(KEY, 50, rate) == 51.0
    assert buckets.try_take(KEY, 61, rate) == 61.0


def test_accounts_and_models_have_buckets_of_their_own(buckets: Buckets) -> None:
    rate = Rate(rpm=1)
    assert fits(buckets, 0, rate)
    assert isinstance(buckets.try_take(("other", "Qwen/QwQ-32B"), 0, rate), Booking)


def test_without_a_rate_nothing_waits(buckets: Buckets) -> None:
    assert all(fits(buckets, 10**9, Rate()) for _ in range(1000))


def test_a_request_larger_than_a_minute_gets_a_minute_of_its_own(
    buckets: Buckets, manual_time: ManualTime
) -> None:
    rate = Rate(tpm=100)
    assert fits(buckets, 1, rate)
    assert buckets.try_take(KEY, 5000, rate) == 61.0
    manual_time.now += 61.0
    assert fits(buckets, 5000, rate)
    assert not fits(buckets, 1, rate)


def test_tokens_that_were_not_needed_are_given_back(buckets: Buckets) -> None:
    rate = Rate(tpm=100)
    first = buckets.try_take(KEY, 100, rate)
    assert isinstance(first, Booking)
    first.settle(30)
    second = buckets.try_take(KEY, 70, rate)
    assert isinstance(second, Booking)
    second.settle(60)
    assert not fits(buckets, 11, rate)
    assert fits(buckets, 10, rate)


def test_what_one_request_gives_back_is_never_anothers(
    buckets: Buckets, manual_time: ManualTime
) -> None:
    rate = Rate(tpm=100)
    early = buckets.try_take(KEY, 60, rate)
    manual_time.now += 59
    assert fits(buckets, 40, rate)
    manual_time.now += 3
    assert isinstance(early, Booking)
    early.settle(0)  # its second is over: there is nothing to give back
    assert not fits(buckets, 61, rate)
    assert fits(buckets, 60, rate)


def test_a_booking_is_settled_once(buckets: Buckets) -> None:
    rate = Rate(tpm=100)
    booking = buckets.try_take(KEY, 60, rate)
    assert isinstance(booking, Booking)
    assert fits(buckets, 40, rate)
    for _ in range(3):
        booking.settle(0)
    assert fits(buckets, 60, rate)
    assert not fits(buckets, 1, rate)


async def test_who_has_no_turn_waits_in_the_order_of_coming(
    buckets: Buckets, manual_time: ManualTime
) -> None:
    rate = Rate(rpm=1)
    order: list[int] = []

    async def take(number: int) -> None:
        await buckets.acquire(KEY, 0, rate)
        order.append(number)

    await asyncio.gather(*map(take, range(4)))
    assert order == [0, 1, 2, 3]
    assert manual_time.slept == [61.0, 61.0, 61.0]


async def test_a_wait_for_a_turn_is_bounded(buckets: Buckets) -> None:
    rate = Rate(rpm=1)
    waiting = [buckets.acquire(KEY, 0, rate, provider="siliconflow") for _ in range(20)]
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    late = [outcome for outcome in outcomes if not isinstance(outcome, Booking)]
    assert 0 < len(late) < 19
    assert all(isinstance(fault, ModelRateLimitError) for fault in late)
    assert isinstance(late[0], ModelRateLimitError)
    assert late[0].code == "model_budget_exhausted"
    assert late[0].retry_after


async def test_who_stops_waiting_leaves_the_turn_to_the_next(manual_time: ManualTime) -> None:
    asleep, wake = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        asleep.set()
        await wake.wait()
        manual_time.now += seconds

    buckets = Buckets(manual_time.clock, sleep)
    rate = Rate(rpm=1)
    await buckets.acquire(KEY, 0, rate)
    first = asyncio.create_task(buckets.acquire(KEY, 0, rate))
    second = asyncio.create_task(buckets.acquire(KEY, 0, rate))
    await asleep.wait()
    first.cancel()
    wake.set()
    await second
    assert first.cancelled()


@dataclass
class Taken:
    """What one request really has taken, and when: the reference that the buckets are held to."""

    at: float
    booking: Booking
    amounts: list[tuple[float, int]]


@given(
    steps=st.lists(
        st.tuples(
            st.floats(0, 40),
            st.integers(0, 60) | st.tuples(st.integers(0, 50), st.integers(0, 150)),
        ),
        max_size=60,
    ),
    rpm=st.integers(0, 5),
    tpm=st.integers(0, 100),
)
def test_no_minute_ever_sees_more_than_the_rate_whatever_is_settled(
    steps: list[tuple[float, int | tuple[int, int]]], rpm: int, tpm: int
) -> None:
    time = ManualTime()
    buckets = Buckets(Clock(monotonic=lambda: time.now))
    taken: list[Taken] = []
    for pause, step in steps:
        time.now += pause
        if isinstance(step, tuple):
            if taken:
                _settle(taken[step[0] % len(taken)], step[1], time.now)
            continue
        booking = buckets.try_take(KEY, step, Rate(rpm, tpm))
        if not isinstance(booking, Booking):
            continue
        recent = [one for one in taken if one.at > time.now - 60]
        assert not rpm or len(recent) < rpm
        spent = sum(tokens for one in taken for at, tokens in one.amounts if at > time.now - 60)
        assert not tpm or spent + min(step, tpm) <= tpm
        taken.append(Taken(time.now, booking, [(time.now, step)]))


def _settle(one: Taken, tokens: int, now: float) -> None:
    """Settle a booking, for real and in the reference: once, later ones change nothing."""
    one.booking.settle(tokens)
    if len(one.amounts) == 1:
        at, booked = one.amounts[0]
        one.amounts = [(at, min(booked, tokens)), (now, max(0, tokens - booked))]
