"""Writing what the mirror holds into Parquet files, chunk by chunk: memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from sqlalchemy import ColumnElement, Connection, func, select, true

from taplens.mirror.dialects import among, gathered
from taplens.mirror.schema import item
from taplens.mirror.snapshot.engine import connect, parquet, quoted
from taplens.mirror.snapshot.layout import PARTS, Kind, Part, Which, kind_of
from taplens.mirror.workflow import statuses_at

if TYPE_CHECKING:
    import duckdb

CHUNK = 20_000  # items that are in memory at once
_ROW_GROUP = 16_384
_FILE, _CHUNK = "{}-{}.parquet", "{}.chunk-{}"
CHANGED = "changed"  # in an extension: the keys of the items that it tells anew

Arrays = dict[str, "np.ndarray[Any, Any]"]


def write_base(connection: Connection, folder: Path) -> None:
    """Write everything that the mirror holds into the empty folder `folder`."""
    with connect([folder], writing=True) as engine:
        for number, which in enumerate(_chunks(connection)):
            for name, part in PARTS.items():
                if part.owner is not None:
                    file = _CHUNK if part.merged else _FILE
                    _write(connection, engine, folder / file.format(name, number), name, which)
        for name, part in PARTS.items():
            if part.owner is None:
                _write(connection, engine, folder / _FILE.format(name, 0), name, _everything)
            elif part.merged:
                _merge(engine, folder, name)


def write_extension(connection: Connection, folder: Path, keys: Sequence[int]) -> None:
    """Write what the mirror holds of the items `keys` into the empty folder `folder`."""

    def which(owner: ColumnElement[Any]) -> ColumnElement[bool]:
        return among(owner, keys, connection.dialect.name)

    with connect([folder], writing=True) as engine:
        for name in PARTS:
            _write(connection, engine, folder / _FILE.format(name, 0), name, which)
        _save(
            engine,
            folder / _FILE.format(CHANGED, 0),
            {"item": np.array(keys, dtype="int64")},
            "SELECT CAST(item AS INTEGER) AS item FROM given ORDER BY item",
        )


def _merge(engine: duckdb.DuckDBPyConnection, folder: Path, name: str) -> None:
    """Make one file of a table's chunks, in one order: questions then skip most of it."""
    chunks = list(folder.glob(_CHUNK.format(name, "*")))
    query = f"SELECT * FROM {parquet(chunks)} ORDER BY {PARTS[name].order}"  # noqa: S608
    _copy(engine, query, folder / _FILE.format(name, 0))
    for chunk in chunks:
        chunk.unlink()


def _chunks(connection: Connection) -> Iterator[Which]:
    """Conditions that take the items by turns; one at least, so that every table has a file."""
    last = connection.scalar(select(func.max(item.c.key))) or 0
    for start in range(0, max(last, 1), CHUNK):
        yield partial(_between, start + 1, start + CHUNK)


def _between(low: int, high: int, owner: ColumnElement[Any]) -> ColumnElement[bool]:
    return owner.between(low, high)


def _everything(_owner: ColumnElement[Any]) -> ColumnElement[bool]:
    return true()


def _write(
    connection: Connection, engine: duckdb.DuckDBPyConnection, path: Path, name: str, which: Which
) -> None:
    part = PARTS[name]
    arrays = _read(connection, part, which)
    columns = ", ".join(_column(name_, kind_of(column)) for name_, column in part.columns.items())
    query = f"SELECT {columns} FROM given"  # noqa: S608 - names of our own
    if name == "interval":
        query = _with_meaning(connection, engine, arrays, query)
    _save(engine, path, arrays, f"{query} ORDER BY {part.order}")


def _read(connection: Connection, part: Part, which: Which) -> Arrays:
    """The columns of the rows that belong to `which` items, in one order for all.

    As one JSON text a column, which takes a third of the time of handing over rows.
    """
    kinds = {name: kind_of(column) for name, column in part.columns.items()}
    dialect = connection.dialect.name
    texts = [gathered(kinds[name].handed(column), dialect) for name, column in part.columns.items()]
    query = select(*texts).select_from(part.source)
    if part.owner is not None:
        query = query.where(which(part.owner))
    if part.where is not None:
        query = query.where(part.where)
    row = connection.execute(query).one()
    return {
        name: np.array(orjson.loads(text or "[]"), dtype=kind.numpy)
        for (name, kind), text in zip(kinds.items(), row, strict=True)
    }


def _column(name: str, kind: Kind) -> str:
    """A column of the arrays as SQL, null where it is unset."""
    return f'CAST({kind.restored.format(name=name)} AS {kind.sql}) AS "{name}"'


_PLACE = ("workspace", "type", "workitem_type", "status")


def _with_meaning(
    connection: Connection, engine: duckdb.DuckDBPyConnection, arrays: Arrays, query: str
) -> str:
    """The query of the intervals with what the status means in its workflow: `is_end`, `label`."""
    names = ", ".join(_PLACE)
    engine.register("given", arrays)
    places = engine.execute(f"SELECT DISTINCT {names} FROM given").fetchall()  # noqa: S608
    statuses = statuses_at(connection, places)
    columns = np.array(places, dtype="int64").reshape(-1, len(_PLACE)).T
    meaning = dict(zip(_PLACE, np.ascontiguousarray(columns), strict=True)) | {
        "is_end": np.array([status.is_end for status in statuses], dtype=bool),
        "label": np.array([status.label for status in statuses], dtype=object),
    }
    engine.register("meaning", meaning)
    return query.replace(
        " FROM given",
        f", is_end, CAST(label AS VARCHAR) AS label FROM given JOIN meaning USING ({names})",
    )


def _save(engine: duckdb.DuckDBPyConnection, path: Path, arrays: Arrays, query: str) -> None:
    engine.register("given", arrays)
    _copy(engine, query, path)
    engine.unregister("given")


def _copy(engine: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    engine.execute(
        f"COPY ({query}) TO {quoted(path.absolute().as_posix())}"
        f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})"
    )
