"""TAPD's own rows, as they came, without what they leave unset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select

from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.landing.project import unpacked
from taplens.mirror.schema import item, raw, workspace

_CHUNK = 500  # rows in memory at once


def rows_of(
    connection: Connection, workspace_ids: Sequence[str], item_type: str
) -> Iterator[dict[str, Any]]:
    """The rows of a type's items that are there (not removed), the oldest id first."""
    held = select(workspace.c.key).where(workspace.c.id.in_(workspace_ids))
    query = (
        select(raw.c.payload)
        .join(item, item.c.key == raw.c.item)
        .where(
            item.c.workspace.in_(held),
            item.c.type == TYPE_CODES[item_type],
            item.c.removed.is_(None),
        )
        .order_by(item.c.id)
        .execution_options(yield_per=_CHUNK)
    )
    for payload in connection.execute(query).scalars():
        yield unpacked(payload)
