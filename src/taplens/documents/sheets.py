"""Sheets of a file as rows of texts: XLSX with its merged cells, CSV in any usual encoding."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import zipfile
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from taplens.documents.model import Rows
from taplens.errors import ArgumentError

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MOST_ROWS = 100_000
MOST_COLUMNS = 500
MOST_BYTES = 50 * 1024 * 1024  # of the file
MOST_UNPACKED = 600 * 1024 * 1024  # of what an XLSX holds: beyond, it is a bomb
_ROUNDED = 10**15  # a spreadsheet program keeps fifteen digits of a number
_PACKED = ("xlsx", "docx")
_BEGINS = {"pdf": b"%PDF"}
_OLD_FORMAT = b"\xd0\xcf\x11\xe0"  # of .xls, and of an .xlsx with a password
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_UNCOUNTED = re.compile(rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)(?!\s*<v>[^<])")
_DELIMITER = re.compile(r"[,;\t]")
_ENCODINGS = ("utf-8-sig", "gb18030")
# What the readers of office files raise for parts that are damaged or aren't what they should be.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, SyntaxError, LookupError, ValueError, TypeError,
    RuntimeError,  # parts that are said to be encrypted, or packed in a way that nobody knows
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its rows as texts, how many formulas in it have no value, and how many numbers are
    longer than a spreadsheet keeps them, as ids of TAPD are where they aren't written as texts.
    """

    name: str
    rows: Rows
    uncounted: int = 0
    rounded: int = 0


def read_sheets(path: Path) -> list[Sheet]:
    """The sheets of an XLSX file, or the one of a CSV file; empty cells are "".

    A merged cell's text stands in all of its cells; a formula is the value that the program which
    wrote the file had for it. Raises ArgumentError for what is no such file, has a password, or is
    too large.
    """
    return list(_READERS[checked(path, ("xlsx", "csv"))](path))


def chosen(sheets: list[Sheet], name: str) -> list[Sheet]:
    """The sheet of that name, all where there is no name. Raises ArgumentError."""
    found = [one for one in sheets if not name or one.name == name]
    if name and not found:
        known = ", ".join(one.name for one in sheets)
        raise ArgumentError("sheet_unknown", sheet=name[:60], known=known[:300])
    return found


def checked(path: Path, kinds: Sequence[str], unpacked: int | None = None) -> str:
    """The kind of a file, one of `kinds` (its ending), by its name and content, if it may be
    read: no more than `unpacked` bytes, MOST_UNPACKED where None. Raises ArgumentError.
    """
    most = MOST_UNPACKED if unpacked is None else unpacked
    kind = path.suffix.lower().lstrip(".")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            begin = file.read(4)
    except OSError as fault:
        detail = fault.strerror or str(fault)
        raise ArgumentError("sheet_unreadable", path=path, detail=detail) from fault
    if size > MOST_BYTES:
        raise ArgumentError("sheet_too_large", path=path, megabytes=MOST_BYTES >> 20)
    if begin == _OLD_FORMAT:
        raise ArgumentError("sheet_locked", path=path)
    is_packed = kind in _PACKED
    begins = begin.startswith(_BEGINS.get(kind, b""))
    if kind not in kinds or not begins or (is_packed and not zipfile.is_zipfile(path)):
        raise ArgumentError("sheet_format", path=path, known=", ".join(f".{one}" for one in kinds))
    if is_packed and _unpacked(path) > most:
        raise ArgumentError("sheet_too_large", path=path, megabytes=most >> 20)
    return kind


def _unpacked(path: Path) -> int:
    """The bytes that a packed file says to hold: none of its parts gives more than it says."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(part.file_size for part in archive.infolist())
    except DAMAGED as fault:
        raise ArgumentError("sheet_damaged", path=path, detail=str(fault)[:200]) from fault


def _xlsx(path: Path) -> Iterator[Sheet]:
    try:
        with path.open("rb") as file:
            for sheet in _loaded(path, file, values=True).worksheets:
                sheet.reset_dimensions()  # what a file says of its size is often wrong
                with contextlib.closing(sheet.iter_rows(values_only=True)) as told:
                    rows, rounded = _filled(path, told)
                part = _part_of(path, sheet)
                _fill_merged(rows, part)
                yield Sheet(str(sheet.title), rows, len(_UNCOUNTED.findall(part)), rounded)
    except DAMAGED as fault:
        raise ArgumentError("sheet_damaged", path=path, detail=str(fault)[:200]) from fault


def _filled(path: Path, told: Iterable[Sequence[Any]]) -> tuple[Rows, int]:
    """The rows up to the last that has a text: a format may go down to the end of a sheet. And how
    many numbers are too long.
    """
    rows: Rows = []
    blank = rounded = 0
    for cells in told:
        rest = cells[MOST_COLUMNS:]  # one cell at the end of a row is padded by 16,383 blank ones
        if rest and rest.count(None) + rest.count("") < len(rest):
            raise ArgumentError("sheet_too_wide", path=path, columns=MOST_COLUMNS)
        row = tuple(map(_text, cells[:MOST_COLUMNS]))
        if not any(row):
            blank += 1
            continue
        if len(rows) + blank >= MOST_ROWS:
            raise ArgumentError("sheet_too_long", path=path, rows=MOST_ROWS)
        rows += [()] * blank + [row]
        blank = 0
        rounded += sum(isinstance(one, int | float) and abs(one) >= _ROUNDED for one in cells)
    return rows, rounded


def opened(path: Path) -> Workbook:
    """An XLSX file as openpyxl has it, to be changed. Raises ArgumentError where it is damaged."""
    with path.open("rb") as file:
        return _loaded(path, file)


def _loaded(path: Path, file: BinaryIO, *, values: bool = False) -> Workbook:
    """The workbook in a file; with `values` to be read only, formulas as their values."""
    import warnings

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that it doesn't know: they aren't read
            return load_workbook(file, read_only=values, data_only=values)
    except (InvalidFileException, KeyError) as fault:  # packed, but no workbook is in it
        raise ArgumentError("sheet_format", path=path, known=".xlsx") from fault
    except DAMAGED as fault:
        raise ArgumentError("sheet_damaged", path=path, detail=str(fault)[:200]) from fault


def _part_of(path: Path, sheet: Any) -> bytes:
    """The sheet's own XML: merged cells and formulas without a value stand only there."""
    name = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
    with zipfile.ZipFile(path) as archive:
        return archive.read(name) if name in archive.namelist() else b""


def _fill_merged(rows: Rows, part: bytes) -> None:
    from openpyxl.utils import column_index_from_string as number

    width = max(map(len, rows), default=0)
    room = width * len(rows)  # merged cells don't overlap: more than all cells is made up
    for left, top, right, bottom in _MERGED.findall(part):
        first, last = int(top) - 1, min(int(bottom), len(rows))
        start, end = number(left.decode()) - 1, min(number(right.decode()), width)
        room -= max(last - first, 1) * max(end - start, 1)
        if room < 0:
            return
        if not 0 <= first < len(rows) or start >= len(rows[first]):
            continue
        text = rows[first][start]
        for place in range(first, last) if text else ():
            row = rows[place]
            before = row[:start] + ("",) * (start - len(row))
            rows[place] = (*before, *[text] * (end - start), *row[end:])


def _csv(path: Path) -> Iterator[Sheet]:
    text = decoded(path)
    # Texts hold commas, too: the first line that is parted tells by what.
    parted = next(filter(_DELIMITER.search, text[:20_000].splitlines()), "")
    delimiter = max(",;\t", key=parted.count)
    # Strict: else a quotation mark that isn't closed makes one cell of all that follows.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows, _ = _filled(path, reader)
    except csv.Error as fault:
        raise ArgumentError("sheet_quotes", path=path, line=reader.line_num) from fault
    yield Sheet(path.stem, rows)


def decoded(path: Path) -> str:
    """The text of a file, in whichever usual encoding. Raises ArgumentError."""
    data = path.read_bytes()
    is_utf_16 = data.startswith((BOM_UTF16_LE, BOM_UTF16_BE))  # what Excel calls Unicode
    for encoding in ("utf-16",) if is_utf_16 else _ENCODINGS:
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
