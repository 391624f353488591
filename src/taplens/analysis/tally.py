"""How many items have which values of one or two dimensions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from taplens.analysis.spread import spread
from taplens.mirror.dimensions import Dimension
from taplens.mirror.snapshot.matching import Selection
from taplens.mirror.snapshot.opened import Snapshot

Codes = tuple[Any, ...]  # one value a dimension, None where an item has none


@dataclass(frozen=True, slots=True)
class Tally:
    """How many items match, and how many of them by codes.

    An item with several values of a dimension counts for each of them.
    """

    total: int
    counts: Counter[Codes]

    @property
    def overlapping(self) -> bool:
        """Whether an item counts more than once."""
        return self.counts.total() > self.total


def tally(snapshot: Snapshot, chosen: Selection, dimensions: Sequence[Dimension]) -> Tally:
    """Count the `chosen` items, by the values that they have of the dimensions."""
    if not dimensions:
        return Tally(total_of(snapshot, chosen), Counter())
    parts = spread(chosen, dimensions)
    rows = snapshot.rows(
        f"{parts.common} SELECT {', '.join(parts.values)}, count(*)"  # noqa: S608
        f" FROM {parts.source} GROUP BY ALL",
        parts.parameters,
    )
    counts = Counter({tuple(codes): count for *codes, count in rows})
    several = any(entry.fields for entry in dimensions)
    return Tally(total_of(snapshot, chosen) if several else counts.total(), counts)


def total_of(snapshot: Snapshot, chosen: Selection) -> int:
    """How many items are chosen."""
    query = f"SELECT count(*) FROM item WHERE {chosen.sql}"  # noqa: S608
    return int(snapshot.rows(query, chosen.parameters)[0][0])
