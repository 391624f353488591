"""Looking for a text in the fields of items, in all of them or in one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from taplens.errors import ArgumentError
from taplens.filters import fold, nearest
from taplens.tapd.ids import short_number
from taplens.tools.classic.items import Item, plain, short

_AROUND = 60  # characters of a value that are shown on each side of a match
_PARTS = ";|"  # TAPD's marks between people, and between chosen values


@dataclass(frozen=True, slots=True)
class Match:
    """An item and where it holds the text: the fields with their values."""

    item: Item
    fields: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A text that is looked for: in `field` ("": in all), as a whole value where `exact`."""

    text: str
    field: str = ""
    exact: bool = False
    case_sensitive: bool = False

    def matches(self, items: Iterable[Item]) -> Iterator[Match]:
        """The items that hold the text, in their order."""
        written: Callable[[str], str] = str if self.case_sensitive else fold
        wanted = written(self.text)
        for item in items:
            holds = partial(_is, item) if self.exact else _holds
            found = [
                (name, text)
                for name, text in self._fields(item)
                if holds(name, text, wanted, written)
            ]
            if found:
                yield Match(item, found)

    def shown(self, match: Match) -> dict[str, Any]:
        """What an answer says of a match."""
        kind = "exact" if self.exact else "partial"
        told = [
            {"field": name, "value": self._around(value), "match_type": kind}
            for name, value in match.fields
        ]
        return {"matched_fields": told, "match_count": len(told)}

    def _fields(self, item: Item) -> Iterator[tuple[str, str]]:
        names = (self.field,) if self.field else item
        for name in names:
            value = item.get(name)
            if isinstance(value, str | int | float) and value != "":
                yield name, plain(value)

    def _around(self, value: str) -> str:
        """The place of the match in a long value; its beginning where folding moved it."""
        place = value.casefold().find(self.text.casefold())
        if place <= _AROUND:
            return str(short(value))
        start, end = place - _AROUND, place + len(self.text) + _AROUND
        return f"…{value[start:end]}{'…' * (end < len(value))}"


def check_field(field: str, *lists: Iterable[Item]) -> None:
    """Raises ArgumentError for a field that no item has."""
    known = {name: None for items in lists for item in items for name in item}
    if field and field not in known:
        near = nearest(field, list(known)) or list(known)[:20]
        raise ArgumentError("data_field_unknown", field=field[:60], known=", ".join(near))


_Written = Callable[[str], str]


def _holds(_name: str, text: str, wanted: str, written: _Written) -> bool:
    return wanted in written(text)


def _is(item: Item, name: str, text: str, wanted: str, written: _Written) -> bool:
    """Whether a value, or one of those that it lists, is the text; an id also by its number."""
    if written(text.strip()) == wanted.strip():
        return True
    if name == "id" and wanted.isdecimal() and text.isdecimal():
        return str(short_number(text, str(item.get("workspace_id") or ""))) == wanted
    for mark in _PARTS:
        if mark in text and wanted in map(written, map(str.strip, text.split(mark))):
            return bool(wanted)
    return False
