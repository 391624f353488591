"""The tool `find_items`: the items that match a filter, the best or newest first, page by page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from taplens.clock import tapd_time
from taplens.errors import CursorError
from taplens.tools import cursor as cursors
from taplens.tools.arguments import Arguments, Limit, Texts, Where
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.freshness import definitions, read_together, scope_of, warnings
from taplens.tools.markdown import facts, item_line
from taplens.tools.registry import Answer, Piece, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taplens.mirror.rows import Row
    from taplens.tools.cursor import Cursor

_MINUTES = 16  # characters of YYYY-MM-DD HH:MM


class FindItems(Arguments):
    """Arguments: the filter and how its words are looked for, further fields, and the page."""

    where: Where = ""
    mode: Literal["auto", "exact", "fulltext", "semantic"] = "auto"
    fields: Texts = ()
    limit: Limit = 20
    cursor: str = ""
    workspace: Texts = ()


async def _handle(context: ToolContext, arguments: FindItems) -> Answer:
    from taplens.filters import parse
    from taplens.search.find import find
    from taplens.search.meaning import UNASKED, sense_of

    query = parse(arguments.where)
    chosen = context.chosen(arguments.workspace)
    asked = {"where": arguments.where, "mode": arguments.mode, "workspace": chosen}
    cursor, were_alone = _begun(arguments.cursor, asked)
    scope = await scope_of(context, chosen)
    page = partial(find, mode=arguments.mode, limit=arguments.limit, offset=cursor.position)
    sense = await sense_of(context.keeper, query) if arguments.mode == "semantic" else UNASKED
    read = partial(context.read, read_together)
    found, fresh = await read(partial(page, sense=sense), chosen, query, scope)
    if found.needs_sense:
        sense = await sense_of(context.keeper, query)
        found, fresh = await read(partial(page, sense=sense), chosen, query, scope)
    are_alone = sense is not None and sense.fault is not None
    if cursor.position and are_alone != were_alone:  # rows would come twice, or never
        raise CursorError("cursor_of_another_query")
    return Answer(
        pieces=[
            row_object(row, arguments.fields, several=len(chosen) > 1)
            | ({"match": passage} if passage else {})
            for row, passage in zip(found.rows, found.passages, strict=True)
        ],
        end=found.end,
        total=found.total,
        start=cursor.position,
        as_of=fresh.as_of,
        definition=definitions(context, found.definitions),
        warnings=warnings(context, fresh, found.warnings, cursor),
        brief=brief,
        query=asked | {"words_alone": are_alone},
    )


def _begun(text: str, asked: dict[str, Any]) -> tuple[Cursor, bool]:
    """Where the page begins, and whether the first one found by words alone, as the embedder had
    failed. Raises CursorError.
    """
    try:
        return cursors.decode(text, TOOL.name, asked | {"words_alone": False}), False
    except CursorError:
        return cursors.decode(text, TOOL.name, asked | {"words_alone": True}), True


def row_object(row: Row, further: Sequence[str] = (), *, several: bool) -> Piece:
    """A light row as the answer gives it: the team's words, the status's key beside them."""
    told: dict[str, Any] = {
        "type": row.type,
        "id": row.id,
        "title": row.title,
        "status": row.status_label or row.status,
        "status_key": row.status if row.status_label not in ("", row.status) else None,
        "priority": row.priority_label or row.priority,
        "severity": row.severity_label or row.severity,
        "owner": list(row.owners),
        "due": row.due,
        "removed": row.removed,
        "workspace": row.workspace_id if several else None,
    }
    told |= {name: _further(row, name) for name in further}
    return {name: value for name, value in told.items() if value not in (None, "", [], ())}


def _further(row: Row, name: str) -> Any:
    """A field that is shown only on request: a custom one by its label, or one of the row's."""
    if name in row.customs:
        return list(row.customs[name])
    own = {
        "created": minutes(row.created),
        "modified": minutes(row.modified),
        "creator": row.creator,
        "iteration": row.iteration,
        "label": list(row.labels),
        "workspace": row.workspace_id,
    }
    return own.get(name)


def minutes(instant: int | None) -> str | None:
    """`instant` (UTC epoch seconds) to the minute, as TAPD shows it (+08:00)."""
    return None if instant is None else tapd_time(instant)[:_MINUTES]


def brief(row: Piece) -> Piece:
    """What identifies an item whose row is too large."""
    return {"type": row["type"], "id": row["id"]}


def _line(row: Piece) -> str:
    said = {"type", "id", "title", "status", "status_key", "owner", "priority"}
    more = facts((name, value) for name, value in row.items() if name not in said)
    return item_line(row) + (f" ({more})" if more else "")


TOOL = Tool(
    name="find_items",
    description=(
        "List TAPD stories, bugs, tasks (also test cases, iterations) by `where`: words (best"
        " first) and conditions: 闪退 type:bug status:测试中 客户:ACME created:>2026-01-01 owner:me"
        " -label:阻塞 sort:-created. fields: created, creator, iteration, custom labels."
        " Numbers: count_items."
    ),
    arguments=FindItems,
    result=Envelope,
    fills=("data", "total", "returned", "next_cursor", "as_of", "definition", "warnings"),
    handler=_handle,
    line=_line,
    example={"where": "type:bug status:测试中 sort:-created", "limit": 20},
)
