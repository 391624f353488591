"""The tool `workspace_status`: a workspace in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taplens.tools.arguments import Arguments, Texts
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.find_items import row_object
from taplens.tools.freshness import definitions, read_together, scope_of, warnings
from taplens.tools.markdown import facts, item_line, one_line
from taplens.tools.registry import Answer, Piece, Tool

if TYPE_CHECKING:
    from taplens.mirror.reads_workspace import WorkspaceState


class WorkspaceStatus(Arguments):
    """Arguments: which workspaces."""

    workspace: Texts = ()


async def _handle(context: ToolContext, arguments: WorkspaceStatus) -> Answer:
    chosen = context.chosen(arguments.workspace)
    scope = await scope_of(context, chosen)
    states, fresh = await context.read(read_together, _states, chosen, scope)
    told = warnings(context, fresh, types=fresh.pending)
    fault = context.keeper.last_fault
    if fault is not None:
        told.append(context.text("warning.not_fresh", fault=fault.message(context.locale)))
    pieces = [piece for state in states for piece in _pieces(state, several=len(states) > 1)]
    return Answer(
        pieces=pieces,
        end=0,
        as_of=fresh.as_of,
        history_from=fresh.history_from,
        definition=definitions(context, ("definition.open",)),
        warnings=told,
    )


def _states(connection: Any, scope: Any) -> list[WorkspaceState]:
    from taplens.mirror.reads_workspace import workspace_state

    return [workspace_state(connection, scope, one) for one in scope.workspace_ids]


def _pieces(state: WorkspaceState, *, several: bool) -> list[Piece]:
    """The workspace, its types with their statuses, then its open urgent bugs."""
    head: Piece = {
        "workspace": state.id,
        "name": state.name,
        "open_urgent_bugs": state.urgent_total,
    }
    types = [
        {
            "type": one.type,
            "total": one.total,
            "open": one.open,
            "statuses": _statuses(state, one.type),
        }
        for one in state.types
        if one.total
    ]
    urgent = [row_object(row, several=several) for row in state.urgent]
    return [head, *types, *urgent]


def _statuses(state: WorkspaceState, item_type: str) -> dict[str, int]:
    """How many items by the team's word; one word can stand in an open and in an end status."""
    found: dict[str, int] = {}
    for one in state.statuses:
        if one.type == item_type:
            found[one.label] = found.get(one.label, 0) + one.count
    return found


def _line(row: Piece) -> str:
    if "open_urgent_bugs" in row:
        urgent = row["open_urgent_bugs"]
        return f"## {one_line(row['name'])} ({row['workspace']}): {urgent} open urgent bugs"
    if "statuses" in row:
        counts = facts(row["statuses"].items())
        return f"- {row['type']}: {row['total']} ({row['open']} open); {counts}"
    return item_line(row) if "id" in row else f"- {facts(row.items())}"


TOOL = Tool(
    name="workspace_status",
    description=(
        "The state of a workspace: items by type and by status in the team's own words, how many"
        " are open, the newest open urgent bugs, how fresh the mirror is. Start here."
        " workspace: ids, default the first."
    ),
    arguments=WorkspaceStatus,
    result=Envelope,
    fills=("data", "as_of", "history_from", "definition", "warnings"),
    handler=_handle,
    line=_line,
    example={},
)
