"""An evaluation as a workbook: scores beside the cases, whose own columns stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taplens import messages
from taplens.documents.sheets import opened
from taplens.evaluate.cells import add_row, put
from taplens.evaluate.evaluating import Evaluated, total_of
from taplens.evaluate.model import ELEMENTS, Case
from taplens.tables import replacing

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_WORST_SHOWN = 20
_OWN_COLUMNS = (
    "id", "title", "folder", "priority", "precondition", "steps", "expected", "requirement",
)  # fmt: skip
_MOST_MATRIX = 200  # requirements and cases that a matrix shows; the list beside it shows all
_RED, _YELLOW, _GREEN = "F8696B", "FFEB84", "63BE7B"
_WIDE, _NARROW = 40, 10


def write(
    found: Evaluated, path: Path, *, source: Path | None, sheet: str, head: int, locale: str
) -> None:
    """Write the workbook to `path`, whole or not at all.

    `source` is the XLSX file of the cases, whose sheet `sheet` has its headings in row `head`:
    columns are added to it. Without one (TAPD's own cases, CSV) a sheet is made of the cases.
    Raises ExportError, ArgumentError.
    """
    book, cases = _book(found, source, sheet, locale)
    _add_columns(book[cases], found, head, locale)
    _summary(book, found, locale)
    if found.coverage:
        _coverage(book, found, locale)
    with replacing(path) as beside:
        book.save(beside)


def _book(found: Evaluated, source: Path | None, sheet: str, locale: str) -> tuple[Workbook, str]:
    if source is not None:
        return opened(source), sheet
    from openpyxl import Workbook as New

    book = New()
    page = book.active
    page.title = messages.text("evaluate.sheet.cases", locale)
    add_row(page, [messages.text(f"evaluate.column.{name}", locale) for name in _OWN_COLUMNS])
    for one in found.evaluations:
        add_row(page, [str(getattr(one.case, name)) for name in _OWN_COLUMNS])
    return book, page.title


def _add_columns(page: Worksheet, found: Evaluated, head: int, locale: str) -> None:
    from openpyxl.formatting.rule import ColorScaleRule
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter as letter

    first = page.max_column + 1
    heads = [messages.text("evaluate.column.total", locale)]
    for element in ELEMENTS:
        name = messages.text(f"evaluate.element.{element}", locale)
        heads += [messages.text(f"evaluate.column.{one}", locale, name=name)
                  for one in ("score", "suggestion")]  # fmt: skip
    for offset, text in enumerate(heads):
        cell = page.cell(head, first + offset, text)
        cell.font = Font(bold=True)
        wide = offset > 0 and offset % 2 == 0
        page.column_dimensions[letter(first + offset)].width = _WIDE if wide else _NARROW
    looks = {wrapped: Alignment(vertical="top", wrap_text=wrapped) for wrapped in (False, True)}
    last = head
    for number, one in enumerate(found.evaluations):
        row = one.case.place or head + 1 + number
        last = max(last, row)
        values: list[Any] = [total_of(one)]
        for mark in one.marks:
            values += [mark.score, mark.suggestion]
        for offset, value in enumerate(values):
            put(page.cell(row, first + offset), value).alignment = looks[isinstance(value, str)]
    scale = ColorScaleRule(
        start_type="num", start_value=0, start_color=_RED,
        mid_type="num", mid_value=6, mid_color=_YELLOW,
        end_type="num", end_value=10, end_color=_GREEN,
    )  # fmt: skip
    for column in (first, *range(first + 1, first + len(heads), 2)):
        page.conditional_formatting.add(
            f"{letter(column)}{head + 1}:{letter(column)}{max(last, head + 1)}", scale
        )


def _summary(book: Workbook, found: Evaluated, locale: str) -> None:
    page = _sheet(book, "summary", locale)

    def heading(*names: str) -> None:
        heads = [messages.text(f"evaluate.column.{name}", locale, name="") for name in names]
        add_row(page, heads, bold=True)

    heading("element", "average")
    for name, mean in found.averages().items():
        add_row(page, [messages.text(f"evaluate.element.{name}", locale), mean])
    page.append([])
    heading("priority", "count", "percent", "wanted", "fits")
    for share in found.shares:
        wanted = f"{share.wanted[0]}–{share.wanted[1]}" if share.wanted else ""
        fits = messages.text("evaluate.yes" if share.fits else "evaluate.no", locale)
        add_row(page, [share.priority, share.count, share.percent, wanted, fits])
    page.append([])
    heading("worst", "title", "total")
    worst = sorted(found.evaluations, key=total_of)[:_WORST_SHOWN]
    for one in worst:
        add_row(page, [one.case.id, one.case.title, total_of(one)])
    if found.coverage:
        page.append([])
        heading("uncovered", "requirement_title")
        for requirement in found.uncovered:
            add_row(page, [requirement.id, requirement.title])
    page.column_dimensions["B"].width = _WIDE


def _coverage(book: Workbook, found: Evaluated, locale: str) -> None:
    """Which requirement has which cases: a list of all, and a matrix of the first."""
    page = _sheet(book, "coverage", locale)
    covering = {case for one in found.coverage[:_MOST_MATRIX] for case in one.cases}
    cases = [one.case for one in found.evaluations if one.case.id in covering][:_MOST_MATRIX]
    heads = [messages.text(f"evaluate.column.{name}", locale)
             for name in ("requirement", "requirement_title", "count", "cases")]  # fmt: skip
    add_row(page, [*heads, *(case.id for case in cases)], bold=True)
    for place, one in enumerate(found.coverage):
        listed = ", ".join(one.cases)[:1_000]
        marks = _marks(one.cases, cases) if place < _MOST_MATRIX else []
        row = [one.requirement.id, one.requirement.title, len(one.cases), listed]
        add_row(page, [*row, *marks])
    page.column_dimensions["B"].width = _WIDE
    page.freeze_panes = "E2"


def _marks(of: Sequence[str], cases: Sequence[Case]) -> list[str]:
    held = set(of)
    return ["●" if case.id in held else "" for case in cases]


def _sheet(book: Workbook, name: str, locale: str) -> Any:
    """A new sheet of that name, or with a number behind it where the file has one."""
    return book.create_sheet(messages.text(f"evaluate.sheet.{name}", locale))
