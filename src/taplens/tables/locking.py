"""One writer at a time for a file that is read, changed and written whole."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from taplens.errors import ExportError

SECONDS = 10.0  # that one writer waits for another


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Keeps other processes and threads that ask for it, too, from `path`, whose folder is there.

    Raises ExportError where another one has it for longer than SECONDS.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=SECONDS)
    try:
        lock.acquire()
    except Timeout as fault:
        raise ExportError("file_busy", path=path, seconds=SECONDS) from fault
    except OSError as fault:
        detail = fault.strerror or str(fault)
        raise ExportError("export_not_written", path=path, detail=detail) from fault
    try:
        yield
    finally:
        lock.release()
