"""Single items as rows name them: by id, type, title and status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from taplens.mirror.catalogue import Catalogue
from taplens.mirror.dialects import among
from taplens.mirror.fields import TYPE_CODES, TYPES
from taplens.mirror.schema import item


def named(catalogue: Catalogue, keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Of each item (by its key in the mirror): id, type, title, and the team's word for its status."""
    table = item.c
    query = select(table.key, table.id, table.type, table.title, table.status_label)
    rows = catalogue.connection.execute(
        query.where(among(table.key, list(keys), catalogue.dialect))
    ).all()
    words = catalogue.texts(row.status_label for row in rows)
    return {
        row.key: {
            "id": row.id,
            "type": TYPES[row.type],
            "title": row.title,
            "status": words.get(row.status_label, ""),
        }
        for row in rows
    }


def titles_of(catalogue: Catalogue, item_type: str, ids: Sequence[str]) -> dict[str, str]:
    """The titles of items of one type, by id."""
    rows = catalogue.connection.execute(
        select(item.c.id, item.c.title).where(
            item.c.workspace.in_(catalogue.workspaces),
            item.c.type == TYPE_CODES[item_type],
            item.c.id.in_(ids),
        )
    )
    return {row.id: row.title for row in rows}
