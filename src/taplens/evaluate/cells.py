"""Cells of a workbook: a text stays a text, whatever it begins with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 32_767  # characters that Excel has room for in a cell


def put(cell: Any, value: Any) -> Any:
    """The cell, with a value: a text without what XML can't hold, and never a formula."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if not isinstance(value, str):
        cell.value = value
        return cell
    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value).encode("utf-8", "replace").decode()
    cell.value = text[:_LONGEST]
    cell.data_type = "s"
    if text.startswith(_FORMULA):  # Excel would take it for one once somebody has edited it
        cell.quotePrefix = True
    return cell


def add_row(page: Any, values: Sequence[Any], *, bold: bool = False, top: bool = False) -> None:
    """A row at the end of a sheet; `top`: its texts stand at the top, on several lines."""
    from openpyxl.cell import Cell
    from openpyxl.styles import Alignment, Font

    cells = [put(Cell(page, row=1, column=1), value) for value in values]
    for cell in cells:
        if bold:
            cell.font = Font(bold=True)
        if top:
            cell.alignment = Alignment(vertical="top", wrap_text=True)
    page.append(cells)
