"""A report with what a model writes of it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from taplens.tools.context import ToolContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from taplens.llm import Client, Transport
    from taplens.reports.model import Report


async def with_prose(
    context: ToolContext, report: Report, model: str, *, client: Client | None = None
) -> Report:
    """The report with the prose of `model`, which reads the items that changed in the period.

    `client` is made from the settings unless given. Raises as Writer.prose.
    """
    from taplens.mirror.scope import Scope
    from taplens.reports.prose.items import read
    from taplens.reports.prose.keeping import Kept
    from taplens.reports.prose.writing import Writer

    home = context.keeper.settings.home
    scope = Scope(tuple(report.workspaces), context.clock.now())
    where = _narrowed(report.where, f"modified:{report.since}..{report.until}")
    readings = await context.read(read, scope, where)
    async with contextlib.AsyncExitStack() as stack:
        if client is None:
            client = _client(context)
            stack.push_async_callback(client.aclose)
        writer = Writer(
            client=client,
            model=model,
            lang=report.lang,
            kept=Kept(home),
            told=_teller(context, next(iter(report.workspaces))),
        )
        return replace(report, prose=await writer.prose(report, readings))


def _narrowed(where: str, further: str) -> str:
    from taplens.filters import And, Query, parse, to_text

    parts = [node for node in (parse(where).where, parse(further).where) if node is not None]
    return to_text(Query(And(parts) if len(parts) > 1 else parts[0]))


def _client(context: ToolContext) -> Client:
    """A client of the models that the settings name."""
    from taplens.llm import Client, HttpTransport, load_catalogue
    from taplens.llm.local import LocalTransport

    settings = context.keeper.settings
    transports: dict[str, Transport] = {
        "http": HttpTransport(),
        "local": LocalTransport(settings.home),
    }
    return Client(load_catalogue(settings), transports, clock=context.clock)


def _teller(context: ToolContext, workspace_id: str) -> Callable[[int, int], None]:
    from taplens.mirror import ProgressEvent

    def tell(done: int, total: int) -> None:
        if context.progress is not None:
            event = ProgressEvent(workspace_id, "report_prose", done, total, 0, 0.0, None)
            context.progress(event)

    return tell
