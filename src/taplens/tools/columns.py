"""The columns of counted groups: the fields asked for, and beside some of them TAPD's own keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

NUMBERS = ("count", "share")


def key_of(column: str) -> str:
    """The column that holds what a filter takes for what `column` says in the team's words."""
    return f"{column}_key"


def columns_of(fields: Sequence[str]) -> list[str]:
    """The columns of these fields: one that a team calls as another column is goes by `(2)`."""
    taken, found = set(NUMBERS), []
    for field in fields:
        column = field
        while not taken.isdisjoint((column, key_of(column))):
            column += " (2)"
        taken |= {column, key_of(column)}
        found.append(column)
    return found


def in_words(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without the keys beside the words."""
    keys: Iterable[str] = {key_of(column) for column in row}
    return {column: value for column, value in row.items() if column not in keys}
