"""Everything the index holds, in one plain form, and a way to make it anew."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, text

from taplens.mirror.database import Database
from taplens.mirror.index.documents import Document
from taplens.mirror.index.keeping import begin_anew, build_chunk, is_complete
from taplens.mirror.index.tables import document
from taplens.mirror.schema import workspace


def index_facts(connection: Connection) -> dict[str, Any]:
    """Documents, tokens with their places, and the statistics that ranks rest on."""
    facts: dict[str, Any] = {
        "documents": {
            row.item: Document.restored(row.text) for row in connection.execute(select(document))
        }
    }
    if connection.dialect.name == "postgresql":
        rows = connection.execute(text("SELECT item, tokens::text, is_long FROM fulltext"))
        return facts | {"tokens": set(map(tuple, rows))}
    connection.execute(
        text(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.places"
            " USING fts5vocab('main', 'fulltext', 'instance')"
        )
    )
    places = connection.execute(text('SELECT term, doc, col, "offset" FROM temp.places'))
    sizes = connection.execute(text("SELECT id, sz FROM fulltext_docsize"))
    totals = connection.scalar(text("SELECT block FROM fulltext_data WHERE id = 1"))
    return facts | {
        "tokens": set(map(tuple, places)),
        "sizes": set(map(tuple, sizes)),
        "totals": totals,
    }


def rebuilt(database: Database, chunk: int = 500) -> None:
    """Empty the index of all workspaces and build it again."""
    with database.write() as connection:
        begin_anew(connection)
    build(database, chunk)


def build(database: Database, chunk: int = 500) -> None:
    """Build what is missing of the index of all workspaces."""
    with database.read() as connection:
        keys = connection.scalars(select(workspace.c.key)).all()
    for key in keys:
        indexed = 1
        while indexed:
            with database.write() as connection:
                indexed = build_chunk(connection, key, chunk)


def assert_in_step(database: Database) -> None:
    """The index is complete, and what a rebuilt one would be."""
    with database.read() as connection:
        keys = connection.scalars(select(workspace.c.id)).all()
        assert is_complete(connection, keys)
        kept = index_facts(connection)
    rebuilt(database)
    with database.read() as connection:
        assert index_facts(connection) == kept
