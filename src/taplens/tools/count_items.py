"""The tool `count_items`: how many items match a filter, by up to two fields."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from taplens.tools.arguments import MOST_ROWS, Arguments, Texts, Where
from taplens.tools.columns import NUMBERS, columns_of, in_words, key_of
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.freshness import analysed_together, definitions, scope_of, warnings
from taplens.tools.markdown import one_line
from taplens.tools.pictures import ChartTheme
from taplens.tools.registry import Answer, Piece, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taplens.analysis.counts import Counted, Group
    from taplens.charts import Chart
    from taplens.filters import Query
    from taplens.mirror.scope import Scope
    from taplens.mirror.snapshot.keeping import Source


class CountItems(Arguments):
    """Arguments: the filter, what to group by, and how many groups."""

    where: Where = ""
    by: Texts = ()
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 50
    workspace: Texts = ()
    chart: ChartTheme = None


async def _handle(context: ToolContext, arguments: CountItems) -> Answer:
    from taplens.filters import parse

    query = parse(arguments.where)
    chosen = context.chosen(arguments.workspace)
    scope = await scope_of(context, chosen)
    read = partial(_count, by=arguments.by, limit=context.most(arguments.limit))
    counted, fresh = await context.analyse(analysed_together, read, chosen, query, scope)
    told = warnings(context, fresh, counted.warnings)
    if counted.overlapping:
        told.append(context.text("warning.groups_overlap"))
    columns = columns_of(counted.by)
    pieces = [_group(columns, counted.total, group) for group in counted.groups]
    return Answer(
        pieces=pieces,
        end=0,  # what doesn't fit is counted in a warning: there are no pages of groups
        total=counted.total,
        as_of=fresh.as_of,
        definition=definitions(context, counted.definitions),
        warnings=told,
        left_out=lambda groups: _left_out(context, counted.other, groups),
        chart=partial(
            _chart,
            context,
            arguments,
            counted=counted,
            columns=columns,
            pieces=pieces,
            as_of=fresh.as_of,
        )
        if arguments.by
        else None,
    )


def _count(source: Source, query: Query, scope: Scope, *, by: Sequence[str], limit: int) -> Counted:
    # In the thread: the libraries underneath take a while to load.
    from taplens.analysis.counts import count_items

    return count_items(source, query, scope, by=by, limit=limit)


def _chart(
    context: ToolContext,
    arguments: CountItems,
    *,
    counted: Counted,
    columns: Sequence[str],
    pieces: Sequence[Piece],
    as_of: int | None,
) -> Chart:
    from taplens.tools.count_chart import Groups, count_chart

    notes = _left_out(context, counted.other, ())
    if counted.overlapping:
        notes.append(context.text("warning.groups_overlap"))
    groups = Groups(
        where=arguments.where,
        by=arguments.by,
        names=columns,
        rows=pieces,
        as_of=as_of,
        notes=notes,
    )
    return count_chart(context, groups)


def _left_out(context: ToolContext, other: int, groups: Sequence[Piece]) -> list[str]:
    """How many items stand in groups beyond the limit or the budget."""
    count = other + sum(group["count"] for group in groups)
    return [context.text("warning.groups_left_out", count=count)] if count else []


def _group(columns: Sequence[str], total: int, group: Group) -> Piece:
    """A group: the team's words, the keys beside them where they differ, the count, percent."""
    told: Piece = {}
    for column, value, label in zip(columns, group.values, group.labels, strict=True):
        told[column] = label if label is not None else value
        if value is not None and label is not None and value != label:
            told[key_of(column)] = value
    return told | {"count": group.count, "share": round(100 * group.count / total, 1)}


def _line(row: Piece) -> str:
    values = [
        "none" if value is None else one_line(value)
        for column, value in in_words(row).items()
        if column not in NUMBERS
    ]
    share = f" ({row['share']}%)" if "share" in row else ""  # the first to go where room is scarce
    return f"- {' | '.join(values)}: {row['count']}{share}"


TOOL = Tool(
    name="count_items",
    description=(
        "Count items matching `where` (same language as find_items) exactly, optionally in groups"
        " with shares in percent, by one or two fields: status, owner, creator, priority, severity,"
        " iteration, label, open, any custom field by label, or times as created:month (day, week,"
        " month, year)."
    ),
    arguments=CountItems,
    result=Envelope,
    fills=("data", "total", "as_of", "definition", "warnings"),
    handler=_handle,
    line=_line,
    example={"where": "type:bug is:open", "by": ["status", "owner"]},
)
