"""The items that are searched: the first workspace of one sandbox world, always the same."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taplens.sandbox import SandboxOptions
    from taplens.sandbox.store import Store

Row = dict[str, Any]

ITEMS, SEED, TODAY = 4_000, 20261126, date(2026, 11, 26)
TITLES = {"story": "name", "bug": "title", "task": "name"}
_REPEATED = "<p>又遇到一次。</p>"  # what the sandbox adds where a bug repeats another
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class Item:
    """A story, bug or task.

    `told` is its description without markup; `family` is the same for bugs that report one fault
    again and again, and else the item's own.
    """

    id: str
    type: str
    title: str
    told: str
    created: str
    developer: str
    family: str

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it: a story and a bug may have the same id."""
        return self.type, self.id


@dataclass(frozen=True, slots=True)
class Corpus:
    """All items, and by family those that repeat one another."""

    items: tuple[Item, ...]
    families: dict[str, tuple[Item, ...]]

    def with_repeats(self, items: Iterable[Item]) -> set[Item]:
        """The items and all that report the same again."""
        return {one for item in items for one in self.families[item.family]}


def options() -> SandboxOptions:
    """How the sandbox is told to make this world."""
    from taplens.sandbox import SandboxOptions

    return SandboxOptions(items=ITEMS, seed=SEED, today=TODAY)


def generated() -> Corpus:
    """The corpus, made anew (some seconds)."""
    from taplens.sandbox.store import Store
    from taplens.sandbox.world import build

    with Store() as store:
        build(store, items=ITEMS, seed=SEED, today=TODAY)
        return corpus_of(store)


def corpus_of(store: Store) -> Corpus:
    """The corpus that a sandbox's store holds."""
    from taplens.sandbox.world import PLANS

    first = PLANS[0].id
    items = [
        _item(type_, row) for type_ in TITLES for row in store.select(type_, first, order="id")
    ]
    families: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        families[item.family].append(item)
    return Corpus(tuple(items), {name: tuple(members) for name, members in families.items()})


def _item(type_: str, row: Row) -> Item:
    description = str(row.get("description") or "")
    first = description.replace(_REPEATED, "")
    return Item(
        id=row["id"],
        type=type_,
        title=row[TITLES[type_]],
        told=html.unescape(_TAG.sub(" ", description)),
        created=row["created"],
        developer=str(row.get("de") or row.get("developer") or row.get("owner") or "").rstrip(";"),
        # A description names a test account, times and counts: no two bugs share one by chance.
        family=first if type_ == "bug" and first else f"{type_} {row['id']}",
    )
