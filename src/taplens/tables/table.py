"""A table before it is a file: heads, rows of typed cells, and what is to be known of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads to an address."""

    text: str
    address: str


# A datetime is in the workspace's zone and carries no offset; a list is several texts.
Cell = str | int | float | bool | date | datetime | Link | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; they are gone through once.

    `title` names it, `about` says what it is: pairs of a label and a text. `made` is the time that
    a file tells of itself (without an offset; None: when it is written).
    """

    title: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    about: Sequence[tuple[str, str]] = ()
    made: datetime | None = None


def text_of(cell: Cell) -> str:
    """What a cell says as text: dates as ISO 8601 with a blank, several texts with "; " between."""
    match cell:
        case Link():
            return cell.text
        case bool():
            return str(cell).lower()
        case datetime():
            return cell.isoformat(" ", "seconds")
        case list() | tuple():
            return "; ".join(cell)
    return "" if cell is None else str(cell)
