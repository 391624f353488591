"""How the databases are: there, readable, whole, of which version, and who holds the lease."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select, text

from taplens.errors import TapLensError
from taplens.mirror.database import Database, open_mirror, open_state
from taplens.mirror.schema import item, lease, meta, state_meta, workspace
from taplens.mirror.vectors.keeping import dimensions_of

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Table

    from taplens.config import Settings

WHOLE = "ok"


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """One database: `exists` False means that it will be made; `fault` why it can't be read.

    `integrity` is "ok" or what SQLite found wrong; "" where the engine has no such check.
    """

    name: str
    place: str
    exists: bool
    version: int | None = None
    integrity: str = ""
    fault: TapLensError | None = None


@dataclass(frozen=True, slots=True)
class MirrorHealth:
    """What the mirror says of itself.

    `lease_holder` is who syncs now, `lease_until` when that right ends (epoch seconds);
    `synced` the start of the last complete cycle by workspace id; `newest` the latest instant
    that TAPD wrote into an item.
    """

    lease_holder: str | None
    lease_until: float
    synced: dict[str, int | None]
    newest: int | None


def databases(settings: Settings) -> list[DatabaseHealth]:
    """The mirror and the state. Creates nothing."""
    return [
        _looked_at("mirror", settings, settings.mirror_path, open_mirror, meta),
        _looked_at("state", settings, settings.state_path, open_state, state_meta),
    ]


def _looked_at(
    name: str,
    settings: Settings,
    path: Path,
    opened: Callable[[Settings], Database],
    versions: Table,
) -> DatabaseHealth:
    if not settings.database_url and not path.exists():
        return DatabaseHealth(name, str(path), exists=False)
    try:
        database = opened(settings)
        try:
            with database.read() as connection:
                version = connection.scalar(
                    select(versions.c.value).where(versions.c.name == "version")
                )
                integrity = _integrity(connection)
        finally:
            database.close()
    except TapLensError as fault:
        return DatabaseHealth(name, str(path), exists=True, fault=fault)
    return DatabaseHealth(name, database.place, True, int(version or 0), integrity)


def _integrity(connection: Connection) -> str:
    if connection.dialect.name != "sqlite":
        return ""
    return "; ".join(map(str, connection.scalars(text("PRAGMA quick_check(5)"))))


def vector_length(settings: Settings, embedder: str) -> int:
    """How many numbers the mirror's vectors by `embedder` have; 0 where there are none, or no
    mirror that can be read. Creates nothing.
    """
    if not settings.database_url and not settings.mirror_path.exists():
        return 0
    try:
        with closing(open_mirror(settings)) as database, database.read() as connection:
            return dimensions_of(connection, embedder)
    except TapLensError:  # of which a finding of its own tells
        return 0


def mirror_health(connection: Connection) -> MirrorHealth:
    """What the mirror behind `connection` says of itself."""
    held = connection.execute(select(lease.c.holder, lease.c.expires_at)).first()
    rows = connection.execute(select(workspace.c.id, workspace.c.synced_at))
    return MirrorHealth(
        lease_holder=held.holder if held else None,
        lease_until=held.expires_at if held else 0.0,
        synced={row.id: row.synced_at for row in rows},
        newest=connection.scalar(select(func.max(item.c.modified))),
    )
