"""An Excel workbook: typed cells under a fixed head, and a second sheet that says what they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from taplens import messages
from taplens.errors import ExportError
from taplens.tables.table import Cell, Link, Table, text_of

if TYPE_CHECKING:
    from xlsxwriter import Workbook

MOST_ROWS = 1_048_576  # of a sheet, the head among them
MOST_CHARACTERS = 32_767  # of a cell
_MOST_LINKS = 65_000  # of a sheet; Excel takes 65,530
_EXACT = 2**53  # from there on Excel's numbers leave integers out
_FIRST_YEAR = 1900  # dates before are no numbers to Excel
_WIDEST, _NARROWEST = 60, 6  # characters of a column
_MEASURED = 1_000  # rows by which columns are made wide
# What XML can't hold, and what would be an escape of Excel's.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")
_MOST_NAME = 31


class XlsxWriter:
    """Writes a table into a new workbook at `path`, row by row, and little of it in memory.

    `folder` takes what is written in between. Raises ExportError for more rows than a sheet holds.
    """

    def __init__(self, path: Path, table: Table, folder: Path) -> None:
        from xlsxwriter import Workbook

        self.cut = 0
        self._table = table
        self._book = Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": str(folder),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        if table.made is not None:
            self._book.set_properties({"created": table.made})
        self._link = self._book.get_default_url_format()
        self._head = self._book.add_format({"bold": True, "bottom": 1})
        self._date = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._sheet = self._book.add_worksheet(_sheet_name(table.title))
        self._sheet.freeze_panes(1, 0)
        self._widths = [_NARROWEST] * len(table.heads)
        self._rows = self._links = 0
        for column, head in enumerate(table.heads):
            self._sheet.write_string(0, column, self._fitting(head), self._head)
        self._measure(table.heads)

    def add(self, cells: Sequence[Cell]) -> None:
        """Write one row."""
        self._rows += 1
        if self._rows >= MOST_ROWS:
            raise ExportError("export_too_long", most=f"{MOST_ROWS - 1:,}")
        for column, cell in enumerate(cells):
            self._write(column, cell)
        if self._rows <= _MEASURED:
            self._measure(cells)

    def close(self) -> None:
        """Write the second sheet and put the workbook together."""
        self._sheet.autofilter(0, 0, self._rows, max(len(self._widths) - 1, 0))
        for column, width in enumerate(self._widths):
            self._sheet.set_column(column, column, min(width, _WIDEST) + 2)
        about = self._book.add_worksheet(_sheet_name(messages.text("tables.about")))
        about.set_column(0, 0, 18)
        about.set_column(1, 1, 100)
        for row, (label, text) in enumerate(self._table.about):
            about.write_string(row, 0, label, self._head)
            about.write_string(row, 1, self._fitting(text), self._wrapped)
        _put_together(self._book)

    def abandon(self) -> None:
        """Let go of the files, without a workbook."""
        self._sheet.row_data_fh.close()

    def _write(self, column: int, cell: Cell) -> None:
        row, sheet = self._rows, self._sheet
        match cell:
            case Link() if self._links < _MOST_LINKS:
                self._links += 1
                text = self._fitting(cell.text)
                sheet.write_url(row, column, cell.address, self._link, text)
            case bool():
                sheet.write_boolean(row, column, cell)
            case int() | float() if abs(cell) <= _EXACT:  # neither infinite nor NaN
                sheet.write_number(row, column, cell)
            case datetime() if cell.year >= _FIRST_YEAR:
                sheet.write_datetime(row, column, cell, self._time)
            case date() if not isinstance(cell, datetime) and cell.year >= _FIRST_YEAR:
                sheet.write_datetime(row, column, cell, self._date)
            case _:
                self._write_text(column, text_of(cell))

    def _write_text(self, column: int, text: str) -> None:
        if text:
            self._sheet.write_string(self._rows, column, self._fitting(text))

    def _fitting(self, text: str) -> str:
        """`text` as a cell can hold it: without what XML can't, and not too long."""
        text = _UNWRITABLE.sub("\ufffd", text)
        if len(text) > MOST_CHARACTERS:
            self.cut += 1
            return text[: MOST_CHARACTERS - 1] + "…"
        return text

    def _measure(self, cells: Sequence[Cell]) -> None:
        for column, cell in enumerate(cells):
            self._widths[column] = max(self._widths[column], _width(text_of(cell)))


def _put_together(book: Workbook) -> None:
    """Close a workbook, whose own errors hide those of the system. Raises OSError."""
    from xlsxwriter.exceptions import FileCreateError

    try:
        book.close()
    except FileCreateError as fault:
        raise fault.args[0] from fault


def _width(text: str) -> int:
    """How wide the longest line is, in digits: Chinese characters are two wide."""
    lines = text[: _WIDEST * 4].splitlines() or [""]
    return max(len(line) + sum(map(_is_wide, line)) for line in lines)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _sheet_name(title: str) -> str:
    return _NOT_IN_A_NAME.sub(" ", title)[:_MOST_NAME]
