"""Items in groups by what can be counted by: any field, in the team's words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from taplens.analysis.flow.histories import Ints
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
        return len(np.unique(self.items)) < len(self.items)

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
    held = dict(_held(source, entry, selection))
    shown: dict[str | None, Shown] = {}
    members: dict[str | None, list[Ints]] = {}
    for value, (said, label) in entry.shown(held).items():
        word = label if entry.merged else said
        shown.setdefault(word, (said, label))
        members.setdefault(word, []).append(_numbers(keys, held[value]))
    given = [part for parts in members.values() for part in parts]
    rest = np.setdiff1d(np.arange(len(keys)), np.concatenate(given) if given else [])
    if len(rest):
        shown[None], members[None] = (None, None), [rest]
    order = sorted(members, key=lambda word: (word is None, word or ""))
    parts = [np.unique(np.concatenate(members[word])) for word in order]
    return Groups(
        entry.name,
        np.concatenate(parts) if parts else np.zeros(0, np.int64),
        np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
        tuple(shown[word] for word in order),
    )


def _numbers(keys: Ints, held: list[int]) -> Ints:
    """The places of `held` in `keys`; what isn't among them has none."""
    wanted = np.array(held, np.int64)
    places = np.searchsorted(keys, wanted)
    found: Ints = places[np.append(keys, 0)[places] == wanted]
    return found


def _held(
    source: Source, entry: Dimension, selection: Selection
) -> Iterable[tuple[Any, list[int]]]:
    """The values met, and the keys of the items that hold each."""
    from taplens.mirror.snapshot.matching import rendered

    held: dict[Any, list[int]] = {}
    wanted = f"SELECT key FROM item WHERE {selection.sql}"  # noqa: S608 - its values are parameters
    tables = []
    if entry.column is not None:
        tables.append((entry.column, item.c.key, item.c.key > 0))
    if entry.fields:
        tables.append((entry.value, item_value.c.item, item_value.c.field.in_(entry.fields)))
    for value, owner, condition in tables:
        asked, key, among = rendered(value), rendered(owner), rendered(condition)
        query = (
            f"SELECT {asked.sql} AS value, list({key.sql}) FROM {owner.table.name}"  # noqa: S608
            f" WHERE {among.sql} AND {key.sql} IN ({wanted}) GROUP BY value"
        )
        parameters = (*asked.parameters, *among.parameters, *selection.parameters)
        for found, keys in source.snapshot.rows(query, parameters):
            if found is not None:
                held.setdefault(found, []).extend(keys)
    return held.items()
