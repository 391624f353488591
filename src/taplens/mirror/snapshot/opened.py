"""An open snapshot: one version of the mirror as tables for SQL, columns and all."""

from __future__ import annotations

import shutil
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from taplens.mirror.snapshot.engine import connect, parquet
from taplens.mirror.snapshot.layout import PARTS
from taplens.mirror.snapshot.matching import Selection, selection
from taplens.mirror.snapshot.writing import CHANGED

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    from sqlalchemy import Connection

    from taplens.mirror.compile import Compiled
    from taplens.mirror.versions import Version

R = TypeVar("R")

# What leaves out of a base's table the items that an extension tells anew.
_KEPT = {
    name: f"ANTI JOIN newer_{CHANGED} AS newer ON newer.item = base.{owner}"
    for name, owner in ((name, "key" if name == "item" else "item") for name in PARTS)
}
_ITERATION_CHANGE = """
CREATE VIEW iteration_change AS
WITH names AS (
    SELECT workspace, id AS text, term FROM iteration_name
    UNION ALL
    SELECT workspace, name, max(term) FROM iteration_name
    WHERE name NOT IN (SELECT id FROM iteration_name) GROUP BY workspace, name
)
SELECT move.item, move.changed, before.term AS old, after.term AS new, move.id, move.position
FROM iteration_move AS move
LEFT JOIN names AS before ON before.workspace = move.workspace AND before.text = move.old
LEFT JOIN names AS after ON after.workspace = move.workspace AND after.text = move.new
"""


@dataclass(frozen=True, slots=True)
class Files:
    """Where a snapshot's files are: a base, and what changed since, where anything did.

    `temporary`: they go with the snapshot, as none could be kept.
    """

    base: Path
    extension: Path | None = None
    temporary: bool = False

    @property
    def are_there(self) -> bool:
        """Whether nobody has removed them."""
        return all(folder.is_dir() for folder in (self.base, self.extension) if folder)


class Snapshot:
    """The mirror's items at one version, in memory of DuckDB over Parquet files.

    Tables: `item` (the mirror's columns and `removed_at`; no title); `item_value`; `interval`
    (item, position, status, began, ended, author; of the status is_end and label, the team's word;
    of the item workspace, type and workitem_type); `iteration_change` (item, changed, old, new:
    terms of iterations' ids, null where there was none or it isn't known). Codes and times are as
    in the mirror. May be used by several threads at once.
    """

    def __init__(self, version: Version, files: Files) -> None:
        self.version = version
        self._files = files
        self._kept: dict[str, Any] = {}
        self._lock = threading.RLock()
        folders = [folder for folder in (files.base, files.extension) if folder]
        self._engine = connect(folders)
        if files.temporary:
            weakref.finalize(self, shutil.rmtree, files.base, ignore_errors=True)
        self._define()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query; parameters stand as `?`."""
        with self._cursor() as cursor:
            return cursor.execute(sql, parameters).fetchall()

    def columns(
        self, sql: str, parameters: Sequence[object] = ()
    ) -> dict[str, np.ndarray[Any, Any]]:
        """The columns of a query by name, as arrays; nulls are to be replaced in the SQL."""
        with self._cursor() as cursor:
            return cursor.execute(sql, parameters).fetchnumpy()

    def matching(self, connection: Connection, compiled: Compiled) -> Selection:
        """The items that a compiled filter means, as a condition over the table `item`.

        `connection` is of the same version. Texts and words are looked up there.
        """
        return selection(connection, compiled.where)

    def kept(self, name: str, make: Callable[[], R]) -> R:
        """What `make` gives: worked out once, and kept as long as the snapshot is the newest."""
        with self._lock:
            if name not in self._kept:
                self._kept[name] = make()
            found: R = self._kept[name]
            return found

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        return self._engine.cursor()

    def _define(self) -> None:
        """Make the views, and read something of every file: a damaged one raises here.

        An extension is small and is read whole, into memory.
        """
        extension = self._files.extension
        if extension is not None:
            for name in (CHANGED, *PARTS):
                rows = f"SELECT * FROM {_files(extension, name)}"  # noqa: S608
                self._engine.execute(f"CREATE TABLE newer_{name} AS {rows}")
        for name, part in PARTS.items():
            rows = f"SELECT * FROM {_files(self._files.base, name)}"  # noqa: S608
            if extension is not None:
                newer = f"SELECT * FROM newer_{name}"  # noqa: S608
                rows = (
                    f"{rows} AS base {_KEPT[name]} UNION ALL {newer}"
                    if part.owner is not None
                    else newer
                )
            self._engine.execute(f"CREATE VIEW {name} AS {rows}")
            self._engine.execute(f"SELECT count(*) FROM {name}")  # noqa: S608
        self._engine.execute(_ITERATION_CHANGE)


def _files(folder: Path, name: str) -> str:
    return parquet(sorted(folder.glob(f"{name}-*.parquet")))
