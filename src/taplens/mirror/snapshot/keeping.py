"""The one open snapshot of a process, always of the version that a question reads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection

from taplens.errors import MirrorError
from taplens.mirror.database import Database
from taplens.mirror.snapshot.opened import Files, Snapshot
from taplens.mirror.snapshot.store import Store
from taplens.mirror.versions import version_of

if TYPE_CHECKING:
    import duckdb

R = TypeVar("R")

# Of a question: before the last, newer files may take the place of those that it was put to, and
# then turn out to be damaged.
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Source:
    """What analysis reads: the mirror in one read transaction, and the snapshot of its version."""

    connection: Connection
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class _Opened:
    snapshot: Snapshot
    files: Files


class Snapshots:
    """Opens the snapshot of a mirror and keeps it open; may be used by several threads."""

    def __init__(self, mirror: Database, root: Path) -> None:
        self._mirror = mirror
        self._store = Store(root)
        self._lock = threading.Lock()
        self._open: _Opened | None = None

    def ask(self, question: Callable[[Source], R]) -> R:
        """`question(source)`; both sides of the source are of one version. Raises MirrorError.

        Files may be thrown away while they are read (by another process that has newer ones, or
        by hand), or be damaged: then the question is put again, to others or to files made anew.
        """
        import duckdb

        for left in reversed(range(_TRIES)):
            try:
                return self._asked(question)
            except duckdb.OutOfMemoryException as fault:
                raise MirrorError("snapshot_memory") from fault
            except duckdb.Error as fault:
                if not (left and _is_of_files(fault)):
                    raise MirrorError("snapshot_fault", detail=str(fault).strip()) from fault
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        """Let go of the open snapshot; questions that are under way are answered still."""
        with self._lock:
            self._open = None

    def _asked(self, question: Callable[[Source], R]) -> R:
        import duckdb

        with contextlib.ExitStack() as stack:
            # Within the lock versions only grow: a transaction begins after those before it.
            with self._lock:
                connection = stack.enter_context(self._mirror.read())
                opened = self._opened(connection)
            try:
                return question(Source(connection, opened.snapshot))
            except duckdb.Error as fault:
                if _is_of_files(fault):
                    self._discard(opened)
                raise

    def _opened(self, connection: Connection) -> _Opened:
        import duckdb

        version = version_of(connection)
        if self._open is None or self._open.snapshot.version != version:
            files = self._store.files(connection)
            # Threads that still read the one before keep it alive.
            self._open = None
            try:
                self._open = _Opened(Snapshot(version, files), files)
            except BaseException as fault:
                # The SQL here is ours alone: nothing but files makes it fail, if there is memory.
                if files.temporary or not isinstance(fault, duckdb.OutOfMemoryException):
                    self._store.discard(files)
                raise
        return self._open

    def _discard(self, failed: _Opened) -> None:
        """Forget a snapshot, and throw its files away, unless a newer one is open already.

        Where a file is missing a newer one took its place: what is left may belong to that, too.
        """
        with self._lock:
            if self._open is failed:
                self._open = None
                if failed.files.are_there:
                    self._store.discard(failed.files)


def _is_of_files(fault: duckdb.Error) -> bool:
    """Whether it is files that a question failed of, not the question itself."""
    import duckdb

    # What is damaged within a file is no more than an Error.
    of_files = (duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException)
    return isinstance(fault, of_files) or type(fault) is duckdb.Error
