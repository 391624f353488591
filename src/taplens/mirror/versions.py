"""The version of what the columnar snapshot holds: a counter, and which items changed when."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from taplens.mirror.bulk import insert_tuples
from taplens.mirror.dialects import among
from taplens.mirror.schema import items_version, meta, touched

_IDENTITY = "identity"
_COUNTER = "items_version"
_MOST_KEPT = 10_000  # versions that are remembered; a base older than those is made anew
_PRUNED_EVERY = 100  # versions: deleting what isn't there costs each page a statement


class Version(NamedTuple):
    """A state of the items, their values, statuses over time and removals.

    `number` grows. After a backup is put back the same number comes again for other contents:
    `token`, drawn for each version, tells the two apart.
    """

    number: int
    token: str


def begin_versions(connection: Connection) -> None:
    """Give a mirror its identity, and the counter its start (once, by a migration)."""
    facts = {_IDENTITY: uuid.uuid4().hex, _COUNTER: "1"}
    rows = [{"name": name, "value": value} for name, value in facts.items()]
    connection.execute(insert(meta), rows)


def begin_tokens(connection: Connection) -> None:
    """Keep the version in a table of its own, with its token (once, by a migration)."""
    _remember(connection, int(_fact(connection, _COUNTER)))
    connection.execute(delete(meta).where(meta.c.name == _COUNTER))


def identity_of(connection: Connection) -> str:
    """What tells this mirror from any other, one made anew at the same place included."""
    return _fact(connection, _IDENTITY)


def version_of(connection: Connection) -> Version:
    """The version that `connection` reads."""
    table = items_version.c
    newest = select(table.number, table.token).order_by(table.number.desc()).limit(1)
    return Version(*connection.execute(newest).one())


def passed_through(connection: Connection, versions: Collection[Version]) -> set[Version]:
    """Those of `versions` that this mirror had, and hasn't been set back behind since."""
    table = items_version.c
    numbers = [version.number for version in versions]
    rows = connection.execute(select(table.number, table.token).where(table.number.in_(numbers)))
    return {Version(*row) for row in rows}.intersection(versions)


def touch(connection: Connection, keys: Iterable[int]) -> None:
    """Note that these items (keys) are changed, in the write transaction that changes them."""
    changed = sorted(set(keys))
    if not changed:
        return
    number = version_of(connection).number + 1
    dialect = connection.dialect.name
    connection.execute(delete(touched).where(among(touched.c.item, changed, dialect)))
    insert_tuples(connection, touched, [(key, number) for key in changed])
    _remember(connection, number)


def changed_since(connection: Connection, version: Version) -> list[int]:
    """The keys of the items that changed after `version`, in ascending order."""
    query = select(touched.c.item).where(touched.c.version > version.number)
    return list(connection.scalars(query.order_by(touched.c.item)))


def _remember(connection: Connection, number: int) -> None:
    table = items_version
    connection.execute(insert(table).values(number=number, token=uuid.uuid4().hex[:12]))
    if number % _PRUNED_EVERY == 0:
        connection.execute(delete(table).where(table.c.number <= number - _MOST_KEPT))


def _fact(connection: Connection, name: str) -> str:
    value: str = connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one()
    return value
