"""CSV as RFC 4180 has it, that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import TextIO

from taplens.tables.table import Cell, Table, text_of

# With these a spreadsheet begins a formula, full-width ones in some languages (OWASP, "CSV
# Injection"). An apostrophe before them says that a text follows.
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


class CsvWriter:
    """Writes a table's rows to an open text file whose line ends are left alone."""

    cut = 0  # cells that had to be shortened: CSV takes them whole

    def __init__(self, file: TextIO, table: Table) -> None:
        self._rows = csv.writer(file, lineterminator="\r\n")
        self.add(table.heads)

    def add(self, cells: Sequence[Cell]) -> None:
        """Write one row."""
        self._rows.writerow([harmless(text_of(cell)) for cell in cells])


def harmless(text: str) -> str:
    """`text` as no spreadsheet carries it out: with an apostrophe where it looks like a formula."""
    text = text.replace("\0", "")
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
