"""Single items as rows name them: by id, type, title and status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from taplens.mirror.catalogue import Catalogue
from taplens.mirror.dialects import among
from taplens.mirror.fields import TYPE_CODES, TYPES
from taplens.mirror.schema import item, term


def named(connection: Connection, keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Of each item (by its key in the mirror): id, type, title, the team's word for its status."""
    table = item.c
    rows = connection.execute(
        select(table.key, table.id, table.type, table.title, term.c.text)
        .outerjoin(term, term.c.key == table.status_label)
        .where(among(table.key, list(keys), connection.dialect.name))
    )
    return {
        row.key: {
            "id": row.id,
            "type": TYPES[row.type],
            "title": row.title,
            "status": row.text,
        }
        for row in rows
    }


def addresses(items: Iterable[dict[str, Any]]) -> list[str]:
    """What leads to each of the items (as `named` tells them): the id.

    Items of several types can have one id: then the type stands before it.
    """
    told = [(one["type"], one["id"]) for one in items]
    types = Counter(item_id for _, item_id in told)
    return [f"{kind}:{item_id}" if types[item_id] > 1 else item_id for kind, item_id in told]


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
