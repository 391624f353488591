"""Created, closed and open are counted as a slow recount counts them, whatever the history."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from taplens.analysis.trends.counting import Groups, begun, grouped, happened
from taplens.analysis.trends.lives import NEVER, UNSET, Events, Items, Lives, Stays, lives
from tests.analysis import recounting
from tests.analysis.recounting import Plain

EDGES = [0, 10, 20, 30, 40, 50]


def arrays(items: list[Plain]) -> Lives:
    """The lives of plain items."""

    def times(values, missing: int):
        return np.array([missing if value is None else value for value in values], dtype=np.int64)

    stays = [(place, *stay) for place, one in enumerate(items) for stay in one.stays]
    columns = list(zip(*stays, strict=True)) or [(), (), (), ()]
    return lives(
        Items(
            times([one.created for one in items], UNSET),
            np.array([one.is_open for one in items], dtype=bool),
            times([one.finished for one in items], UNSET),
            times([one.removed for one in items], NEVER),
            times([one.status for one in items], -1),
        ),
        Stays(
            np.array(columns[0], dtype=np.int64),
            np.array(columns[1], dtype=np.int64),
            np.array(columns[2], dtype=bool),
            np.array(columns[3], dtype=np.int64),
        ),
    )


def numbers(items: list[Plain]) -> dict[str, list[int]]:
    """What the product counts in the periods between EDGES."""
    found, edges = arrays(items), np.array(EDGES)

    def one(events: Events):
        return events.at, np.zeros(len(events.at), np.int64), 1, edges

    return {
        "created": happened(*one(found.created))[0].tolist(),
        "closed": happened(*one(found.closed))[0].tolist(),
        "open": (begun(*one(found.opened)) - begun(*one(found.ended)))[0].tolist(),
    }


def test_a_small_history_gives_the_numbers_worked_out_by_hand() -> None:
    items = [
        Plain(2, is_open=False, stays=[(2, False, 0), (12, False, 1), (25, True, 2)]),
        # closed, reopened, closed again by way of two end states
        Plain(
            5,
            is_open=False,
            stays=[(5, False, 0), (11, True, 2), (21, False, 1), (31, True, 3), (41, True, 2)],
        ),
        Plain(15, is_open=True, stays=[(15, False, 0), (22, True, 2), (33, False, 1)]),
        Plain(15, is_open=True),  # no history: as it is since it was created
        Plain(3, is_open=False, finished=44),  # no history: closed when the item says
        Plain(3, is_open=False),  # closed, nobody knows since when
        Plain(18, is_open=True, removed=29),
        Plain(None, is_open=True),
    ]
    assert numbers(items) == {
        "created": [4, 3, 0, 0, 0],
        "closed": [0, 0, 1, 1, 1],
        "open": [3, 5, 3, 3, 2],
    }
    found = arrays(items)
    assert found.undated.tolist() == [5]
    assert found.uncreated.tolist() == [7]


def test_a_clock_that_goes_backwards_counts_no_item_twice_or_less_than_none() -> None:
    items = [
        Plain(20, is_open=False, stays=[(20, False, 0), (12, False, 1), (15, True, 2)]),
        Plain(5, is_open=True, stays=[(5, False, 0), (35, True, 2), (25, False, 1)]),
    ]
    assert numbers(items) == {
        "created": [1, 0, 1, 0, 0],
        "closed": [0, 0, 1, 0, 0],
        "open": [1, 1, 1, 1, 1],
    }


def test_nothing_and_one_item_give_zeros_and_ones() -> None:
    assert numbers([]) == {name: [0] * 5 for name in ("created", "closed", "open")}
    assert numbers([Plain(1, is_open=True)])["open"] == [1] * 5


times = st.integers(min_value=-5, max_value=55)
items = st.builds(
    Plain,
    created=st.none() | times,
    is_open=st.booleans(),
    finished=st.none() | times,
    removed=st.none() | times,
    status=st.integers(0, 3),
    stays=st.lists(st.tuples(times, st.booleans(), st.integers(0, 3)), max_size=5),
)


@given(st.lists(items, max_size=12))
def test_every_period_counts_what_a_slow_recount_finds(given_items: list[Plain]) -> None:
    spans = list(pairwise(EDGES))
    assert numbers(given_items) == {
        "created": [recounting.created(given_items, *span) for span in spans],
        "closed": [recounting.closed(given_items, *span) for span in spans],
        "open": [recounting.open_at(given_items, end) for _, end in spans],
    }


@given(st.lists(items, max_size=12))
def test_the_status_of_a_day_is_the_one_of_that_day(given_items: list[Plain]) -> None:
    found, edges = arrays(given_items), np.array(EDGES)

    def by_status(events: Events):
        return events.at, events.status.astype(np.int64), 4, edges

    opened = begun(*by_status(found.opened)) - begun(*by_status(found.ended))
    closed = happened(*by_status(found.closed))
    created = happened(*by_status(found.created))
    for period, (begin, end) in enumerate(pairwise(EDGES)):
        states = [one.state_at(end) for one in given_items]
        closings = [one.closing() for one in given_items]
        for status in range(4):
            assert opened[status, period] == states.count((True, status))
            assert closed[status, period] == sum(
                1
                for closing in closings
                if closing is not None and closing[1] == status and begin <= closing[0] < end
            )
            mine = [one for one in given_items if one.first_status == status]
            assert created[status, period] == recounting.created(mine, begin, end)


@given(st.lists(st.lists(st.integers(0, 3), max_size=3), min_size=1, max_size=6), st.data())
def test_an_event_counts_in_each_group_of_its_item(of_items: list[list[int]], data) -> None:
    places = data.draw(st.lists(st.integers(0, len(of_items) - 1), max_size=10))
    at = np.arange(len(places), dtype=np.int64)
    events = Events(at, np.array(places, dtype=np.int64), np.zeros(len(places), np.int64))
    offsets = np.append(0, np.cumsum([len(groups) for groups in of_items]))
    group = np.array([one for groups in of_items for one in groups], dtype=np.int64)
    found = grouped(Groups(offsets, group, 4), events)
    expected = [(time, one) for time, place in enumerate(places) for one in of_items[place]]
    assert list(zip(*(column.tolist() for column in found), strict=True)) == expected
