"""Counting pairs on arrays gives what a slow recount, item by item, gives."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.analysis import tally
from taplens.analysis.held import Held

VALUES = ("ACME", "环宇", "ＡＣＭＥ", "阻塞 🚧", "བོད")
_held_values = st.lists(st.integers(0, len(VALUES) - 1), max_size=3, unique=True).map(sorted)
teams = st.dictionaries(st.integers(1, 60), st.tuples(_held_values, _held_values), max_size=25)


def held_of(team: dict[int, Any], side: int) -> Held:
    pairs = [(key, place) for key in sorted(team) for place in team[key][side]]
    items, places = (np.array(column) for column in zip(*pairs, strict=True)) if pairs else ([], [])
    return Held(np.array(items, np.int64), np.array(places, np.int32), VALUES)


def recounted(team: dict[int, Any], chosen: list[int], sides: list[int]) -> Counter[Any]:
    """Each chosen item once for each combination of its values, None where it has none."""
    return Counter(
        values
        for key in chosen
        for values in product(
            *([VALUES[place] for place in team[key][side]] or [None] for side in sides)
        )
    )


@pytest.mark.parametrize("most_cells", [0, 4_000_000])
@given(team=teams, data=st.data())
def test_counts_are_those_of_a_recount(most_cells: int, team: dict[int, Any], data: Any) -> None:
    chosen = sorted(data.draw(st.sets(st.sampled_from(sorted(team))) if team else st.just(set())))
    sides = data.draw(st.sampled_from([[0], [1], [0, 1], [1, 0]]))
    keys = np.array(chosen, np.int64)
    read = [tally._Side.of(held_of(team, side), keys) for side in sides]
    codes = read[0].places if len(read) == 1 else tally._paired(*read)
    with pytest.MonkeyPatch.context() as patch:  # both ways of counting codes
        patch.setattr(tally, "_MOST_CELLS", most_cells)
        found = tally._counted(codes, [side.values for side in read])
    assert found == recounted(team, chosen, sides)
