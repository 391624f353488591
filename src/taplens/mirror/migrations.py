"""The numbered migrations: position + 1 is the version a migration brings a database to.

A released migration never changes; what comes later is a new one at the end.
"""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.schema import CreateIndex, CreateTable

from taplens.mirror import schema
from taplens.mirror.index import engines, tables
from taplens.mirror.index.keeping import begin_anew
from taplens.mirror.vectors.tables import vectors
from taplens.mirror.versions import begin_tokens, begin_versions


def _tables(connection: Connection) -> None:
    for table in schema.mirror.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))


def _indexes(connection: Connection) -> None:
    for table in schema.mirror.sorted_tables:
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index, if_not_exists=True))


def _index_tables(connection: Connection) -> None:
    tables.index.create_all(connection)
    engines.engine_of(connection.dialect.name).create(connection)


def _vector_tables(connection: Connection) -> None:
    vectors.create_all(connection)


def _versions(connection: Connection) -> None:
    _tables(connection)
    _indexes(connection)
    begin_versions(connection)


def _version_tokens(connection: Connection) -> None:
    _tables(connection)
    begin_tokens(connection)


def _documents_anew(connection: Connection) -> None:
    """What an entry was put in by is packed otherwise now: all of it is written again."""
    begin_anew(connection)


def _state_tables(connection: Connection) -> None:
    schema.state.create_all(connection, tables=[schema.state_meta, schema.sync_run])


def _keys_and_usage(connection: Connection) -> None:
    schema.state.create_all(connection, tables=[schema.api_key, schema.usage])


def _egress(connection: Connection) -> None:
    schema.state.create_all(connection, tables=[schema.egress])


MIGRATIONS = (
    _tables,
    _indexes,
    _index_tables,
    _vector_tables,
    _versions,
    _version_tokens,
    _documents_anew,
)
STATE_MIGRATIONS = (_state_tables, _keys_and_usage, _egress)
