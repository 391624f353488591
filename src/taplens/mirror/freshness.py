"""How fresh the mirror is and how far it reaches: told beside every answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.schema import stream, workspace

_CHANGES = ("story_change", "bug_change", "task_change")


@dataclass(frozen=True, slots=True)
class Freshness:
    """Of some workspaces together, the most careful of each; times are UTC epoch seconds.

    `as_of`: every item is here as it was then. `history_from`: every change since then is here.
    `pending`: the kinds of items that the first sync hasn't read to the end yet.
    """

    as_of: int | None
    history_from: int | None
    pending: tuple[str, ...]


def freshness(connection: Connection, workspace_ids: Sequence[str]) -> Freshness:
    """How fresh the mirror is for `workspace_ids`."""
    rows = connection.execute(
        select(stream)
        .join(workspace, workspace.c.key == stream.c.workspace)
        .where(workspace.c.id.in_(workspace_ids))
    ).all()
    items = [row for row in rows if row.name in TYPE_CODES]
    read = [row.read_at for row in items if row.read_at is not None]
    reached = [row.history_from for row in rows if row.name in _CHANGES and row.history_from]
    complete = [row.name for row in items if row.complete]
    pending = [name for name in TYPE_CODES if complete.count(name) < len(set(workspace_ids))]
    return Freshness(min(read, default=None), max(reached, default=None), tuple(pending))
