"""Opening the databases: engines, transactions, migrations, and faults as typed errors."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateSchema

from taplens.errors import (
    CorruptMirrorError,
    MirrorError,
    MirrorVersionError,
    ReadOnlyMirrorError,
    SyncRunningError,
)
from taplens.mirror import postgresql, schema
from taplens.mirror.migrations import MIGRATIONS, STATE_MIGRATIONS
from taplens.mirror.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taplens.config import Settings

    Migrations = Sequence[Callable[[Connection], None]]

BUSY_SECONDS = 30
# One lock for all writers of a PostgreSQL mirror and one for those of the state, so that a
# server's books don't wait for landings; arbitrary constants, the same everywhere.
MIRROR_LOCK = 7_214_031_155
STATE_LOCK = 7_214_031_156
_WAL_POLL_SECONDS = 0.02
_NOTHING: dict[None, None] = {}
_PRAGMAS = (
    "PRAGMA synchronous = NORMAL",  # a crash of the process loses nothing committed
    "PRAGMA cache_size = -32768",  # 32 MB a connection
    "PRAGMA temp_store = MEMORY",
)

# What PostgreSQL's codes mean.
_STATES: dict[str, tuple[type[MirrorError], str]] = {
    "XX001": (CorruptMirrorError, "mirror_corrupt"),
    "XX002": (CorruptMirrorError, "mirror_corrupt"),
    "25006": (ReadOnlyMirrorError, "mirror_read_only"),
    "42501": (ReadOnlyMirrorError, "mirror_read_only"),
    "55P03": (SyncRunningError, "mirror_busy"),
    "40P01": (SyncRunningError, "mirror_busy"),
    "53100": (MirrorError, "mirror_disk"),
}
# Pieces of SQLite's own messages, and what they mean.
_FAULTS: tuple[tuple[tuple[str, ...], type[MirrorError], str], ...] = (
    (("not a database", "malformed", "file is encrypted"), CorruptMirrorError, "mirror_corrupt"),
    (("readonly", "read-only", "unable to open"), ReadOnlyMirrorError, "mirror_read_only"),
    (("locked", "busy", "lock timeout"), SyncRunningError, "mirror_busy"),
    (("disk is full", "no space", "disk i/o"), MirrorError, "mirror_disk"),
)


class Database:
    """One database: read snapshots, and a single writer at a time across processes.

    Synchronous and safe to use from several threads; async callers go through a thread.
    """

    def __init__(
        self, engine: Engine, place: str, *, writable: bool = True, lock: int = MIRROR_LOCK
    ) -> None:
        self.engine = engine
        self.place = place
        self.writable = writable
        self._lock = lock  # of PostgreSQL's writers
        self.terms = Terms()
        # SQLite's own waiting sleeps and polls; within a process a lock is fair and fast.
        self._writing = threading.Lock()

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self.engine.dialect.name

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: everything in it sees one state. Raises MirrorError."""
        with self._typed_faults(), self.engine.connect() as connection:
            if self.dialect == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """The write transaction: committed at the end, rolled back on any error.

        One at a time across processes. Raises MirrorError.
        """
        if not self.writable:
            raise ReadOnlyMirrorError("mirror_read_only", place=self.place)
        with self._typed_faults(), self._writing, self.engine.connect() as connection:
            writing = connection.execution_options(taplens_write=True)
            try:
                with writing.begin():
                    if self.dialect == "postgresql":
                        lock = text("SELECT pg_advisory_xact_lock(:key)")
                        writing.execute(lock, {"key": self._lock})
                    yield writing
            except BaseException:
                # Codes given out in a transaction that is gone must not be remembered.
                self.terms.forget()
                raise

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _typed_faults(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as fault:
            raise typed(fault, self.place) from fault


def typed(fault: SQLAlchemyError, place: str) -> MirrorError:
    """The MirrorError that an engine's error means; `place` is the file or server."""
    orig = getattr(fault, "orig", None) or fault
    lowered = str(orig).lower() if isinstance(orig, sqlite3.Error) else ""
    known = _STATES.get(getattr(orig, "sqlstate", None) or "")
    for pieces, kind, code in _FAULTS:
        if any(piece in lowered for piece in pieces):
            known = (kind, code)
            break
    if known is None:
        return MirrorError("mirror_fault", place=place, detail=str(orig).strip())
    kind, code = known
    return kind(code, place=place)


def open_mirror(settings: Settings) -> Database:
    """The mirror of `settings`: SQLite in the home folder, or PostgreSQL.

    Created or migrated where needed. Raises MirrorError or ConfigurationError.
    """
    if settings.database_url:
        database = _postgresql(settings.database_url, "taplens", MIRROR_LOCK)
    else:
        database = _sqlite(settings.mirror_path)
    return _migrated(database, schema.meta, MIGRATIONS)


def open_state(settings: Settings) -> Database:
    """The state beside the mirror: what can't be fetched again. Raises MirrorError."""
    if settings.database_url:
        database = _postgresql(settings.database_url, "taplens_state", STATE_LOCK)
    else:
        database = _sqlite(settings.state_path)
    return _migrated(database, schema.state_meta, STATE_MIGRATIONS)


def _sqlite(path: Path) -> Database:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise ReadOnlyMirrorError("mirror_read_only", place=str(path.parent)) from fault
    # The mode bits, not the right to write: an administrator may write what is marked read-only.
    writable = not path.exists() or bool(path.stat().st_mode & 0o222)
    mode = "rwc" if writable else "ro"
    # Else sqlite3 looks for two methods on every null: a third of an insert's time.
    sqlite3.register_adapter(NoneType, _NOTHING.get)
    engine = create_engine(
        f"sqlite+pysqlite:///{path.absolute().as_uri()}?mode={mode}&uri=true",
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
        pool_size=4,
        pool_use_lifo=True,
        max_overflow=16,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        if writable:
            _enter_wal(connection)
        for pragma in _PRAGMAS:
            connection.execute(pragma).close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock at once: upgrading later could fail in the middle.
        writing = connection.get_execution_options().get("taplens_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return Database(engine, str(path), writable=writable)


def _enter_wal(connection: Any) -> None:
    """Let readers never be blocked by the one writer: a mode that the file keeps once it is set.

    SQLite fails at once, without its usual waiting, where another connection is at the file
    while the mode changes: then it is tried again, for as long as any wait for the file may last.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault) or time.monotonic() >= deadline:
                raise
            time.sleep(_WAL_POLL_SECONDS)
        else:
            return


def _postgresql(url: str, name: str, lock: int) -> Database:
    """The database at `url`, its tables in the schema `name`, which is made where it is missing."""
    parsed = postgresql.parsed(url)
    engine = postgresql.engine_of(parsed, name, busy_seconds=BUSY_SECONDS)
    database = Database(engine, postgresql.place_of(parsed), lock=lock)
    try:
        with database.read() as connection:
            exists = inspect(connection).has_schema(name)
        if not exists:  # looked at first: even IF NOT EXISTS needs the right to make one
            with database.write() as connection:
                connection.execute(CreateSchema(name, if_not_exists=True))
    except BaseException:
        database.close()
        raise
    return database


def _migrated(database: Database, meta: Any, migrations: Migrations) -> Database:
    """Bring the database to the newest version; one that can't be used is closed."""
    try:
        _migrate(database, meta, migrations)
    except BaseException:
        database.close()
        raise
    return database


def _migrate(database: Database, meta: Any, migrations: Migrations) -> None:
    """Run the migrations that are missing, one numbered migration after the other."""
    version = _version(database, meta)
    newest = len(migrations)
    if version > newest:
        raise MirrorVersionError("mirror_newer", place=database.place, found=version, known=newest)
    if version == newest:
        return
    with database.write() as connection:
        meta.create(connection, checkfirst=True)
        version = _stored_version(connection, meta)  # another process may have been faster
        for number, migration in enumerate(migrations[version:], start=version + 1):
            migration(connection)
            connection.execute(meta.delete().where(meta.c.name == "version"))
            connection.execute(meta.insert().values(name="version", value=str(number)))


def _version(database: Database, meta: Any) -> int:
    with database.read() as connection:
        exists = database.engine.dialect.has_table(connection, meta.name)
        return _stored_version(connection, meta) if exists else 0


def _stored_version(connection: Connection, meta: Any) -> int:
    found = connection.scalar(select(meta.c.value).where(meta.c.name == "version"))
    return int(found or 0)
