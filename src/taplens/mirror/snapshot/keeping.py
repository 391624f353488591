"""The one open snapshot of a process, always of the version that a question reads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from taplens.errors import MirrorError
from taplens.mirror.database import Database
from taplens.mirror.snapshot.opened import Files, Snapshot
from taplens.mirror.snapshot.store import Store
from taplens.mirror.versions import version_of

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Source:
    """What analysis reads: the mirror in one read transaction, and the snapshot of its version."""

    connection: Connection
    snapshot: Snapshot


class Snapshots:
    """Opens the snapshot of a mirror and keeps it open; may be used by several threads."""

    def __init__(self, mirror: Database, root: Path) -> None:
        self._mirror = mirror
        self._store = Store(root)
        self._lock = threading.Lock()
        self._open: tuple[Snapshot, Files] | None = None

    def ask(self, question: Callable[[Source], R]) -> R:
        """`question(source)`; both sides of the source are of one version. Raises MirrorError.

        Files may be thrown away while they are read (by another process that has newer ones, or
        by hand), or be damaged: then the question is put once more, to files made anew.
        """
        import duckdb

        try:
            return self._asked(question)
        except duckdb.Error:
            self._discard()
        try:
            return self._asked(question)
        except duckdb.Error as fault:
            raise MirrorError("snapshot_fault", detail=str(fault).strip()) from fault

    def _asked(self, question: Callable[[Source], R]) -> R:
        with contextlib.ExitStack() as stack:
            # Within the lock versions only grow: a transaction begins after those before it.
            with self._lock:
                connection = stack.enter_context(self._mirror.read())
                snapshot = self._opened(connection)
            return question(Source(connection, snapshot))

    def _opened(self, connection: Connection) -> Snapshot:
        version = version_of(connection)
        if self._open is None or self._open[0].version != version:
            files = self._store.files(connection)
            # Threads that still read the one before keep it alive.
            self._open = None
            try:
                self._open = Snapshot(version, files), files
            except BaseException:
                self._store.discard(files)
                raise
        return self._open[0]

    def _discard(self) -> None:
        """Forget the open snapshot, and throw its files away."""
        with self._lock:
            if self._open is not None:
                self._store.discard(self._open[1])
                self._open = None
