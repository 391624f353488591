"""The tool `sync_workspace`: read from TAPD now what changed."""

from __future__ import annotations

from taplens.tools.arguments import Arguments, Texts
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.freshness import freshness
from taplens.tools.markdown import facts
from taplens.tools.registry import Answer, Piece, Tool


class SyncWorkspace(Arguments):
    """Arguments: which workspaces; `full` reads everything anew."""

    workspace: Texts = ()
    full: bool = False


async def _handle(context: ToolContext, arguments: SyncWorkspace) -> Answer:
    chosen = context.chosen(arguments.workspace)
    report = await context.keeper.sync(
        workspace_ids=chosen, full=arguments.full, progress=context.progress
    )
    row = {
        "workspace": ", ".join(chosen),
        "requests": report.requests,
        "seconds": round(report.seconds, 1),
        "rows": {step: rows for step, rows in report.rows.items() if rows},
    }
    times = await freshness(context, chosen)
    return Answer(pieces=[row], end=1, as_of=times.as_of, history_from=times.history_from)


def _line(row: Piece) -> str:
    read = facts(row["rows"].items()) or "nothing had changed"
    return f"{row['workspace']}: {row['requests']} requests, {row['seconds']} s; rows {read}"


TOOL = Tool(
    name="sync_workspace",
    description=(
        "Read now from TAPD what changed, before answering where minutes matter. Seldom needed:"
        " the mirror refreshes itself every few minutes. full=true reads everything anew and takes"
        " long."
    ),
    arguments=SyncWorkspace,
    result=Envelope,
    fills=("data", "as_of", "history_from", "warnings"),
    handler=_handle,
    line=_line,
    example={},
    read_only=False,
)
