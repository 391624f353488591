"""The flow metrics equal a slow recomputation on histories of any kind."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from taplens.analysis.flow.burn import burn, memberships
from taplens.analysis.flow.counting import per_period, standing
from taplens.analysis.flow.durations import PERCENTILES, durations
from taplens.analysis.flow.histories import ENDED
from taplens.analysis.flow.milestones import Spans, ages, cycle_times, lead_times, milestones
from taplens.analysis.flow.statuses import reopenings, status_times
from tests.analysis.flow import slow
from tests.analysis.flow.made import ITEMS, STAGE_OF, Made, histories

NOW = 70
PERIODS = st.tuples(st.integers(-2, 60), st.integers(0, 80)).map(sorted)
ENDS = st.lists(st.integers(-2, 70), min_size=1, max_size=8, unique=True).map(sorted)


def told(spans: Spans) -> tuple[dict[int, int], dict[str, int]]:
    found = dict(zip(spans.items.tolist(), spans.seconds.tolist(), strict=True))
    return found, spans.left_out


@given(ITEMS, PERIODS)
def test_lead_and_cycle_times_and_ages_are_the_slow_ones(
    items: list[Made], period: list[int]
) -> None:
    made = histories(items, NOW)
    reached = milestones(made)
    assert told(lead_times(made, reached, *period)) == slow.lead(items, *period)
    assert told(cycle_times(made, reached, *period)) == slow.cycle(items, *period)
    assert told(ages(made, reached)) == slow.ages(items, NOW)


@given(ITEMS, ENDS)
def test_throughput_counts_each_finish_in_its_period(items: list[Made], ends: list[int]) -> None:
    finishes = [end for end, _ in map(slow.finished, items) if end is not None]
    counts = per_period(milestones(histories(items, NOW)).finished, np.array(ends))
    expected = [sum(begin <= finish < end for finish in finishes) for begin, end in pairwise(ends)]
    assert counts.tolist() == expected


@given(ITEMS, ENDS)
def test_the_cumulative_flow_is_where_each_item_stood(items: list[Made], ends: list[int]) -> None:
    made = histories(items, NOW)
    counts = standing(made, made.status, len(STAGE_OF), np.array(ends))
    stood = [[slow.status_just_before(one, end) for one in items] for end in ends]
    assert counts.tolist() == [[row.count(status) for status in STAGE_OF] for row in stood]


@given(ITEMS, PERIODS)
def test_the_time_in_each_status_is_the_slow_one(items: list[Made], period: list[int]) -> None:
    made = histories(items, NOW)
    found = status_times(made, milestones(made), *period, made.status)
    expected, left_out = slow.time_in_status(items, *period)
    assert found.left_out == left_out
    assert found.codes.tolist() == sorted(expected)
    for place, code in enumerate(found.codes.tolist()):
        assert found.times.count[place] == len(expected[code])
        assert found.times.total[place] == sum(expected[code])
        assert np.isclose(found.times.percentiles[place, 0], slow.percentile(expected[code], 50))


@given(ITEMS)
def test_the_times_in_all_statuses_add_up_to_the_lead_time(items: list[Made]) -> None:
    made = histories([one for one in items if one.stays == sorted_stays(one)], NOW)
    reached = milestones(made)
    lead = lead_times(made, reached, -1, NOW)
    seen = (reached.final >= 0) & made.is_whole
    times = status_times(made, reached, -1, NOW, made.status).times
    assert times.total.sum() == lead.seconds[seen[lead.items]].sum()


def sorted_stays(one: Made) -> list[tuple[int, int]]:
    return sorted(one.stays, key=lambda stay: stay[1])


@given(ITEMS, PERIODS)
def test_reopenings_are_the_slow_ones(items: list[Made], period: list[int]) -> None:
    made = histories(items, NOW)
    found = reopenings(made, milestones(made), *period)
    entered, again = slow.reopened(items, *period)
    assert np.flatnonzero(found.entered).tolist() == entered
    assert np.flatnonzero(found.reopened).tolist() == again


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 4)), max_size=40))
def test_percentiles_of_groups_are_those_of_each_alone(pairs: list[tuple[int, int]]) -> None:
    seconds = np.array([value for value, _ in pairs], np.int64)
    groups = np.array([group for _, group in pairs], np.int64)
    found = durations(seconds, groups, 5)
    for group in range(5):
        values = [value for value, of in pairs if of == group]
        assert found.count[group] == len(values)
        assert found.total[group] == sum(values)
        if values:
            expected = [slow.percentile(values, share) for share in PERCENTILES]
            assert np.allclose(found.percentiles[group], expected)
            assert np.isclose(found.mean[group], sum(values) / len(values))
        else:
            assert np.isnan(found.percentiles[group]).all()


MOVES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), max_size=4)


@given(st.data(), ITEMS, ENDS)
def test_a_burn_up_counts_who_was_in_the_iteration(
    data: st.DataObject, items: list[Made], ends: list[int]
) -> None:
    """Iterations are 0 (none) to 3; the one looked at is 1."""
    paths = [sorted(data.draw(MOVES)) for _ in items]
    begins = [data.draw(st.integers(0, 3)) for _ in items]
    present = [path[-1][1] if path else begin for path, begin in zip(paths, begins, strict=True)]
    rows = [
        (number, when, old, new)
        for number, (path, begin) in enumerate(zip(paths, begins, strict=True))
        for (when, new), old in zip(path, [begin, *(to for _, to in path)], strict=False)
    ]
    columns = [np.array([row[place] for row in rows], np.int64) for place in range(4)]
    made = histories(items, NOW)
    inside = memberships(made, np.array(present, np.int64), tuple(columns), [1])
    found = burn(made, inside, np.array(ends))
    scope, done = [], []
    for end in ends:
        there = [
            slow.status_just_before(one, end)
            for one, path, begin in zip(items, paths, begins, strict=True)
            if [begin, *(new for when, new in path if when < end)][-1] == 1
        ]
        stood = [status for status in there if status is not None]
        scope.append(len(stood))
        done.append(sum(STAGE_OF[status] == ENDED for status in stood))
    assert found.scope.tolist() == scope
    assert found.done.tolist() == done
