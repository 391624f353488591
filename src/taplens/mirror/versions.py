"""The version of what the columnar snapshot holds: a counter, and which items changed when."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select, update

from taplens.mirror.bulk import insert_tuples
from taplens.mirror.dialects import among
from taplens.mirror.schema import meta, touched

_IDENTITY = "identity"
_VERSION = "items_version"


def begin_versions(connection: Connection) -> None:
    """Give a mirror its identity, and the counter its start (once, by a migration)."""
    facts = {_IDENTITY: uuid.uuid4().hex, _VERSION: "1"}
    rows = [{"name": name, "value": value} for name, value in facts.items()]
    connection.execute(insert(meta), rows)


def identity_of(connection: Connection) -> str:
    """What tells this mirror from any other, one made anew at the same place included."""
    return _fact(connection, _IDENTITY)


def version_of(connection: Connection) -> int:
    """The version of the items, their values, statuses over time and removals."""
    return int(_fact(connection, _VERSION))


def touch(connection: Connection, keys: Iterable[int]) -> None:
    """Note that these items (keys) are changed, in the write transaction that changes them."""
    changed = sorted(set(keys))
    if not changed:
        return
    version = version_of(connection) + 1
    dialect = connection.dialect.name
    connection.execute(delete(touched).where(among(touched.c.item, changed, dialect)))
    insert_tuples(connection, touched, [(key, version) for key in changed])
    connection.execute(update(meta).where(meta.c.name == _VERSION).values(value=str(version)))


def changed_since(connection: Connection, version: int) -> list[int]:
    """The keys of the items that changed after `version`, in ascending order."""
    query = select(touched.c.item).where(touched.c.version > version).order_by(touched.c.item)
    return list(connection.scalars(query))


def _fact(connection: Connection, name: str) -> str:
    value: str = connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one()
    return value
