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
    parts = spread(chosen, dimensions)
    nothing = ", ".join(["true", *("NULL" for _ in dimensions), "count(*)"])
    values = ", ".join(["false", *parts.values, "count(*)"])
    # How many items there are, beside the groups: they may count in several of these.
    rows = snapshot.rows(
        f"{parts.common} SELECT {nothing} FROM chosen"  # noqa: S608
        f" UNION ALL SELECT {values} FROM {parts.source} GROUP BY ALL",
        parts.parameters,
    )
    total = sum(count for is_total, *_, count in rows if is_total)
    counts = Counter({tuple(codes): count for is_total, *codes, count in rows if not is_total})
    return Tally(total, counts if dimensions else Counter())
