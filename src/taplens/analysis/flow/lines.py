"""Numbers by period of the largest groups, and of the others together."""

from __future__ import annotations

import numpy as np

from taplens.analysis.flow.groups import Groups
from taplens.analysis.flow.histories import Ints
from taplens.analysis.labelling import free_name

MOST_LINES = 8
OTHER, NONE = "other", "none"


def largest_lines(instants: Ints, groups: Groups, boundaries: Ints) -> dict[str, list[int]]:
    """How many of the items' instants lie in each period, by the groups' labels.

    The MOST_LINES largest (over all periods) are told apart, of several groups with one label the
    sum; what stands in none is NONE, all the rest OTHER. A label that is one of these two words is
    told with a number.
    """
    numbers: dict[str | None, int] = {}
    line_of = np.array(
        [numbers.setdefault(label, len(numbers)) for _, label in groups.shown], np.int64
    )
    width = len(boundaries) - 1
    places = np.searchsorted(boundaries, instants[groups.items], side="right") - 1
    inside = (places >= 0) & (places < width)
    lines, places = line_of[groups.places[inside]], places[inside]
    if len(numbers) < len(groups.shown):
        # An item may hold several values of one label.
        _, once = np.unique(lines * len(instants) + groups.items[inside], return_index=True)
        lines, places = lines[once], places[once]
    # Only what is told gets a line: there can be as many groups as items.
    kept = np.argsort(-np.bincount(lines, minlength=len(numbers)), kind="stable")[:MOST_LINES]
    rank = np.full(len(numbers), len(kept))
    rank[kept] = np.arange(len(kept))
    cells = np.bincount(rank[lines] * width + places, minlength=(len(kept) + 1) * width)
    labels = list(numbers)
    names = _names([labels[number] for number in kept.tolist()])
    names += [OTHER] if len(numbers) > len(kept) else []
    return dict(zip(names, cells.reshape(-1, width).tolist(), strict=False))


def _names(labels: list[str | None]) -> list[str]:
    """The labels, told apart from our own words."""
    found: list[str] = []
    for label in labels:
        found.append(NONE if label is None else free_name(label, {OTHER, NONE, *found}))
    return found
