"""The index on each engine: FTS5 tables on SQLite, weighted tsvectors on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from taplens.mirror.index.documents import Document
from taplens.mirror.index.tokens import Phrase, tokens

Entry = tuple[int, Document]  # an item's key, and what it is found by
Part = Literal["all", "title", "texts"]  # of a document: texts are its body and comments

# How much more a word counts in a title than in a body, and in a comment.
_TITLE, _BODY, _COMMENTS = 8.0, 1.0, 0.5


@dataclass(frozen=True, slots=True)
class Match:
    """Pieces of a SELECT over the index: whose entry it is, how well it fits (less is better),
    and what makes it fit. `item` is to be compared with item.key.
    """

    item: ColumnElement[Any]
    score: ColumnElement[Any]
    where: ColumnElement[bool]


class Engine(Protocol):
    """What both engines do."""

    def create(self, connection: Connection) -> None:
        """Make the tables, empty."""

    def clear(self, connection: Connection) -> None:
        """Empty them."""

    def add(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Put documents in; none of their items may be in already."""

    def remove(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Take documents out, given as they were put in."""

    def matching(self, phrases: Sequence[Phrase], part: Part = "all") -> Select[Any]:
        """The keys of the items whose `part` holds all of `phrases`, each wherever."""

    def match(
        self, phrases: Sequence[Phrase], *, any_of: bool = False, part: Part = "all"
    ) -> Match:
        """The entries whose `part` holds all (or any) of `phrases`, with their scores."""


class _Fts5:
    """SQLite: a contentless table over ready tokens, whose rows are the items' keys.

    The tokens hold letters and digits alone, so they need no escaping; the tokenizer `ascii` parts
    them at the blanks and leaves everything beyond ASCII as it is.
    """

    _table = table("fulltext", column("rowid"), column("fulltext"))
    # A transaction is written at once, and merged with others later than is usual: a chunk takes
    # two thirds of the time so.
    _settings: ClassVar = {"hashsize": 1 << 26, "automerge": 8}
    _parts: ClassVar = {"title": "title", "texts": "{body comments}"}
    _columns = "INSERT INTO fulltext(rowid, body, title, comments) VALUES (?, ?, ?, ?)"
    _delete = (
        "INSERT INTO fulltext(fulltext, rowid, body, title, comments) VALUES ('delete', ?, ?, ?, ?)"
    )

    def create(self, connection: Connection) -> None:
        connection.execute(
            text(
                "CREATE VIRTUAL TABLE IF NOT EXISTS fulltext USING fts5("
                "body, title, comments, content = '', tokenize = 'ascii')"
            )
        )
        for setting, value in self._settings.items():
            connection.execute(
                text("INSERT INTO fulltext(fulltext, rank) VALUES (:setting, :value)"),
                {"setting": setting, "value": value},
            )

    def clear(self, connection: Connection) -> None:
        connection.execute(text("INSERT INTO fulltext(fulltext) VALUES ('delete-all')"))

    def add(self, connection: Connection, entries: Sequence[Entry]) -> None:
        self._write(connection, self._columns, entries)

    def remove(self, connection: Connection, entries: Sequence[Entry]) -> None:
        self._write(connection, self._delete, entries)

    def _write(self, connection: Connection, statement: str, entries: Sequence[Entry]) -> None:
        rows = [(key, *map(" ".join, _token_lists(document))) for key, document in entries]
        if rows:
            connection.exec_driver_sql(statement, rows)

    def matching(self, phrases: Sequence[Phrase], part: Part = "all") -> Select[Any]:
        return select(self._table.c.rowid).where(self._match(phrases, " AND ", part))

    def match(
        self, phrases: Sequence[Phrase], *, any_of: bool = False, part: Part = "all"
    ) -> Match:
        joint = " OR " if any_of else " AND "
        return Match(
            # With the sign, SQLite can't take the items first and ask the index for each.
            UnaryExpression(self._table.c.rowid, operator=custom_op("+"), type_=Integer()),
            func.bm25(literal_column("fulltext"), _BODY, _TITLE, _COMMENTS),
            self._match(phrases, joint, part),
        )

    def _match(self, phrases: Sequence[Phrase], joint: str, part: Part) -> Any:
        asked = joint.join(
            f'"{" ".join(phrase.tokens)}"{" *" if phrase.prefix else ""}' for phrase in phrases
        )
        if part in self._parts:
            asked = f"{self._parts[part]} : ({asked})"
        return self._table.c.fulltext.op("MATCH", is_comparison=True)(asked)


class _Tsvector:
    """PostgreSQL: a weighted tsvector an item, made of the same tokens, under a GIN index.

    Ranks are ts_rank_cd's, which knows nearness and weights but not how rare a word is.
    A tsvector counts places up to 16,383 and 255 of a token. Of a document beyond either,
    `is_long`, phrases are found by their tokens, wherever these stand.
    """

    _MOST_PLACES, _MOST_OF_ONE = 16_383, 255
    _labels: ClassVar[dict[Part, str]] = {"all": "", "title": "A", "texts": "BC"}
    _GAP = 1  # no phrase goes on from a title into a body
    _table = table("fulltext", column("item"), column("tokens"), column("is_long"))

    def create(self, connection: Connection) -> None:
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS fulltext ("
                "item integer PRIMARY KEY, tokens tsvector NOT NULL, is_long boolean NOT NULL)"
            )
        )
        connection.execute(
            text("CREATE INDEX IF NOT EXISTS fulltext_tokens ON fulltext USING gin (tokens)")
        )

    def clear(self, connection: Connection) -> None:
        connection.execute(text("DELETE FROM fulltext"))

    def add(self, connection: Connection, entries: Sequence[Entry]) -> None:
        rows = [(key, *self._vector(document)) for key, document in entries]
        if rows:
            connection.exec_driver_sql(
                "INSERT INTO fulltext (item, tokens, is_long) VALUES (%s, %s::tsvector, %s)", rows
            )

    def remove(self, connection: Connection, entries: Sequence[Entry]) -> None:
        keys = [(key,) for key, _ in entries]
        if keys:
            connection.exec_driver_sql("DELETE FROM fulltext WHERE item = %s", keys)

    def _vector(self, document: Document) -> tuple[str, bool]:
        """The document as PostgreSQL writes tsvectors, and whether it goes beyond their bounds."""
        places: dict[str, list[str]] = {}
        passed = 0
        for weight, found in zip("BAC", _token_lists(document), strict=True):
            for place, token in enumerate(found, start=passed + 1):
                places.setdefault(token, []).append(f"{min(place, self._MOST_PLACES)}{weight}")
            passed += len(found) + self._GAP
        most = max(map(len, places.values()), default=0)
        vector = " ".join(
            f"'{token}':{','.join(where[: self._MOST_OF_ONE])}" for token, where in places.items()
        )
        return vector, passed > self._MOST_PLACES or most > self._MOST_OF_ONE

    def matching(self, phrases: Sequence[Phrase], part: Part = "all") -> Select[Any]:
        held = (self._holds(phrase, self._labels[part]) for phrase in phrases)
        return select(self._table.c.item).where(and_(*held))

    def match(
        self, phrases: Sequence[Phrase], *, any_of: bool = False, part: Part = "all"
    ) -> Match:
        weights = f"{{0, {_COMMENTS / _TITLE}, {_BODY / _TITLE}, 1}}"
        labels = self._labels[part]
        adjacent = [self._adjacent(phrase, labels) for phrase in phrases]
        asked = self._query(" | " if any_of else " & ", adjacent)
        rank = func.ts_rank_cd(text(f"'{weights}'::real[]"), self._table.c.tokens, asked, 1)
        joined = or_ if any_of else and_
        held = (self._holds(phrase, labels) for phrase in phrases)
        return Match(self._table.c.item, -rank, joined(*held))

    def _holds(self, phrase: Phrase, labels: str) -> Any:
        """Whether a document holds the phrase; of a long one, whether it holds the tokens."""
        held = self._table.c.tokens.op("@@", is_comparison=True)
        adjacent = held(self._query("", [self._adjacent(phrase, labels)]))
        if len(phrase.tokens) == 1:
            return adjacent
        anywhere = held(self._query(" & ", self._quoted(phrase, labels)))
        return or_(adjacent, and_(self._table.c.is_long, anywhere))

    def _adjacent(self, phrase: Phrase, labels: str) -> str:
        return f"({' <-> '.join(self._quoted(phrase, labels))})"

    def _quoted(self, phrase: Phrase, labels: str) -> list[str]:
        """The tokens as PostgreSQL takes them, those of `labels` only (all where it is "")."""
        *first, last = phrase.tokens
        prefix = "*" if phrase.prefix else ""
        marks = [*((token, labels) for token in first), (last, prefix + labels)]
        return [f"'{token}'" + (f":{mark}" if mark else "") for token, mark in marks]

    def _query(self, joint: str, parts: Iterable[str]) -> Any:
        return literal(joint.join(parts)).op("::")(literal_column("tsquery"))


def _token_lists(document: Document) -> tuple[list[str], ...]:
    """The tokens of body, title and comments: FTS5 keeps places in the first column in a third
    less than in the others, and most of them are of bodies.
    """
    return tuple(map(tokens, (document.body, document.title, document.comments)))


_ENGINES: dict[str, Engine] = {"sqlite": _Fts5(), "postgresql": _Tsvector()}


def engine_of(dialect: str) -> Engine:
    """The index of an engine: "sqlite" or "postgresql"."""
    return _ENGINES[dialect]
