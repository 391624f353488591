"""Items in groups by what can be counted by: any field, in the team's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from taplens.analysis.flow.codes import places_of
from taplens.analysis.flow.histories import Ints
from taplens.analysis.labelling import Labelling
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.dimensions import Dimension, dimension
from taplens.mirror.schema import item, item_value

if TYPE_CHECKING:
    from taplens.mirror.snapshot.keeping import Source
    from taplens.mirror.snapshot.matching import Selection

Shown = tuple[str | None, str | None]  # the value as a filter takes it, the team's word


@dataclass(frozen=True)
class Groups:
    """Which items are in which groups: `items` (their numbers) and `places` (in `shown`) by pairs.

    An item with several values is in several groups. `name` is the field, "" for all in one.
    """

    name: str
    items: Ints
    places: Ints
    shown: tuple[Shown, ...]

    @property
    def overlapping(self) -> bool:
        """Whether an item stands in more than one group."""
        return bool(np.bincount(self.items).max(initial=0) > 1)

    def named(self, place: int) -> dict[str, Any]:
        """The group as the beginning of a row: the team's word, the key where it differs."""
        if not self.name:
            return {}
        value, label = self.shown[place]
        row = {self.name: label if label is not None else value}
        return row | ({f"{self.name}_key": value} if value not in (None, label) else {})


def groups_of(
    source: Source, catalogue: Catalogue, keys: Ints, selection: Selection, name: str
) -> Groups:
    """The items `keys` (rising), which are among those of `selection`, by the field `name`.

    Items without a value are a group of their own. Raises ArgumentError for a name that means
    nothing, or can't be counted by.
    """
    entry = dimension(catalogue, name)
    held = _held(source, entry, selection)
    words = Labelling.of(entry, held)
    members: dict[str | None, list[Ints]] = {}
    alone = np.ones(len(keys), np.bool_)
    for value, holders in held.items():
        if (word := words.word[value]) is not None:
            numbers = places_of(keys, np.concatenate(holders))
            members.setdefault(word, []).append(numbers[numbers >= 0])
            alone[members[word][-1]] = False
    if alone.any():
        members[None] = [np.flatnonzero(alone)]
    order = sorted(members, key=lambda word: (word is None, word or ""))
    # Only values that are shown by one word can hold an item twice.
    parts = [
        np.unique(np.concatenate(found)) if len(found) > 1 else found[0]
        for found in map(members.__getitem__, order)
    ]
    return Groups(
        entry.name,
        np.concatenate(parts) if parts else np.zeros(0, np.int64),
        np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
        tuple(words.shown[word] for word in order),
    )


def _held(source: Source, entry: Dimension, selection: Selection) -> dict[Any, list[Ints]]:
    """The values met, and the keys of the items that hold each."""
    from taplens.mirror.snapshot.matching import rendered

    held: dict[Any, list[Ints]] = {}
    wanted = f"SELECT key FROM item WHERE {selection.sql}"  # noqa: S608 - its values are parameters
    tables = []
    if entry.column is not None:
        tables.append((entry.column, item.c.key, item.c.key > 0))
    if entry.fields:
        tables.append((entry.value, item_value.c.item, item_value.c.field.in_(entry.fields)))
    for column, owner, condition in tables:
        asked, key, among = rendered(column), rendered(owner), rendered(condition)
        query = (
            f"SELECT {asked.sql} AS value, list({key.sql}) AS keys"  # noqa: S608
            f" FROM {owner.table.name} WHERE {asked.sql} IS NOT NULL AND {among.sql}"
            f" AND {key.sql} IN ({wanted}) GROUP BY value"
        )
        parameters = (
            *asked.parameters,
            *asked.parameters,
            *among.parameters,
            *selection.parameters,
        )
        found = source.snapshot.columns(query, parameters)
        for value, numbers in zip(found["value"].tolist(), found["keys"], strict=True):
            held.setdefault(value, []).append(numbers)
    return held
