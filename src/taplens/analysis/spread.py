"""The chosen items beside the values that they have of some dimensions, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taplens.mirror.dimensions import Dimension
from taplens.mirror.snapshot.matching import Selection, rendered


@dataclass(frozen=True, slots=True)
class Spread:
    """Pieces of a query with one row for each item and combination of its values.

    `common` is its WITH clause, `source` what stands behind FROM (`chosen.key` is the item),
    `values` the expression of each dimension's value (null: the item has none), `parameters` those
    of `common` and `source` together.
    """

    common: str
    source: str
    values: tuple[str, ...]
    parameters: tuple[object, ...]


def spread(chosen: Selection, dimensions: Sequence[Dimension]) -> Spread:
    """The chosen items with their values of `dimensions`."""
    own = {
        place: rendered(entry.column)
        for place, entry in enumerate(dimensions)
        if entry.column is not None
    }
    columns = ["item.key", *(f"{value.sql} AS own{place}" for place, value in own.items())]
    joins = [
        _joined(place, entry, place in own)
        for place, entry in enumerate(dimensions)
        if entry.fields
    ]
    parts = [*own.values(), chosen, *joins]
    return Spread(
        f"WITH chosen AS (SELECT {', '.join(columns)} FROM item WHERE {chosen.sql})",  # noqa: S608
        " ".join(["chosen", *(join.sql for join in joins)]),
        tuple(
            f"held{place}.value" if entry.fields else f"chosen.own{place}"
            for place, entry in enumerate(dimensions)
        ),
        tuple(value for part in parts for value in part.parameters),
    )


def _joined(place: int, entry: Dimension, has_column: bool) -> Selection:
    """The values of a dimension that stand in `item_value`, and those of its column beside."""
    value = rendered(entry.value)
    marks = ", ".join("?" for _ in entry.fields)
    held = (
        f"SELECT item, {value.sql} AS value FROM item_value"  # noqa: S608
        f" WHERE field IN ({marks}) AND {value.sql} IS NOT NULL"
    )
    if has_column:
        own = f"own{place}"
        held += f" UNION ALL SELECT key, {own} FROM chosen WHERE {own} IS NOT NULL"  # noqa: S608
    return Selection(
        f"LEFT JOIN ({held}) AS held{place} ON held{place}.item = chosen.key",
        (*value.parameters, *entry.fields, *value.parameters),
    )
