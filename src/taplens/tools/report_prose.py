"""A report with what a model writes of it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from taplens.tools.context import ToolContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from taplens.egress.gate import Gate
    from taplens.llm import Client, Transport
    from taplens.llm.entries import Upstream
    from taplens.mirror.scope import Scope
    from taplens.reports.model import Report
    from taplens.reports.prose.items import Reading


async def with_prose(
    context: ToolContext, report: Report, model: str, *, client: Client | None = None
) -> Report:
    """The report with the prose of `model`, which reads the items that changed in the period.

    What leaves for it passes the gate (see docs/agent.md). `client` is made from the settings
    unless given. Raises as Writer.prose, and MirrorError where the egress log can't be written.
    """
    from taplens.egress.gate import Gate
    from taplens.egress.gated import GatedClient
    from taplens.egress.log import EgressLog
    from taplens.mirror.scope import Scope
    from taplens.reports.prose.items import read
    from taplens.reports.prose.keeping import Kept
    from taplens.reports.prose.writing import Writer

    settings = context.keeper.settings
    scope = Scope(tuple(report.workspaces), context.clock.now())
    where = _narrowed(report.where, f"modified:{report.since}..{report.until}")
    readings = await context.read(read, scope, where)
    async with contextlib.AsyncExitStack() as stack:
        if client is None:
            client = _client(context)
            stack.push_async_callback(client.aclose)
        client.chosen(model)  # raises what is to be set up, before anything else is done
        log = EgressLog(settings)
        stack.push_async_callback(log.aclose)
        asked = client

        def upstream_of(name: str) -> Upstream:
            return asked.chosen(name)[1]

        people = await _people(context, scope) if settings.egress_pseudonyms else set()
        gate = Gate(
            settings, log, context.clock, upstream_of, people=people, principal=context.principal
        )
        writer = Writer(
            client=GatedClient(client, gate),
            model=model,
            lang=report.lang,
            kept=Kept(settings.home),
            told=_teller(context, next(iter(report.workspaces))),
            restored=gate.restored_value,
        )
        shown = [_shown(one, gate, model) for one in readings]
        return replace(report, prose=await writer.prose(report, shown))


async def _people(context: ToolContext, scope: Scope) -> set[str]:
    """All names of the members that the mirror knows."""
    from taplens.mirror.reads_describe import describe_workspace

    found: set[str] = set()
    for workspace in scope.workspace_ids:
        described = await context.read(describe_workspace, scope, workspace)
        names = (name for person in described.people for name in (person.nick, person.name))
        found.update(filter(None, names))
    return found


def _shown(reading: Reading, gate: Gate, model: str) -> Reading:
    """What `model` may see of an item, whose text is its description."""
    told = {"id": reading.id, "title": reading.title, "status": reading.status}
    kept = gate.shown(told | {"description": reading.text}, model) or {}
    return replace(
        reading,
        title=kept.get("title", ""),
        status=kept.get("status", ""),
        text=kept.get("description", ""),
    )


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
