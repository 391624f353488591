"""`--csv` and `--xlsx`: what a command found, as files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from taplens import messages
from taplens.cli import output
from taplens.errors import ArgumentError
from taplens.tables import STANDARD_OUTPUT, Destination, Saved, Table, check, save
from taplens.tools.columns import in_words

if TYPE_CHECKING:
    from taplens.tables import Cell

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\+08:00)?")
_ABOUT = ("total", "as_of", "history_from", "definition")


@dataclass(frozen=True, slots=True)
class Exports:
    """The files that a command line asks for; false where there are none."""

    destinations: tuple[Destination, ...]

    @classmethod
    def of(cls, csv: str | None, xlsx: str | None, *, as_json: bool) -> Exports:
        """What `--csv` and `--xlsx` say. Raises ExportError or ArgumentError before any work."""
        files = [Destination("csv", csv or ""), Destination("xlsx", xlsx or "")]
        found = tuple(file for file in files if file.path)
        for destination in found:
            check(destination)
        if as_json and csv == STANDARD_OUTPUT:
            raise ArgumentError("export_stdout_twice")
        return cls(found)

    def __bool__(self) -> bool:
        return bool(self.destinations)

    def save(self, name: str, where: str, answer: dict[str, Any], columns: Sequence[str]) -> None:
        """Write the rows of a tool's answer, which is whole; nothing where no file is asked for.

        `name` is the command's, `where` its filter; `columns` are those of an answer without rows.
        Raises ExportError.
        """
        if not self:
            return
        told = [in_words(row) for row in answer["data"]]
        names = list(dict.fromkeys(name for row in told for name in row)) or list(columns)
        rows = [[row.get(column) for column in names] for row in told]
        table = Table(
            messages.text(f"cli.{name}.sheet"),
            [output.head(column) for column in names],
            _typed(rows),
            about(name, where, answer),
        )
        self.tell(save(table, self.destinations))

    def tell(self, saved: Saved) -> None:
        """Say on stderr what was written where."""
        for destination in self.destinations:
            if destination.path != STANDARD_OUTPUT:
                output.say(messages.text("cli.export.done", rows=saved.rows, path=destination.path))
        if saved.cut:
            output.say("⚠ " + messages.text("cli.export.cut", count=saved.cut))


def about(name: str, where: str, answer: dict[str, Any]) -> list[tuple[str, str]]:
    """What is to be known of a table: the command and its filter, how fresh, what it means."""
    facts = {key: answer.get(key) for key in _ABOUT}
    told = {"command": f"taplens {name}", "where": where} | facts
    pairs = [(label, str(value)) for label, value in told.items() if value not in (None, "")]
    pairs += [("warning", warning) for warning in answer.get("warnings", ())]
    pairs.append(("times", messages.text("cli.export.times")))
    return [(messages.text(f"cli.export.about.{label}"), text) for label, text in pairs]


def _typed(rows: list[list[Any]]) -> list[list[Cell]]:
    """The rows with the days and times of columns that hold nothing else as such."""
    columns = [_typed_column(list(column)) for column in zip(*rows, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def _typed_column(values: Sequence[Any]) -> list[Cell]:
    told = [value for value in values if value is not None]
    texts = [value for value in told if isinstance(value, str)]
    made = None
    if texts and len(texts) == len(told):
        if all(map(_DAY.fullmatch, texts)):
            made = date.fromisoformat
        elif all(map(_TIME.fullmatch, texts)):
            made = _time
    try:
        return [made(value) if made and value is not None else value for value in values]
    except ValueError:  # digits that are no day
        return list(values)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)
