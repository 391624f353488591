"""Items in groups by what can be counted by: any field, in the team's words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from taplens.analysis.flow.codes import places_of
from taplens.analysis.flow.histories import Ints
from taplens.analysis.flow.telling import COLUMNS
from taplens.analysis.labelling import Labelling, free_name
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

    An item with several values is in several groups. `name` is the column of the field, "" for all
    in one.
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
    order = sorted({word for word in words.word.values() if word is not None})
    numbers: dict[str | None, int] = {word: number for number, word in enumerate(order)}
    group_of = [numbers.get(words.word[value], -1) for value in held]
    holders = list(chain.from_iterable(held.values()))
    groups = np.repeat(
        np.array(group_of, np.int64),
        np.array([sum(map(len, parts)) for parts in held.values()], np.int64),
    )
    items = places_of(keys, np.concatenate(holders)) if holders else np.zeros(0, np.int64)
    known = (items >= 0) & (groups >= 0)
    # Values that are shown by one word can hold an item twice.
    pairs = np.unique(groups[known] * len(keys) + items[known])
    groups, items = np.divmod(pairs, max(len(keys), 1))
    alone = np.ones(len(keys), np.bool_)
    alone[items] = False
    rest = np.flatnonzero(alone)
    shown = [words.shown[word] for word in order]
    if len(rest):
        items = np.append(items, rest)
        groups = np.append(groups, np.full(len(rest), len(order)))
        shown.append((None, None))
    return Groups(free_name(entry.name, COLUMNS), items, groups, tuple(shown))


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
