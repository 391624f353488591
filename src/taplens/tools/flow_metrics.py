"""The tool `flow_metrics`: how work moves, from the history of statuses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from taplens.clock import day_of
from taplens.tools.arguments import Arguments, Day, Limit, Names, Picture, Where
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.freshness import scope_of, warnings
from taplens.tools.markdown import one_line, shown
from taplens.tools.registry import Answer, Piece, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taplens.analysis.flow.question import Found
    from taplens.charts import Chart
    from taplens.mirror.freshness import Freshness
    from taplens.mirror.scope import Notice, Scope
    from taplens.mirror.snapshot.keeping import Source

Metric = Literal[
    "summary", "lead_time", "cycle_time", "throughput", "cumulative_flow", "ageing",
    "time_in_status", "reopen_rate", "burndown", "fix_time", "escaped", "rejected", "density",
]  # fmt: skip


_ASKED = {"since", "until", "by", "interval", "start", "stop"}


class FlowMetrics(Arguments):
    """Arguments: the metric, of which items, over which time, split by what, by which rule."""

    metric: Metric = "summary"
    where: Where = ""
    since: Day = ""
    until: Day = ""
    by: Annotated[str, Field(max_length=100)] = ""
    interval: Annotated[str, Field(max_length=10)] = ""
    start: Names = ()
    stop: Names = ()
    limit: Limit = 20
    workspace: Names = ()
    chart: Picture = None


async def _handle(context: ToolContext, arguments: FlowMetrics) -> Answer:
    from taplens.filters import parse
    from taplens.tools.flow_chart import drawable

    asked = {
        **arguments.model_dump(include=_ASKED),
        "where": parse(arguments.where),
        "limit": context.most(arguments.limit),
    }
    chosen = context.chosen(arguments.workspace)
    scope = await scope_of(context, chosen)
    found, notices, names, fresh = await context.analyse(_read, scope, arguments.metric, asked)
    # Loaded by then, in the thread that read.
    from taplens.analysis.flow.naming import addresses

    told = warnings(context, fresh, notices)
    told += _cautions(context, found, fresh)
    rows = [_named(row, names) for row in found.rows]
    in_time = bool(rows) and "period" in rows[0]
    drawn = drawable(arguments.metric, arguments.by, rows)
    return Answer(
        # Where not all periods fit, the newest stay.
        pieces=rows[::-1] if in_time else rows,
        assemble=lambda kept: list(kept)[::-1] if in_time else list(kept),
        end=0,  # what doesn't fit is told in a warning: there are no pages
        total=found.total,
        as_of=fresh.as_of,
        history_from=fresh.history_from,
        definition=" ".join([*_period(context, found), *_definitions(context, found)]),
        warnings=told,
        item_ids=addresses(names[key] for key in found.items if key in names),
        left_out=lambda rows: _unshown(context, found.other, rows),
        chart=partial(_chart, context, arguments, found, rows, told) if drawn else None,
    )


def _chart(
    context: ToolContext,
    arguments: FlowMetrics,
    found: Found,
    rows: Sequence[Piece],
    notes: Sequence[str],
) -> Chart:
    from taplens.tools.flow_chart import Drawing, flow_chart

    drawing = Drawing(
        context=context,
        metric=arguments.metric,
        subtitle=" · ".join(filter(None, (arguments.where, *_period(context, found)))),
        found=found,
        rows=rows,
        notes=notes,
    )
    return flow_chart(drawing)


def _read(
    source: Source, scope: Scope, metric: str, asked: dict[str, Any]
) -> tuple[Found, list[Notice], dict[int, Piece], Freshness]:
    """What is found, the items it names, and how fresh it is, of one version of the mirror."""
    # In the thread: the libraries underneath take a while to load.
    from taplens.analysis.flow.metrics import flow
    from taplens.analysis.flow.naming import named
    from taplens.analysis.flow.question import Asked
    from taplens.mirror.freshness import freshness_of

    found, notices = flow(source, scope, metric, Asked(**asked))
    names = named(source.connection, found.items)
    return found, notices, names, freshness_of(source, asked["where"], scope)


def _named(row: Piece, names: dict[int, Piece]) -> Piece:
    """A row about a single item with what it is called instead of its key."""
    return names[row["key"]] | {k: v for k, v in row.items() if k != "key"} if "key" in row else row


def _definitions(context: ToolContext, found: Found) -> list[str]:
    """The notions that the answer rests on; statuses in the team's words."""
    between = "、" if context.locale == "zh" else ", "
    return [
        context.text(key, **{name: between.join(words) or "–" for name, words in parts.items()})
        for key, parts in found.definitions
    ]


def _period(context: ToolContext, found: Found) -> list[str]:
    """The days that the answer is about, where it isn't about all."""
    if found.span is None:
        return []
    first, last = day_of(found.span.since), day_of(found.span.until - 1)
    return [context.text("definition.flow.period", since=first, until=last)]


def _cautions(context: ToolContext, found: Found, fresh: Freshness) -> list[str]:
    """What was left out and why, and how far the history reaches."""
    told = [
        context.text(f"warning.flow.{reason}", count=count)
        for reason, count in found.left_out.items()
    ]
    if found.overlapping:
        told.append(context.text("warning.groups_overlap"))
    since = found.span.since if found.span and found.from_history else None
    if since is not None and fresh.lacks_history(since):
        told.append(context.text("warning.flow.before_history"))
    return told


def _unshown(context: ToolContext, other: int, rows: Sequence[Piece]) -> list[str]:
    """How many items stand in groups beyond the limit, and how many rows didn't fit."""
    told = [context.text("warning.groups_left_out", count=other)] if other else []
    return told + ([context.text("warning.flow.rows_left_out", count=len(rows))] if rows else [])


def _line(row: Piece) -> str:
    return "- " + " · ".join(one_line(f"{name} {_word(value)}") for name, value in row.items())


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items())
    return "none" if value is None else shown(value)


TOOL = Tool(
    name="flow_metrics",
    description="Work flow in days, since 90d. start, stop: statuses. burndown: where iteration:x",
    arguments=FlowMetrics,
    result=Envelope,
    fills=("data", "total", "as_of", "history_from", "definition", "warnings", "item_ids"),
    handler=_handle,
    line=_line,
    example={"metric": "cycle_time", "where": "type:story", "since": "90d", "by": "module"},
)
