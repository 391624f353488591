"""Test cases from files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from taplens.documents.sheets import Sheet, chosen, read_sheets
from taplens.errors import ArgumentError
from taplens.evaluate.columns import CASES, headed
from taplens.evaluate.model import Case


@dataclass(frozen=True, slots=True)
class CaseSheet:
    """The cases of a sheet.

    `head` is the row of its headings (from 1), `headings` what they say, `columns` the place (from
    0) of each part of a case. `doubled` are ids that several rows have: (id, rows); `empty` counts
    rows without any text; `uncounted` and `rounded` are as a Sheet has them.
    """

    name: str
    cases: tuple[Case, ...]
    head: int
    headings: tuple[str, ...]
    columns: Mapping[str, int]
    doubled: tuple[tuple[str, tuple[int, ...]], ...] = ()
    empty: int = 0
    uncounted: int = 0
    rounded: int = 0


def read_cases(
    path: Path, *, sheet: str = "", mapping: Mapping[str, str] | None = None
) -> CaseSheet:
    """The cases of a file: of `sheet`, else of the first that has headings of cases.

    Raises ArgumentError where there is none, and as `read_sheets` does.
    """
    sheets = chosen(read_sheets(path), sheet)
    for one in sheets:
        found = headed(one.rows, CASES, mapping)
        if found is not None:
            return _cases(one, *found)
    names = ", ".join(one.name for one in sheets)
    raise ArgumentError("cases_none", path=path, sheets=names[:300], wanted=CASES.wanted)


def _cases(sheet: Sheet, head: int, columns: Mapping[str, int]) -> CaseSheet:
    headings = sheet.rows[head]
    others = {
        heading: place
        for place, heading in enumerate(headings)
        if heading and place not in columns.values()
    }
    cases, rows_of, empty = [], dict[str, list[int]](), 0
    for place, row in enumerate(sheet.rows[head + 1 :], start=head + 2):
        if not any(row):
            empty += 1
            continue
        case = _case(row, place, columns, others)
        rows_of.setdefault(case.id, []).append(place)
        cases.append(case)
    doubled = tuple((name, tuple(rows)) for name, rows in rows_of.items() if len(rows) > 1)
    return CaseSheet(
        sheet.name, tuple(cases), head + 1, headings, columns, doubled, empty,
        sheet.uncounted, sheet.rounded,
    )  # fmt: skip


def _case(
    row: Sequence[str], place: int, columns: Mapping[str, int], others: Mapping[str, int]
) -> Case:
    def cell(column: int) -> str:
        return row[column] if column < len(row) else ""

    parts = {part: cell(column) for part, column in columns.items()}
    own = parts.pop("id", "") or parts.get("uuid", "") or f"#{place}"
    return Case(
        id=own,
        **parts,
        other={heading: cell(column) for heading, column in others.items()},
        place=place,
    )
