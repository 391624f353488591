"""The flow metrics of a small team's week, computed by hand."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from taplens.analysis.flow.burn import Memberships, burn, memberships
from taplens.analysis.flow.counting import per_period, standing
from taplens.analysis.flow.durations import DAY, durations
from taplens.analysis.flow.histories import FOREVER, MISSING, Histories
from taplens.analysis.flow.milestones import ages, cycle_times, lead_times, milestones
from taplens.analysis.flow.statuses import reopenings, status_times
from tests.analysis.flow.made import (
    CLOSED,
    DOING,
    NEW,
    REJECTED,
    TESTING,
    Made,
    at,
    histories,
    item,
)

NOW = at("2026-03-20 18:00:00")
SINCE, UNTIL = at("2026-03-01"), at("2026-04-01")

PLAIN = item((NEW, "2026-03-02 09:00"), (DOING, "2026-03-03 09:00"), (CLOSED, "2026-03-06 09:00"))
TWICE_CLOSED = item(
    (NEW, "2026-03-02 09:00"),
    (DOING, "2026-03-04 09:00"),
    (CLOSED, "2026-03-05 09:00"),
    (DOING, "2026-03-07 09:00"),
    (CLOSED, "2026-03-10 09:00"),
)
SKIPPED = item((NEW, "2026-03-02 09:00"), (REJECTED, "2026-03-04 09:00"))
REOPENED = item(
    (NEW, "2026-03-02 09:00"), (CLOSED, "2026-03-08 09:00"), (DOING, "2026-03-18 18:00")
)
BACKWARDS = item((DOING, "2026-03-09 09:00"), (CLOSED, "2026-03-08 09:00"))
TWO_ENDS = item(
    (NEW, "2026-03-02 09:00"),
    (TESTING, "2026-03-03 09:00"),
    (REJECTED, "2026-03-07 09:00"),
    (CLOSED, "2026-03-11 09:00"),
)
UNMOVED_CLOSED = item((CLOSED, "2026-03-12 09:00"))
OLD = item((CLOSED, "2025-01-01"), known_from=at("2026-03-01"))
OLD_TOLD = item((CLOSED, "2025-01-01"), known_from=at("2026-03-01"), told=at("2026-03-05 10:00"))
TEAM = [
    PLAIN,
    TWICE_CLOSED,
    SKIPPED,
    REOPENED,
    BACKWARDS,
    TWO_ENDS,
    UNMOVED_CLOSED,
    OLD,
    OLD_TOLD,
]


def days(made: object) -> dict[int, float]:
    return {
        int(number): seconds / DAY
        for number, seconds in zip(made.items, made.seconds, strict=True)  # type: ignore[attr-defined]
    }


def test_lead_time_runs_from_creation_to_the_last_entry_into_an_end_state() -> None:
    made = histories(TEAM, NOW)
    found = lead_times(made, milestones(made), SINCE, UNTIL)
    told = (at("2026-03-05 10:00") - at("2025-01-01")) / DAY
    assert days(found) == {0: 4, 1: 8, 2: 2, 5: 5, 6: 0, 8: told}
    assert found.left_out == {"history_short": 1, "clock_backwards": 1}


def test_cycle_time_runs_from_the_first_start_and_leaves_out_what_never_started() -> None:
    made = histories(TEAM, NOW)
    found = cycle_times(made, milestones(made), SINCE, UNTIL)
    assert days(found) == {0: 3, 1: 6, 5: 4}
    assert found.left_out == {"history_short": 2, "not_started": 2, "clock_backwards": 1}


def test_an_item_reopened_and_not_closed_again_is_in_progress_since_its_first_start() -> None:
    made = histories(TEAM, NOW)
    assert days(ages(made, milestones(made))) == {3: 2}


def test_an_item_closed_twice_is_finished_once_at_the_last() -> None:
    made = histories(TEAM, NOW)
    days_of_march = np.array([at(f"2026-03-{day:02}") for day in range(1, 21)])
    counts = per_period(milestones(made).finished, days_of_march)
    by_day = {day + 1: int(count) for day, count in enumerate(counts) if count}
    assert by_day == {4: 1, 5: 1, 6: 1, 7: 1, 9: 1, 10: 1, 12: 1}


def test_the_cumulative_flow_shows_a_reopened_item_in_progress_again() -> None:
    made = histories([TWICE_CLOSED, REOPENED], NOW)
    ends = np.array([at(f"2026-03-{day:02}") for day in (2, 3, 5, 6, 8, 9, 11, 19)])
    counts = standing(made, made.stage.astype(np.int64), 3, ends)
    assert counts.tolist() == [
        [0, 0, 0],
        [2, 0, 0],
        [1, 1, 0],
        [1, 0, 1],
        [1, 1, 0],
        [0, 1, 1],
        [0, 0, 2],
        [0, 1, 1],
    ]


def test_time_in_status_adds_up_the_visits_of_an_item() -> None:
    made = histories([PLAIN, TWICE_CLOSED, SKIPPED], NOW)
    found = status_times(made, milestones(made), SINCE, UNTIL, made.status)
    assert found.codes.tolist() == [NEW, DOING, CLOSED]
    assert (found.times.total / DAY).tolist() == [1 + 2 + 2, 3 + 4, 2]
    assert found.times.count.tolist() == [3, 2, 1]
    assert (found.times.percentiles[:, 0] / DAY).tolist() == [2, 3.5, 2]


def test_reopenings_are_told_of_those_that_had_ended_in_the_period() -> None:
    made = histories(TEAM, NOW)
    found = reopenings(made, milestones(made), SINCE, UNTIL)
    assert np.flatnonzero(found.entered).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert np.flatnonzero(found.reopened).tolist() == [1, 3]
    later = reopenings(made, milestones(made), at("2026-03-09"), UNTIL)
    assert np.flatnonzero(later.entered).tolist() == [1, 4, 6]
    assert np.flatnonzero(later.reopened).tolist() == []


def test_percentiles_lie_between_the_nearest_two() -> None:
    found = durations(np.array([1, 2, 3, 4, 10]) * DAY, np.zeros(5, np.int64), 1)
    assert (found.percentiles[0] / DAY).tolist() == pytest.approx([3, 4, 6.4, 8.8])
    assert found.mean[0] / DAY == 4


def test_a_burn_up_follows_items_in_and_out_of_the_iteration() -> None:
    """PLAIN is in all along, TWICE_CLOSED joins on the 4th, SKIPPED leaves on the 3rd."""
    made = histories([PLAIN, TWICE_CLOSED, SKIPPED], NOW)
    moves = (
        np.array([1, 2]),
        np.array([at("2026-03-04 12:00"), at("2026-03-03 12:00")]),
        np.array([-1, 7]),
        np.array([7, 8]),
    )
    inside = memberships(made, np.array([7, 7, 8]), moves, [7])
    ends = np.array([at(f"2026-03-{day:02}") for day in range(2, 12)])
    found = burn(made, inside, ends)
    assert found.scope.tolist() == [0, 2, 1, 2, 2, 2, 2, 2, 2, 2]
    assert found.done.tolist() == [0, 0, 0, 0, 1, 2, 1, 1, 1, 2]


def test_an_item_is_where_it_is_now_whatever_its_last_move_says() -> None:
    """The move names an iteration by a name that it no longer has."""
    made = histories([PLAIN, PLAIN], NOW)
    moves = (
        np.array([0, 1]),
        np.array([at("2026-03-04 12:00")] * 2),
        np.array([-1, 7]),
        np.array([-1, 7]),
    )
    inside = memberships(made, np.array([7, 8]), moves, [7])
    found = burn(made, inside, np.array([at("2026-03-04"), at("2026-03-05")]))
    assert found.scope.tolist() == [1, 1]
    assert inside.items.tolist() == [1, 0]


def test_no_items_make_no_numbers() -> None:
    made = histories([], NOW)
    reached = milestones(made)
    assert not lead_times(made, reached, SINCE, UNTIL).items.size
    assert not ages(made, reached).items.size
    assert standing(made, made.status, 2, np.array([NOW])).tolist() == [[0, 0]]
    assert not status_times(made, reached, SINCE, UNTIL, made.status).codes.size
    assert not reopenings(made, reached, SINCE, UNTIL).entered.size


def test_an_item_created_nobody_knows_when_is_left_out_and_counted() -> None:
    made = histories(
        [Made([(DOING, at("2026-03-02")), (CLOSED, at("2026-03-05"))]), Made([(NEW, MISSING)])],
        NOW,
    )
    found = lead_times(made, milestones(made), SINCE, UNTIL)
    assert not found.items.size
    assert found.left_out == {"created_missing": 1}
    counts = standing(made, made.stage.astype(np.int64), 3, np.array([at("2026-03-04")]))
    assert counts.tolist() == [[0, 1, 0]]


def test_a_burn_up_of_many_items_over_years_takes_no_table_of_both() -> None:
    """20,000 items over 1,000 days would be 20 million numbers."""
    count = 20_000
    created = at("2023-01-01") + np.arange(count) * 1_000
    stays = np.repeat(created, 2)
    stays[1::2] += 5 * DAY
    made = Histories(
        key=np.arange(count),
        created=created,
        known_from=np.full(count, MISSING),
        told=np.full(count, MISSING),
        removed=np.full(count, FOREVER),
        offsets=np.arange(count + 1) * 2,
        status=np.tile([NEW, CLOSED], count),
        stage=np.tile(np.array([0, 2], np.int8), count),
        began=stays,
        now=NOW,
    )
    inside = Memberships(np.arange(count), created, np.full(count, FOREVER))
    ends = at("2023-01-01") + np.arange(1, 1_001) * DAY
    tracemalloc.start()
    try:
        found = burn(made, inside, ends)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.scope.tolist() == np.searchsorted(created, ends).tolist()
    assert found.done.tolist() == np.searchsorted(created + 5 * DAY, ends).tolist()
    assert peak < 20 * 2**20
