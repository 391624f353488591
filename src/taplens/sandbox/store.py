"""Where the sandbox keeps its rows: one SQLite table in a temporary folder, safe for threads."""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

Row = dict[str, Any]

# The column that says whose row it is, where it isn't `id`.
_KEYS = {"user": ("user",), "relation": ("story_id", "bug_id")}

# What a row hangs on: the column `parent` of the table.
PARENTS = {
    "story": "parent_id",
    "task": "story_id",
    "comment": "entry_id",
    "attachment": "entry_id",
    "timesheet": "entity_id",
    "check_list": "relate_entity_id",
    "story_change": "story_id",
    "task_change": "task_id",
    "bug_change": "bug_id",
    "iteration_change": "iteration_id",
    "relation": "story_id",
    "story_tcase": "story_id",
}

# The second row it refers to: the column `peer` of the table.
PEERS = {
    "story": "iteration_id",
    "task": "iteration_id",
    "bug": "iteration_id",
    "relation": "bug_id",
    "story_tcase": "tcase_id",
}

_TABLE = """
CREATE TABLE IF NOT EXISTS row (
    entity TEXT NOT NULL, workspace_id TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL,
    created TEXT, modified TEXT, status TEXT, parent TEXT, peer TEXT, payload TEXT NOT NULL
)
"""
_INDEXES = {
    "row_id": "CREATE UNIQUE INDEX IF NOT EXISTS row_id ON row (entity, workspace_id, id)"
} | {
    f"row_{column}": f"CREATE INDEX IF NOT EXISTS row_{column} ON row "
    f"(entity, workspace_id, {column}) WHERE {column} IS NOT NULL"
    for column in ("created", "modified", "parent", "peer")
}
_PUT = "INSERT OR REPLACE INTO row VALUES (?,?,?,?,?,?,?,?,?,?)"
_HERE = "entity = ? AND workspace_id = ?"


class Store:
    """Rows as TAPD sends them, without their unset columns (`shapes.complete` adds those).

    One table `row` with the columns entity, workspace_id, id, number (the last nine digits of
    the id), created, modified (for removed items: when they were removed), status, parent (see
    PARENTS), peer (see PEERS) and payload (the row as JSON). Unset is NULL. A `where` may use
    them and `json_extract(payload, '$.field')`. Users are keyed by nick, relations by
    `story_id:bug_id`.

    Every method may be called from any thread: readers have connections of their own and see
    the last committed state; writers wait for one another.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        if path is None:
            self._folder = tempfile.TemporaryDirectory(
                prefix="taplens-sandbox-", ignore_cleanup_errors=True
            )
            path = Path(self._folder.name) / "sandbox.db"
        self._path = path
        self._lock = threading.RLock()
        self._owner = 0
        self.version = 0  # counts the transactions that wrote
        self._readers: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._writer = self._connect()
        self._writer.execute("PRAGMA page_size = 8192")  # rows of a kilobyte waste small pages
        self._writer.execute("PRAGMA journal_mode = WAL")
        self._writer.execute(_TABLE)
        for statement in _INDEXES.values():
            self._writer.execute(statement)

    def put(self, entity: str, workspace_id: str, rows: Iterable[Row]) -> None:
        """Insert the rows, or replace those of the same id."""
        with self.transaction():
            self._writer.executemany(_PUT, (_record(entity, workspace_id, row) for row in rows))

    def get(self, entity: str, workspace_id: str, id: str) -> Row | None:  # noqa: A002
        """The row with this id, without its unset columns; None where there is none."""
        rows = self.select(entity, workspace_id, "id = ?", (id,), limit=1)
        return rows[0] if rows else None

    def select(  # noqa: PLR0917
        self,
        entity: str,
        workspace_id: str,
        where: str = "",
        arguments: Sequence[Any] = (),
        order: str = "id DESC",
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Row]:
        """The rows that `where` (SQL with `?` for each of `arguments`) holds for, in `order`.

        `where` and `order` are SQL of the caller's own making: only `arguments` may hold what
        came from outside.
        """
        condition = f"{_HERE} AND ({where})" if where else _HERE
        sql = f"SELECT payload FROM row WHERE {condition} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608
        bound = (entity, workspace_id, *arguments, -1 if limit is None else limit, offset)
        return [orjson.loads(payload) for (payload,) in self._read(sql, bound)]

    def count(
        self, entity: str, workspace_id: str, where: str = "", arguments: Sequence[Any] = ()
    ) -> int:
        """How many rows `where` holds for."""
        condition = f"{_HERE} AND ({where})" if where else _HERE
        sql = f"SELECT count(*) FROM row WHERE {condition}"  # noqa: S608
        return int(self._read(sql, (entity, workspace_id, *arguments))[0][0])

    def delete(self, entity: str, workspace_id: str, ids: Iterable[str]) -> None:
        """Remove the rows with these ids; unknown ones are ignored."""
        sql = f"DELETE FROM row WHERE {_HERE} AND id = ?"  # noqa: S608
        with self.transaction():
            self._writer.executemany(sql, ((entity, workspace_id, one) for one in ids))

    def workspaces(self) -> list[Row]:
        """All Workspace rows, the companies' own (`category` organization) among them."""
        rows = self._read("SELECT payload FROM row WHERE entity = 'workspace' ORDER BY rowid", ())
        return [orjson.loads(payload) for (payload,) in rows]

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside become visible together, or none of them; may be nested."""
        with self._lock:
            if self._owner:
                yield
                return
            self._owner = threading.get_ident()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            else:
                self._writer.execute("COMMIT")
            finally:
                self._owner = 0
                self.version += 1

    @contextlib.contextmanager
    def bulk(self) -> Iterator[None]:
        """One transaction for filling an unused store: no journal, indexes made at the end.

        Inside, every row may be put once only.
        """
        with self._lock:
            self._close_readers()
            self._writer.execute("PRAGMA journal_mode = OFF")
            for name in _INDEXES:
                self._writer.execute(f"DROP INDEX IF EXISTS {name}")
            with self.transaction():
                yield
            for statement in _INDEXES.values():
                self._writer.execute(statement)
            self._writer.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Close the connections and delete the temporary folder."""
        with self._lock:
            self._close_readers()
            self._writer.close()
            if self._folder is not None:
                self._folder.cleanup()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=30, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -16000")
        return connection

    def _read(self, sql: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        if self._owner == threading.get_ident():  # a writer sees what it has written
            return self._writer.execute(sql, arguments).fetchall()
        try:
            reader = self._readers.get_nowait()
        except queue.Empty:
            reader = self._connect()
        try:
            return reader.execute(sql, arguments).fetchall()
        finally:
            self._readers.put(reader)

    def _close_readers(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._readers.get_nowait().close()


def _record(entity: str, workspace_id: str, row: Row) -> tuple[Any, ...]:
    keys = _KEYS.get(entity)
    key = ":".join(str(row[name]) for name in keys) if keys else row["id"]
    digits = key[-9:]
    parent, peer = PARENTS.get(entity), PEERS.get(entity)
    return (
        entity,
        workspace_id,
        key,
        int(digits) if digits.isascii() and digits.isdigit() else 0,
        row.get("created"),
        row.get("deleted") or row.get("modified"),
        row.get("status"),
        row.get(parent) if parent else None,
        row.get(peer) if peer else None,
        orjson.dumps(row).decode(),
    )
