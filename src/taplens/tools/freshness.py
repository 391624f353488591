"""What every answer says of how fresh it is, and what it must warn of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from taplens.tools.context import ToolContext

if TYPE_CHECKING:
    from taplens.filters import Query
    from taplens.mirror.freshness import Freshness
    from taplens.mirror.scope import Notice, Scope
    from taplens.mirror.snapshot.keeping import Source
    from taplens.tools.cursor import Cursor


async def scope_of(context: ToolContext, workspace_ids: Sequence[str]) -> Scope:
    """What a question may see, once it can be answered: on an empty mirror that means a sync."""
    from taplens.mirror.scope import Scope

    await context.keeper.ready(workspace_ids, context.progress)
    me = await context.keeper.me()
    return Scope(workspace_ids=tuple(workspace_ids), now=context.clock.now(), me=me)


async def freshness(context: ToolContext, workspace_ids: Sequence[str]) -> Freshness:
    """How fresh the mirror is for these workspaces."""
    from taplens.mirror.freshness import freshness as read

    found: Freshness = await context.read(read, workspace_ids)
    return found


def warnings(
    context: ToolContext,
    fresh: Freshness,
    notices: Iterable[Notice] = (),
    cursor: Cursor | None = None,
    types: Iterable[str] = ("story", "bug", "task"),
) -> list[str]:
    """What to mind about an answer on items of `types`, in the caller's language."""
    told = [notice.text(context.locale) for notice in notices]
    pending = [name for name in fresh.pending if name in types]
    if pending:
        told.append(context.text("warning.still_reading", types=", ".join(pending)))
    if cursor is not None and cursor.position and cursor.as_of != (fresh.as_of or 0):
        told.append(context.text("warning.rows_moved"))
    return told


def definitions(context: ToolContext, keys: Sequence[str]) -> str | None:
    """The notions an answer rests on, in one text."""
    return " ".join(context.text(key) for key in keys) or None


def analysed_together(source: Any, read: Any, workspace_ids: Sequence[str], *arguments: Any) -> Any:
    """What `read` finds on the snapshot, and how fresh it is, of one version."""
    from taplens.mirror.freshness import freshness as fresh

    return read(source, *arguments), fresh(source.connection, workspace_ids)


def analysed_with_history(
    source: Source, read: Any, query: Query, scope: Scope, *arguments: Any
) -> tuple[Any, Freshness]:
    """The same, with how far the history of what the query means reaches."""
    from taplens.mirror.freshness import freshness_of

    return read(source, query, scope, *arguments), freshness_of(source, query, scope)


def read_together(connection: Any, read: Any, workspace_ids: Sequence[str], *arguments: Any) -> Any:
    """What `read` finds, and how fresh it is, from one snapshot."""
    from taplens.mirror.freshness import freshness as fresh

    return read(connection, *arguments), fresh(connection, workspace_ids)
