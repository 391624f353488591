"""What a team writes again and again: the lines of its templates, and how rare its words are."""

from __future__ import annotations

import math
import re
import threading
import time
import weakref
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select

from taplens.mirror.embedders.features import features
from taplens.mirror.index.documents import Document
from taplens.mirror.index.tables import document
from taplens.mirror.index.tokens import normalized, split
from taplens.mirror.schema import item

_SAMPLE = 1_000  # of the newest items of a type
_LEAST, _SHARE = 4, 0.05  # so many of them, and so large a part, make a line a template's
_SHARED_BY = 2
_LEAST_COMMON, _COMMON = 10, 0.1  # so many of them, and so large a part, make a word tell nothing
_SECONDS = 600.0  # after which a team may have other habits
# Where a template's words end and what was written into it begins.
ENDS = "\n，,。；;：:！!？?【】[]"
_ENDS = re.compile(f"[{re.escape(ENDS)}]+")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Habits:
    """Of the items of one type in one workspace: the pieces that many share, and in how many of
    `items` each feature stands.
    """

    templates: frozenset[str]
    counts: Mapping[str, int]
    items: int

    def without_templates(self, text: str) -> str:
        """`text` without the pieces that many items share."""
        kept = (piece for piece in _pieces(text) if plain(piece) not in self.templates)
        return "\n".join(kept)

    def leads(self, token: str) -> tuple[bool, float]:
        """In this order tokens lead to items like the one that holds them: the rarest first.

        What no other of the items holds leads nowhere, as far as they tell.
        """
        feature = feature_of(token)
        return self.counts.get(feature, 0) < _SHARED_BY, -self.rarity(feature)

    def is_common(self, token: str) -> bool:
        """Whether so many items hold a token that two of them aren't alike by it."""
        held = self.counts.get(feature_of(token), 0)
        return held >= max(_LEAST_COMMON, self.items * _COMMON)

    def rarity(self, feature: str) -> float:
        """How much a feature tells items apart: 0 for what stands in all of them."""
        return math.log((1 + self.items) / (1 + min(self.counts.get(feature, 0), self.items)))


def feature_of(token: str) -> str:
    """The name under which features count a token of the index."""
    return token if split(token)[0][0] else f"w {token}"


_LOCK = threading.Lock()
_KNOWN: weakref.WeakKeyDictionary[Engine, dict[tuple[int, int], tuple[float, Habits]]] = (
    weakref.WeakKeyDictionary()
)


def habits_of(connection: Connection, workspace_key: int, type_code: int) -> Habits:
    """The habits of a workspace with items of a type; remembered for ten minutes."""
    with _LOCK:
        known = _KNOWN.setdefault(connection.engine, {})
    found = known.get((workspace_key, type_code))
    if found is None or time.monotonic() - found[0] > _SECONDS:
        packed = connection.scalars(
            select(document.c.text)
            .join(item, item.c.key == document.c.item)
            .where(item.c.workspace == workspace_key, item.c.type == type_code)
            .order_by(item.c.key.desc())
            .limit(_SAMPLE)
        )
        found = (time.monotonic(), learned(map(Document.restored, packed)))
        known[workspace_key, type_code] = found  # two threads at once learn the same
    return found[1]


def learned(documents: Iterable[Document]) -> Habits:
    """The habits that `documents` show."""
    pieces: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    items = 0
    for one in documents:
        items += 1
        pieces.update({plain(piece) for piece in _pieces(one.body)})
        counts.update(features(f"{one.title}\n{one.body}").keys())
    least = max(_LEAST, items * _SHARE)
    shared = (piece for piece, count in pieces.items() if count >= least)
    return Habits(frozenset(shared), counts, items)


def _pieces(text: str) -> list[str]:
    return [piece for piece in map(str.strip, _ENDS.split(text)) if piece]


def plain(piece: str) -> str:
    """What pieces, and the templates among them, are compared by: their numbers differ from item
    to item.
    """
    return _DIGITS.sub("0", " ".join(normalized(piece).split()))
