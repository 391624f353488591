"""Numbers by period and group: the largest told apart, our own words never taken."""

from __future__ import annotations

import tracemalloc

import numpy as np

from taplens.analysis.flow.groups import Groups, Shown
from taplens.analysis.flow.lines import MOST_LINES, NONE, OTHER, largest_lines


def groups(*labels: str | None, of: list[int] | None = None) -> Groups:
    """Item number i is in group number `of[i]` (without: in the i-th)."""
    places = np.array(range(len(labels)) if of is None else of, np.int64)
    shown: tuple[Shown, ...] = tuple((label, label) for label in labels)
    return Groups("module", np.arange(len(places)), places, shown)


def test_groups_beyond_the_largest_are_added_up_by_period() -> None:
    labels = [f"模块{number}" for number in range(MOST_LINES + 2)]
    of = [*range(MOST_LINES), *range(MOST_LINES), MOST_LINES, MOST_LINES + 1]
    instants = np.array([5] * MOST_LINES + [15] * MOST_LINES + [5, 15])
    found = largest_lines(instants, groups(*labels, of=of), np.array([0, 10, 20]))
    assert found == {**{label: [1, 1] for label in labels[:MOST_LINES]}, OTHER: [1, 1]}


def test_a_label_that_is_one_of_our_words_keeps_its_numbers() -> None:
    labels = ["other", "none", None, *"abcdefg"]
    of = [0] * 5 + [1] * 4 + [2] * 3 + list(range(3, 10))
    found = largest_lines(np.zeros(len(of), np.int64), groups(*labels, of=of), np.array([0, 1]))
    assert found["other (2)"] == [5]
    assert found["none (2)"] == [4]
    assert found[NONE] == [3]
    assert found[OTHER] == [2]
    assert sum(line[0] for line in found.values()) == len(of)


def test_an_item_with_two_values_of_one_label_counts_once() -> None:
    held = Groups("迭代", np.array([0, 0, 1]), np.array([0, 1, 1]), (("7", "迭代"), ("8", "迭代")))
    assert largest_lines(np.array([1, 1]), held, np.array([0, 5])) == {"迭代": [2]}


def test_as_many_groups_as_items_take_no_line_each() -> None:
    """50,000 groups over 1,000 days would be 50 million numbers."""
    made = groups(*map(str, range(50_000)))
    days = np.arange(1_001)
    tracemalloc.start()
    try:
        found = largest_lines(np.arange(50_000) % 1_000, made, days)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(map(sum, found.values())) == 50_000
    assert peak < 20 * 2**20
