"""What is found of an item: its title, its body and its comments as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import zstandard
from sqlalchemy import Connection, and_, select

from taplens.mirror.dialects import among
from taplens.mirror.index.tables import document
from taplens.mirror.landing.project import unpacked
from taplens.mirror.schema import comment, item, raw
from taplens.tapd.rich_text import to_text

# TAPD's fields whose rich text makes the body: descriptions, and what a test case says.
BODY_FIELDS = ("description", "precondition", "steps", "expectation")
LONGEST = 40_000  # characters of a body, and of all comments; PostgreSQL keeps a megabyte of tokens
_ENCODING = "gb18030"  # holds every character, a Chinese one in two bytes instead of three
_SEPARATOR = "\0"  # stands in no text


@dataclass(frozen=True, slots=True)
class Document:
    """An item's texts without markup, as they were written; the newest comments come first."""

    title: str
    body: str = ""
    comments: str = ""

    @property
    def packed(self) -> bytes:
        """The document as it is stored."""
        texts = (self.title, self.body, self.comments)
        joined = _SEPARATOR.join(text.replace(_SEPARATOR, " ") for text in texts)
        return zstandard.compress(joined.encode(_ENCODING, "replace"), 1)

    @classmethod
    def restored(cls, packed: bytes) -> Document:
        """The document that was stored so."""
        return cls(*zstandard.decompress(packed).decode(_ENCODING).split(_SEPARATOR))


def made(connection: Connection, keys: Sequence[int]) -> dict[int, Document]:
    """The documents of these items as the mirror has them now; of those it has."""
    comments = _comments(connection, keys)
    rows = connection.execute(
        select(item.c.key, item.c.title, raw.c.payload)
        .join(raw, raw.c.item == item.c.key)
        .where(among(item.c.key, keys, connection.dialect.name))
    )
    return {
        row.key: Document(row.title or "", _body(row.payload), _joined(comments.get(row.key, ())))
        for row in rows
    }


def stored(connection: Connection, keys: Sequence[int]) -> dict[int, bytes]:
    """The packed documents of those of these items that were indexed."""
    rows = connection.execute(
        select(document).where(among(document.c.item, keys, connection.dialect.name))
    )
    return {row.item: row.text for row in rows}


def _body(payload: bytes) -> str:
    row = unpacked(payload)
    return _joined(str(row[name]) for name in BODY_FIELDS if row.get(name))


def _joined(texts: Iterable[str]) -> str:
    """Rich texts as plain ones, below one another, up to the longest that is indexed."""
    plain: list[str] = []
    room = LONGEST
    for text in texts:
        if room <= 0:
            break
        plain.append(to_text(text)[:room])
        room -= len(plain[-1]) + 1
    return "\n".join(filter(None, plain))


def _comments(connection: Connection, keys: Sequence[int]) -> dict[int, list[str]]:
    """The comments that are there, by the item they stand under, the newest first."""
    rows = connection.execute(
        select(item.c.key, comment.c.title, comment.c.description)
        .join(
            comment,
            and_(
                comment.c.workspace == item.c.workspace,
                comment.c.type == item.c.type,
                comment.c.item_id == item.c.id,
            ),
        )
        .where(
            among(item.c.key, keys, connection.dialect.name),
            comment.c.removed.is_(None),
        )
        .order_by(comment.c.created.desc(), comment.c.id.desc())
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.key, []).append(row.description or row.title or "")
    return found
