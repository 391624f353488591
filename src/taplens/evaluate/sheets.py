"""Sheets of a file as rows of texts: XLSX with its merged cells, CSV in any usual encoding."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taplens.errors import ArgumentError

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MOST_ROWS = 100_000
MOST_BYTES = 50 * 1024 * 1024  # of the file
MOST_UNPACKED = 600 * 1024 * 1024  # of what an XLSX holds: beyond, it is a bomb
_OLD_FORMAT = b"\xd0\xcf\x11\xe0"  # of .xls, and of an .xlsx with a password
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_UNCOUNTED = re.compile(rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)(?!\s*<v>[^<])")
_ENCODINGS = ("utf-8-sig", "gb18030")

Rows = list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its rows as texts, and how many formulas in it have no value."""

    name: str
    rows: Rows
    uncounted: int = 0


def read_sheets(path: Path) -> list[Sheet]:
    """The sheets of an XLSX file, or the one of a CSV file; empty cells are "".

    A merged cell's text stands in all of its cells; a formula is the value that the program which
    wrote the file had for it. Raises ArgumentError for what is no such file, has a password, or is
    too large.
    """
    return list(_READERS[checked(path)](path))


def checked(path: Path) -> str:
    """The kind of a file, "xlsx" or "csv", if it may be read. Raises ArgumentError."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            begin = file.read(4)
    except OSError as fault:
        detail = fault.strerror or str(fault)
        raise ArgumentError("sheet_unreadable", path=path, detail=detail) from fault
    if size > MOST_BYTES:
        raise ArgumentError("sheet_too_large", path=path, megabytes=MOST_BYTES >> 20)
    if path.suffix.lower() == ".csv":
        return "csv"
    if begin == _OLD_FORMAT:
        raise ArgumentError("sheet_locked", path=path)
    if path.suffix.lower() != ".xlsx" or not zipfile.is_zipfile(path):
        raise ArgumentError("sheet_format", path=path)
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
            raise ArgumentError("sheet_too_large", path=path, megabytes=MOST_UNPACKED >> 20)
    return "xlsx"


def _xlsx(path: Path) -> Iterator[Sheet]:
    book = opened(path, read_only=True)
    try:
        for sheet in book.worksheets:
            rows: Rows = []
            for row in sheet.iter_rows(values_only=True):
                if len(rows) == MOST_ROWS:
                    raise ArgumentError("sheet_too_long", path=path, rows=MOST_ROWS)
                rows.append(tuple(map(_text, row)))
            part = _part_of(path, sheet)
            _fill_merged(rows, part)
            yield Sheet(str(sheet.title), rows, len(_UNCOUNTED.findall(part)))
    finally:
        book.close()


def opened(path: Path, *, read_only: bool = False) -> Workbook:
    """An XLSX file as openpyxl has it; `read_only` with the values of its formulas.

    Raises ArgumentError where it is damaged.
    """
    import warnings

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that it doesn't know: they aren't read
            return load_workbook(path, read_only=read_only, data_only=read_only)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, SyntaxError) as fault:
        raise ArgumentError("sheet_format", path=path) from fault


def _part_of(path: Path, sheet: Any) -> bytes:
    """The sheet's own XML: merged cells and formulas without a value stand only there."""
    name = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
    with zipfile.ZipFile(path) as archive:
        return archive.read(name) if name in archive.namelist() else b""


def _fill_merged(rows: Rows, part: bytes) -> None:
    from openpyxl.utils import column_index_from_string as number

    for left, top, right, bottom in _MERGED.findall(part):
        first, last = int(top) - 1, min(int(bottom), len(rows))
        columns = range(number(left.decode()) - 1, number(right.decode()))
        if not 0 <= first < len(rows) or columns.start >= len(rows[first]):
            continue
        text = rows[first][columns.start]
        for place in range(first, last):
            row = rows[place]
            rows[place] = tuple(
                text if column in columns else cell for column, cell in enumerate(row)
            )


def _csv(path: Path) -> Iterator[Sheet]:
    text = _decoded(path)
    sample = text[:20_000]
    delimiter = max(",;\t", key=sample.count)
    try:
        rows = [
            tuple(map(_text, row)) for row in csv.reader(io.StringIO(text), delimiter=delimiter)
        ]
    except csv.Error as fault:
        raise ArgumentError("sheet_unreadable", path=path, detail=str(fault)) from fault
    if len(rows) > MOST_ROWS:
        raise ArgumentError("sheet_too_long", path=path, rows=MOST_ROWS)
    yield Sheet(path.stem, rows)


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ArgumentError("sheet_encoding", path=path)


def _text(value: Any) -> str:
    """A cell as text: whole numbers without a point, dates as ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return str(value).replace("\r\n", "\n").replace("_x000D_", "").strip()


_READERS = {"xlsx": _xlsx, "csv": _csv}
