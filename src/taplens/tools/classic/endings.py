"""Whether an item is finished: by the workflow that the mirror knows, else by TAPD's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.schema import workspace
from taplens.mirror.workflow import BUILT_IN_ENDS, Workflows
from taplens.tools.classic.data import kind_of

if TYPE_CHECKING:
    from taplens.tools.classic.items import Item
    from taplens.tools.context import ToolContext

IsEnded = Callable[["Item", str], bool]  # an item, and the list that it stands in
_RESOLVED = frozenset(("resolved", "verified"))  # of a bug: done with, though not closed yet


async def endings(context: ToolContext) -> IsEnded:
    """Tells whether a story is in an end state, or a bug is resolved."""
    known: dict[str, Workflows] = await context.read(_workflows)

    def ended(item: Item, name: str) -> bool:
        status = str(item.get("status") or "")
        if name == "bugs" and status in _RESOLVED:
            return True
        workflows = known.get(str(item.get("workspace_id") or ""))
        if workflows is None:
            return status in BUILT_IN_ENDS
        kind = str(item.get("workitem_type_id") or "") or None
        return workflows.status(TYPE_CODES[kind_of(name)], kind, status).is_end

    return ended


def _workflows(connection: Connection) -> dict[str, Workflows]:
    rows = connection.execute(select(workspace.c.id, workspace.c.key))
    return {row.id: Workflows(connection, row.key) for row in rows}
