"""The classic tool `generate_tapd_overview`: a period in words, of the mirror's own figures."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from taplens.tools.arguments import Arguments, Day
from taplens.tools.classic.daily import check_span, day_argument
from taplens.tools.classic.exporting import refreshed
from taplens.tools.classic.tool import ClassicTool, Content, Told
from taplens.tools.report_prose import with_prose
from taplens.tools.reporting import ReportAsked, report_of
from taplens.tools.sizing import largest, tokens

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from taplens.mirror.scope import Scope
    from taplens.reports.model import Prose, Report
    from taplens.tools.context import ToolContext

_BYTES = 64_000  # of a summary, whatever its tokens


class Overview(Arguments):
    """Arguments: the days, how long the summary may be, whether TAPD is asked first, and how a
    model reads the items. `ack_mode` is taken for the sake of old calls: what a model has read is
    always checked.
    """

    since: Day = "2025-01-01"
    until: Day = ""
    max_total_tokens: Annotated[int, Field(ge=200, le=100_000)] = 6000
    use_local_data: bool = True
    ack_mode: Literal["ack_only", "ack_and_analyze"] = "ack_only"
    max_retries: Annotated[int, Field(ge=0, le=5)] = 2
    retry_backoff: Annotated[float, Field(ge=0, le=30)] = 1.5
    chunk_size: Annotated[int, Field(ge=0, le=200)] = 0


async def _handle(context: ToolContext, arguments: Overview) -> Told:
    since = day_argument("since", arguments.since)
    until = day_argument("until", arguments.until) or context.clock.today().isoformat()
    check_span(since, until)
    fresh = {} if arguments.use_local_data else await refreshed(context, context.chosen(()))
    asked = ReportAsked(since=since, until=until, where="type:story,bug")
    report = await report_of(context, asked)
    report, sent = await _told_by_a_model(context, arguments, report)
    lines = (await asyncio.to_thread(_summary, report)).split("\n")
    most = _fitting(lines, arguments.max_total_tokens)
    counts = await _counts(context, since, until)

    def make(count: int) -> Content:
        return {
            "status": "success",
            "message": context.text("classic.overview"),
            "time_range": context.text("classic.span", since=since, until=until),
            **counts,
            "chunks": sent["stats"]["total_chunks"],
            "truncated": count < len(lines),
            "transmission": sent,
            **fresh,
            "summary_text": "\n".join(lines[:count]),
        }

    return Told(make=make, most=most)


def _summary(report: Report) -> str:
    from taplens.reports.digest import digest

    return digest(report, _BYTES)


def _fitting(lines: list[str], most: int) -> int:
    """How many of the lines cost at most `most` tokens together."""
    return largest(len(lines), len(lines), lambda count: tokens("\n".join(lines[:count])) <= most)


async def _counts(context: ToolContext, since: str, until: str) -> dict[str, int]:
    """How many stories and bugs were created in the period."""
    from taplens.mirror.scope import Scope

    scope = Scope(context.chosen(()), context.clock.now())
    span = f"created:{since}..{until}"
    return {
        name: await context.read(_count, scope, f"type:{kind} {span}")
        for name, kind in (("total_stories", "story"), ("total_bugs", "bug"))
    }


def _count(connection: Connection, scope: Scope, where: str) -> int:
    from taplens.filters import parse
    from taplens.mirror.compile import compile_query
    from taplens.mirror.reads_find import page_of

    total, _ = page_of(connection, compile_query(connection, parse(where), scope), 1, 0)
    return total


async def _told_by_a_model(
    context: ToolContext, arguments: Overview, report: Report
) -> tuple[Report, dict[str, Any]]:
    """The report with a model's prose where one is set up, and how much of the items it has read.

    What it didn't answer is asked again up to `max_retries` times; what it did isn't.
    """
    from taplens.llm.catalogue import load_catalogue
    from taplens.llm.choosing import asked_models

    settings = context.keeper.settings
    catalogue = await asyncio.to_thread(load_catalogue, settings)
    model = next(iter(asked_models(settings, catalogue)), "")
    if not model:
        return report, _sent(None, 0)
    for retry in range(arguments.max_retries + 1):
        report = await with_prose(context, report, model, batch_items=arguments.chunk_size)
        prose = report.prose
        if prose is None or prose.read == prose.asked or retry == arguments.max_retries:
            break
        await asyncio.sleep(arguments.retry_backoff)
    return report, _sent(report.prose, retry)


def _sent(prose: Prose | None, retries: int) -> dict[str, Any]:
    """What became of the original's acknowledgements: whether every item was read."""
    stats = {"total_chunks": 0, "ack_success_chunks": 0, "ack_failed_chunks": 0}
    if prose is None:
        return {"stats": stats | {"total_retries": 0}}
    stats = {
        "total_chunks": prose.batches,
        "ack_success_chunks": prose.batches - prose.failed,
        "ack_failed_chunks": prose.failed,
    }
    coverage = {"items_sent": prose.asked, "items_read": prose.read}
    missing = {"missing": list(prose.missing)} if prose.missing else {}
    told = {"stats": stats | {"total_retries": retries}, "coverage": coverage}
    return told | {"model": prose.model} | missing


TOOL = ClassicTool(
    name="generate_tapd_overview",
    description=(
        "A period (YYYY-MM-DD) in words: counts, quality, risks, items to look at; with a model"
        " that is set up also what the items have in common, checked for coverage."
    ),
    arguments=Overview,
    handler=_handle,
    example={"since": "2026-01-01", "max_total_tokens": 1500},
)
