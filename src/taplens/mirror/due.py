"""What the keeper asks of the mirror: when it was synced, what is answerable, what is old."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.schema import item, workspace


def last_synced(connection: Connection, workspace_ids: tuple[str, ...]) -> int | None:
    """When the last complete cycle of all these workspaces ended; None before the first."""
    rows = connection.execute(
        select(workspace.c.synced_at).where(workspace.c.id.in_(workspace_ids))
    ).all()
    times = [row.synced_at for row in rows if row.synced_at is not None]
    return min(times) if len(times) == len(workspace_ids) else None


def all_answerable(connection: Connection, workspace_ids: tuple[str, ...]) -> bool:
    """Whether questions about all of these workspaces can be answered."""
    rows = connection.scalars(
        select(workspace.c.id).where(
            workspace.c.id.in_(workspace_ids), workspace.c.answerable_at.is_not(None)
        )
    )
    return set(rows) >= set(workspace_ids)


def workspace_key(connection: Connection, workspace_id: str) -> tuple[int, str | None]:
    """The key of a workspace, and the work-item type of tasks where it keeps them as stories."""
    row = connection.execute(
        select(workspace.c.key, workspace.c.task_type).where(workspace.c.id == workspace_id)
    ).one()
    return row.key, row.task_type


def older_than(
    connection: Connection, items: Sequence[tuple[str, str, str]], instant: int
) -> dict[tuple[str, str], list[str]]:
    """Of these items, the present ones fetched before `instant`, by workspace and type."""
    old: dict[tuple[str, str], list[str]] = {}
    for workspace_id, item_type, item_id in items:
        fetched = connection.scalar(
            select(item.c.fetched_at)
            .join(workspace, workspace.c.key == item.c.workspace)
            .where(
                workspace.c.id == workspace_id,
                item.c.type == TYPE_CODES[item_type],
                item.c.id == item_id,
                item.c.removed.is_(None),
            )
        )
        if fetched is not None and fetched <= instant:
            old.setdefault((workspace_id, item_type), []).append(item_id)
    return old
