"""The tool `generate_report`: a period in figures, risks and items to look at."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import WithJsonSchema

from taplens.tools.arguments import Arguments, Names, Where
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.markdown import facts, item_line, one_line, shown
from taplens.tools.registry import Answer, Piece, Tool
from taplens.tools.reporting import ReportAsked, report_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taplens.reports.model import Figure, Item, Report, Section

_FIRST = ("counts", "quality", "risks", "items")
Lang = Annotated[Literal["", "zh", "en"], WithJsonSchema({"enum": ["zh", "en"]})]


class GenerateReport(Arguments):
    """Arguments: the days, of which items, and the language."""

    since: str = ""
    until: str = ""
    where: Where = ""
    lang: Lang = ""
    workspace: Names = ()


async def _handle(context: ToolContext, arguments: GenerateReport) -> Answer:
    from taplens.reports.wording import Wording

    report = await report_of(context, ReportAsked(**arguments.model_dump()))
    say = Wording(report.lang)
    pieces = list(_rows(report))
    period = f"{say.period(report)}, {say.text('word.against', days=say.compared(report))}"
    return Answer(
        pieces=pieces,
        end=0,  # what doesn't fit is told in a warning
        total=len(pieces),
        as_of=_epoch(report.as_of),
        history_from=_epoch(report.history_from),
        definition=period,
        warnings=list(report.warnings),
        left_out=lambda rows: _left_out(context, report, len(rows)),
    )


def _epoch(time: str | None) -> int | None:
    """An ISO 8601 time as UTC epoch seconds."""
    return None if time is None else int(datetime.fromisoformat(time).timestamp())


def _left_out(context: ToolContext, report: Report, count: int) -> list[str]:
    """How much didn't fit, and the resource that holds all of it, where it is about everything."""
    if not count:
        return []
    workspace = next(iter(report.workspaces))
    address = f"tapd://{workspace}/report/{report.since}/{report.until}"
    return [context.text("warning.report_rows_left_out", count=count, address=address)]


def _rows(report: Report) -> Iterator[Piece]:
    """What is told first is what must fit: what moved, quality, risks, the items to look at."""
    for name in _FIRST:
        if (section := report.section(name)) is not None:
            yield from _of_section(section)
    for section in report.sections:
        if section.name not in _FIRST:
            yield from _of_section(section)
    for section in report.sections:
        for table in section.breakdowns:
            for figure in table.figures:
                yield _figure(figure) | {"of": table.title}


def _of_section(section: Section) -> Iterator[Piece]:
    yield from map(_figure, section.figures)
    yield from (_figure(listing.count) for listing in section.listings)
    yield from map(_item, section.items)


def _figure(one: Figure) -> Piece:
    told: Piece = {"figure": one.label, "value": one.value}
    told |= {"before": one.before} if one.before_call else {}
    return told | ({"unit": one.unit} if one.unit else {})


def _item(one: Item) -> Piece:
    told = {
        "type": one.type, "id": one.id, "title": one.title, "status": one.status,
        "priority": one.priority, "owner": one.owner, "why": list(one.reasons),
    }  # fmt: skip
    return {name: value for name, value in told.items() if value not in ("", [])}


def _line(row: Piece) -> str:
    if "figure" not in row:
        return f"{item_line(row)} ({one_line(shown(row.get('why', [])))})"
    more = facts((name, row.get(name)) for name in ("before", "unit", "of"))
    told = f" ({more})" if more else ""
    return f"- {one_line(row['figure'])}: {row['value']}{told}"


TOOL = Tool(
    name="generate_report",
    description=(
        "A period's report (default 7 days) against as many days before: counts, flow, quality,"
        " risks, items to look at."
    ),
    arguments=GenerateReport,
    result=Envelope,
    fills=("data", "total", "as_of", "history_from", "definition", "warnings"),
    handler=_handle,
    line=_line,
    example={"since": "last_week", "until": "last_week", "where": "type:bug"},
)
