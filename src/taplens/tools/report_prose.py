"""A report with what a model writes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from taplens.tools.context import ToolContext

if TYPE_CHECKING:
    from taplens.egress.gate import Gate
    from taplens.llm import Client
    from taplens.reports.model import Report
    from taplens.reports.prose.items import Reading


async def with_prose(
    context: ToolContext,
    report: Report,
    model: str,
    *,
    client: Client | None = None,
    batch_items: int = 0,
) -> Report:
    """The report with the prose of `model`, which reads the items that changed in the period.

    What leaves for it passes the gate (see docs/agent.md). `client` is made from the settings
    unless given; `batch_items` is the most of one question (0: as many as fit). Raises as
    Writer.prose, and MirrorError where the egress log can't be written.
    """
    from taplens.mirror.scope import Scope
    from taplens.reports.prose.items import read
    from taplens.reports.prose.keeping import Kept
    from taplens.reports.prose.writing import Writer
    from taplens.tools.asking import teller, way_to

    scope = Scope(tuple(report.workspaces), context.clock.now())
    where = _narrowed(report.where, f"modified:{report.since}..{report.until}")
    readings = await context.read(read, scope, where)
    async with way_to(context, model, scope, client=client) as way:
        writer = Writer(
            client=way.client,
            model=model,
            lang=report.lang,
            kept=Kept(context.keeper.settings.home),
            told=teller(context, next(iter(report.workspaces)), "report_prose"),
            restored=way.gate.restored_value,
            batch_items=batch_items,
        )
        shown = [_shown(one, way.gate, model) for one in readings]
        return replace(report, prose=await writer.prose(report, shown))


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
