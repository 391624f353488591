"""What SQLite and PostgreSQL say differently: texts of any case and width, many keys, order."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    cast,
    collate,
    false,
    func,
    literal,
    or_,
    select,
)

from taplens import filters
from taplens.clock import Clock

_WIDE_OFFSET = 0xFEE0  # from ASCII "!" to the full-width "！"
_IDEOGRAPHIC_SPACE = "\u3000"


def server_seconds(connection: Connection, clock: Clock) -> float:
    """UTC epoch seconds by a clock that all who use the database share.

    That is PostgreSQL's own, as its clients' clocks differ; with SQLite all are on one machine.
    """
    if connection.dialect.name == "postgresql":
        return float(connection.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0)
    return clock.seconds()


def fold(text: str) -> str:
    """`text` without case, width and outer blanks: what equal names have in common."""
    return filters.fold(text).strip()


def contains(column: ColumnElement[Any], text: str, dialect: str) -> ColumnElement[bool]:
    """Whether the text in `column` holds `text`, whatever case and width both are written in."""
    return _matches(column, text, dialect, "*")


def equals(column: ColumnElement[Any], text: str, dialect: str) -> ColumnElement[bool]:
    """Whether the text in `column` is `text`, whatever case and width both are written in."""
    if "\0" not in text and all(len(_forms(character)) == 1 for character in text):
        return column == text  # nothing to vary: the index can be used
    return _matches(column, text, dialect, "")


def _matches(column: ColumnElement[Any], text: str, dialect: str, edge: str) -> ColumnElement[bool]:
    if "\0" in text:  # no stored text holds one: PostgreSQL can't keep it
        return false()
    operator, patterns = _DIALECTS[dialect]
    return or_(
        *(column.op(operator, is_comparison=True)(pattern) for pattern in patterns(text, edge))
    )


def _forms(character: str) -> str:
    """Every form a character is written in: both cases, both widths; sorted."""
    narrow = unicodedata.normalize("NFKC", character)
    narrow = narrow if len(narrow) == 1 else character
    cases = {character, narrow, narrow.lower(), narrow.upper()}
    forms = {form for form in cases if len(form) == 1}
    forms |= {chr(ord(form) + _WIDE_OFFSET) for form in forms if "!" <= form <= "~"}
    if narrow == " ":
        forms.add(_IDEOGRAPHIC_SPACE)
    return "".join(sorted(forms))


def _glob(text: str, edge: str) -> list[str]:
    """GLOB patterns of which one fits: its `*` is fast only before a single character.

    So the first character's forms become patterns of their own (a quarter of the time).
    """
    first, rest = _forms(text[:1]), text[1:]
    tail = "".join(_glob_class(_forms(character)) for character in rest) + edge
    return [edge + _glob_class(form) + tail for form in first] or [edge]


def _glob_class(forms: str) -> str:
    """The GLOB pattern of one character in any of `forms`."""
    if len(forms) == 1 and forms not in "*?[":
        return forms
    # In brackets "]" must come first and "^" must not; "-" may stand at an edge.
    ordered = sorted(forms, key=lambda form: (form != "]", form == "^", form == "-"))
    return f"[{''.join(ordered)}]"


def _regex(text: str, edge: str) -> list[str]:
    """The regular expression of the same, as PostgreSQL writes them."""
    body = "".join(_regex_class(_forms(character)) for character in text)
    return [body if edge else f"^{body}$"]


def _regex_class(forms: str) -> str:
    escaped = "".join(f"\\{form}" if _is_ascii_mark(form) else form for form in forms)
    return escaped if len(forms) == 1 else f"[{escaped}]"


def _is_ascii_mark(character: str) -> bool:
    return (
        character.isascii()
        and character.isprintable()
        and not (character.isalnum() or character in " _")
    )


_Patterns = Callable[[str, str], list[str]]
_DIALECTS: dict[str, tuple[str, _Patterns]] = {
    "sqlite": ("GLOB", _glob),
    "postgresql": ("~", _regex),
}


def among(
    column: ColumnElement[Any], keys: Sequence[int] | Sequence[str], dialect: str
) -> ColumnElement[bool]:
    """Whether `column` is one of `keys`, however many: they are sent as one parameter."""
    if dialect == "postgresql":
        kind = Text() if isinstance(column.type, Text) else BigInteger()
        return column == func.any(literal(list(keys), ARRAY(kind)))
    listed = func.json_each(orjson.dumps(list(keys)).decode()).table_valued("value")
    return column.in_(select(listed.c.value))


def gathered(column: ColumnElement[Any], dialect: str) -> ColumnElement[str]:
    """The values of `column` of all rows, as the text of a JSON array; null where there are none.

    Several in one SELECT hold the rows in one order.
    """
    if dialect == "postgresql":
        return cast(func.json_agg(column), Text)
    return func.json_group_array(column)


def sortable(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """`text` as it sorts by its characters' numbers, which is SQLite's way, on every engine."""
    return collate(text, "C") if dialect == "postgresql" else text
