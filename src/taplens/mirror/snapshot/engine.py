"""DuckDB as it is used here: in memory, two threads, no network, no files but the snapshot's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "preserve_insertion_order": False,
}
_READING_MEMORY = "512MB"
_WRITING_MEMORY = "64MB"  # what doesn't fit while it is sorted goes to the folder for a while


def connect(folders: Sequence[Path], *, writing: bool = False) -> duckdb.DuckDBPyConnection:
    """A database in memory that may read and write files in `folders` only."""
    import duckdb

    spilled = (folders[0] / "spilled").absolute().as_posix()
    limits = {
        "memory_limit": _WRITING_MEMORY if writing else _READING_MEMORY,
        "temp_directory": spilled if writing else "",  # left out, it is the working folder
    }
    connection = duckdb.connect(config={**_CONFIG, **limits})
    allowed = ", ".join(quoted(folder.absolute().as_posix() + "/") for folder in folders)
    connection.execute(f"SET allowed_directories = [{allowed}]")
    connection.execute("SET parquet_metadata_cache = true")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def quoted(text: str) -> str:
    """`text` as a string of SQL: where no parameter may stand (settings, views, COPY)."""
    return "'" + text.replace("'", "''") + "'"


def parquet(files: Iterable[Path]) -> str:
    """The rows of these files, as SQL."""
    # A name that is a file is no pattern to DuckDB, whatever brackets and stars it holds.
    names = [quoted(file.absolute().as_posix()) for file in files]
    return f"read_parquet([{', '.join(names)}])"
