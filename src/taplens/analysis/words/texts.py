"""What items say, read from the mirror in bounded chunks: folded, without the team's templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from taplens.analysis.words.segment import folded
from taplens.mirror.dialects import among
from taplens.mirror.fields import BY_NAME, TYPE_CODES
from taplens.mirror.index.documents import Document
from taplens.mirror.index.habits import habits_of
from taplens.mirror.index.tables import document
from taplens.mirror.schema import item, item_value, term

CHUNK = 1_000  # items read at once: a few megabytes of text
_TCASE = TYPE_CODES["tcase"]
_FIELDS = ("module", "feature")
_GAPS = re.compile(r"(?:[^\S\n]|[_.-])+")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Text:
    """What an item says: the code of its type, and its folded text."""

    type: int
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """Which parts of items are read.

    `indexed`: descriptions are at hand, else only titles are. `extended`: also comments, labels,
    modules, features, and what a test case says beside its title.
    """

    connection: Connection
    indexed: bool
    extended: bool
    _templates: dict[tuple[int, int], frozenset[str]] = field(default_factory=dict)

    def texts(self, keys: Sequence[int]) -> Iterator[Text]:
        """The texts of the items of these keys, in no particular order."""
        for start in range(0, len(keys), CHUNK):
            yield from self._chunk(keys[start : start + CHUNK])

    def _chunk(self, keys: Sequence[int]) -> Iterator[Text]:
        query = (
            select(item.c.key, item.c.type, item.c.workspace, item.c.title, document.c.text)
            .outerjoin(document, document.c.item == item.c.key)
            .where(among(item.c.key, keys, self.connection.dialect.name))
        )
        values = self._values(keys) if self.extended else {}
        for row in self.connection.execute(query):
            parts = [folded("\n".join([row.title or "", *values.get(row.key, ())]))]
            if self.indexed and row.text is not None:
                parts += self._written(row.workspace, row.type, Document.restored(row.text))
            yield Text(row.type, "\n".join(parts))

    def _written(self, workspace: int, type_code: int, found: Document) -> list[str]:
        """The folded body and comments of an item, as far as they are read."""
        parts = []
        if found.body and (self.extended or type_code != _TCASE):
            parts.append(without(self._of(workspace, type_code), folded(found.body)))
        if self.extended:
            parts.append(folded(found.comments))
        return parts

    def _of(self, workspace: int, type_code: int) -> frozenset[str]:
        """The templates of a workspace for items of a type."""
        kind = (workspace, type_code)
        if kind not in self._templates:
            self._templates[kind] = habits_of(self.connection, *kind).templates
        return self._templates[kind]

    def _values(self, keys: Sequence[int]) -> dict[int, list[str]]:
        """Labels, modules and features, by item."""
        found: dict[int, list[str]] = {}
        listed = among(item.c.key, keys, self.connection.dialect.name)
        for name in _FIELDS:
            query = select(item.c.key, term.c.text).join(term, term.c.key == item.c[name])
            for key, text in self.connection.execute(query.where(listed)):
                found.setdefault(key, []).append(text)
        labels = (
            select(item_value.c.item, term.c.text)
            .join(term, term.c.key == item_value.c.term)
            .where(
                among(item_value.c.item, keys, self.connection.dialect.name),
                item_value.c.field == BY_NAME["label"].code,
            )
        )
        for key, text in self.connection.execute(labels):
            found.setdefault(key, []).append(text)
        return found


def without(templates: frozenset[str], text: str) -> str:
    """A folded text without the pieces that the team's templates give it."""
    # As habits.plain writes pieces, but of a text that is folded, and all of them at once.
    plain = _DIGITS.sub("0", _GAPS.sub(" ", text)).split("\n")
    pieces = zip(text.split("\n"), plain, strict=True)
    return "\n".join(piece for piece, key in pieces if key.strip() not in templates)
