"""Which items have which values of a dimension, as arrays: read once a version, and kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from taplens.mirror.dimensions import Dimension
from taplens.mirror.snapshot.matching import Selection, rendered
from taplens.mirror.snapshot.opened import Snapshot

Array = np.ndarray[Any, np.dtype[Any]]
_MOST_KEPT = 16  # dimensions; each takes 12 bytes for every value that an item has


@dataclass(frozen=True, slots=True)
class Held:
    """By pairs: the keys of items, rising, and the places of their values in `values`.

    An item with several values stands in several pairs, one without any in none.
    """

    items: Array
    places: Array
    values: tuple[Any, ...]


def held(snapshot: Snapshot, entry: Dimension) -> Held:
    """The values that all items of the mirror have of a dimension."""
    parts = list(_parts(entry))
    query = " UNION ALL ".join(part.sql for part in parts)
    parameters = tuple(value for part in parts for value in part.parameters)
    kept: dict[Any, Held] = snapshot.kept("held", dict)
    if (query, parameters) not in kept:
        while len(kept) >= _MOST_KEPT:
            kept.pop(next(iter(kept)), None)
        read = snapshot.columns(query, parameters)
        values, places = np.unique(np.ma.getdata(read["value"]), return_inverse=True)
        order = np.argsort(read["item"], kind="stable")
        items = read["item"][order].astype(np.int64)
        found = Held(items, places[order].astype(np.int32), tuple(values.tolist()))
        kept[query, parameters] = found
        return found
    return kept[query, parameters]


def _parts(entry: Dimension) -> list[Selection]:
    """Where the values stand: in a column of the items, in the table of values, or in both."""
    parts = []
    if entry.column is not None:
        own = rendered(entry.column)
        sql = f"SELECT key AS item, {own.sql} AS value FROM item WHERE {own.sql} IS NOT NULL"  # noqa: S608
        parts.append(Selection(sql, own.parameters * 2))
    if entry.fields:
        value = rendered(entry.value)
        marks = ", ".join("?" for _ in entry.fields)
        sql = (
            f"SELECT item, {value.sql} AS value FROM item_value"  # noqa: S608
            f" WHERE field IN ({marks}) AND {value.sql} IS NOT NULL"
        )
        parts.append(Selection(sql, (*value.parameters, *entry.fields, *value.parameters)))
    return parts
