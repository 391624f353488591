"""Writing a table to where it was asked for: beside the file, which it replaces when whole."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Literal, Protocol

from taplens.errors import ExportError
from taplens.tables.table import Cell, Table

STANDARD_OUTPUT = "-"


@dataclass(frozen=True, slots=True)
class Destination:
    """A file of a kind; `path` is "-" for the standard output."""

    kind: Literal["csv", "xlsx"]
    path: str


@dataclass(frozen=True, slots=True)
class Saved:
    """How many rows were written, and how many cells were too long for their file."""

    rows: int
    cut: int


class _Writer(Protocol):
    @property
    def cut(self) -> int: ...

    def add(self, cells: Sequence[Cell]) -> None: ...


def check(destination: Destination) -> None:
    """Raises ExportError where a destination can't be written, as far as that can be told."""
    if destination.path == STANDARD_OUTPUT:
        if destination.kind != "csv":
            raise ExportError("export_not_to_stdout", kind=destination.kind)
        return
    check_path(Path(destination.path))


def check_path(path: Path) -> None:
    """Raises ExportError where a file can't be written, as far as that can be told."""
    with _typed_faults(path):
        if not path.absolute().parent.is_dir():
            raise ExportError("export_folder_missing", path=path, folder=path.absolute().parent)
        if path.exists() and not path.is_file():
            raise ExportError("export_not_a_file", path=path)


def save(
    table: Table,
    destinations: Sequence[Destination],
    told: Callable[[int], None] | None = None,
) -> Saved:
    """Write `table` to all of `destinations`, going through its rows once.

    Files that are there are replaced once the new ones are whole; whatever ends it before, also a
    KeyboardInterrupt, leaves them as they were. `told` hears how many rows are written. Raises
    ExportError.
    """
    for destination in destinations:
        check(destination)
    with contextlib.ExitStack() as stack:
        writers = [stack.enter_context(_OPENED[one.kind](one, table)) for one in destinations]
        rows = 0
        for cells in table.rows:
            for writer in writers:
                writer.add(cells)
            rows += 1
            if told is not None:
                told(rows)
    return Saved(rows, sum(writer.cut for writer in writers))


@contextlib.contextmanager
def _csv(destination: Destination, table: Table) -> Iterator[_Writer]:
    from taplens.tables.csv_file import CsvWriter

    if destination.path == STANDARD_OUTPUT:
        with _standard_output() as stdout:
            yield CsvWriter(stdout, table)
        return
    with (
        replacing(Path(destination.path)) as path,
        # Excel takes a CSV without the mark for the system's own encoding.
        path.open("x", encoding="utf-8-sig", errors="replace", newline="") as file,
    ):
        yield CsvWriter(file, table)


@contextlib.contextmanager
def _standard_output() -> Iterator[TextIOWrapper]:
    """The standard output as UTF-8, on which no line ends are changed."""
    sys.stdout.flush()
    stdout = TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="replace", newline="")
    try:
        yield stdout
        stdout.flush()
    finally:
        stdout.detach()


@contextlib.contextmanager
def _xlsx(destination: Destination, table: Table) -> Iterator[_Writer]:
    from taplens.tables.xlsx_file import XlsxWriter

    with (
        replacing(Path(destination.path)) as path,
        # Windows keeps what is still open: that must hide no fault.
        tempfile.TemporaryDirectory(prefix="taplens-", ignore_cleanup_errors=True) as folder,
    ):
        writer = XlsxWriter(path, table, Path(folder))
        try:
            yield writer
        except BaseException:
            writer.abandon()
            raise
        writer.close()


_OPENED = {"csv": _csv, "xlsx": _xlsx}


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path beside `target` to write to; what is there takes its place when all went well.

    Raises ExportError.
    """
    target = target.resolve()  # a link goes on leading to the file
    path = target.with_name(f".{target.name[:40]}.{uuid.uuid4().hex[:8]}.part")
    with _typed_faults(target):
        try:
            yield path
            if target.exists():
                shutil.copymode(target, path)
            path.replace(target)
        finally:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def _typed_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as fault:
        raise ExportError("export_not_permitted", path=path) from fault
    except OSError as fault:
        detail = fault.strerror or str(fault)
        raise ExportError("export_not_written", path=path, detail=detail) from fault
