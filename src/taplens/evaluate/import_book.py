"""New cases as a workbook that TAPD imports: its columns, and a sheet of how they are judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from taplens import messages
from taplens.evaluate.cells import add_row
from taplens.evaluate.columns import CASES
from taplens.evaluate.evaluating import Evaluated, total_of
from taplens.tables import replacing

_WIDTHS = {"title": 40, "precondition": 30, "steps": 50, "expected": 50, "requirement": 24}
_NARROW = 12
_GIVEN_BY_TAPD = ("id", "uuid")  # blank, so that an import makes new cases


def write(found: Evaluated, path: Path, locale: str) -> None:
    """Write the cases to `path`, whole or not at all. Raises ExportError.

    The first sheet has the headings of TAPD's own layout (`columns.CASES`), so that it can be read
    again, too; the second the scores and suggestions, which an import needn't see.
    """
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter as letter

    book = Workbook()
    page = book.active
    page.title = messages.text("evaluate.sheet.cases", locale)
    add_row(page, [heads[0] for heads in CASES.headings.values()], bold=True)
    for one in found.evaluations:
        blank = dict.fromkeys(_GIVEN_BY_TAPD, "")
        told = {part: str(getattr(one.case, part)) for part in CASES.headings} | blank
        add_row(page, list(told.values()), top=True)
    for column, part in enumerate(CASES.headings, 1):
        page.column_dimensions[letter(column)].width = _WIDTHS.get(part, _NARROW)
    page.freeze_panes = "A2"
    _scores(book.create_sheet(messages.text("evaluate.sheet.scores", locale)), found, locale)
    with replacing(path) as beside:
        book.save(beside)


def _scores(page: Any, found: Evaluated, locale: str) -> None:
    heads = ("id", "title", "requirement", "total", "suggestions")
    add_row(page, [messages.text(f"evaluate.column.{one}", locale) for one in heads], bold=True)
    for one in found.evaluations:
        said = "\n".join(mark.suggestion for mark in one.marks if mark.suggestion)
        add_row(page, [one.case.id, one.case.title, one.requirement_id, total_of(one), said],
                top=True)  # fmt: skip
    page.column_dimensions["B"].width = page.column_dimensions["E"].width = _WIDTHS["steps"]
