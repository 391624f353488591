"""The tool `get_items`: whole items by their ids."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from taplens.clock import iso_time
from taplens.errors import ArgumentError, NotFoundError
from taplens.tapd.ids import SEQUENCE_DIGITS, WORKSPACE_DIGITS
from taplens.tools import cursor as cursors
from taplens.tools.arguments import Arguments, Texts
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.freshness import read_together, scope_of, warnings
from taplens.tools.item_pieces import assemble, brief, line, pieces_of, text_of
from taplens.tools.registry import Answer, Tool
from taplens.tools.short_descriptions import shortened, with_marks
from taplens.tools.sizing import piece_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taplens.mirror.freshness import Freshness
    from taplens.mirror.reads_items import ItemDetail
    from taplens.mirror.scope import Scope

Asked = tuple[str | None, str]  # type, digits

_NAMED = re.compile(r"(?P<type>[^\W\d_]*)[\s#:：_-]*(?P<digits>[0-9]{1,25})")
_LINK = re.compile(r"https?://\S*?/(?P<type>stories|bugs|tasks|tcase)/view/(?P<digits>[0-9]+)")
_LISTED = 10  # ids named in a warning
_SAME_SECONDS = 60  # times that lie closer are told as one


class GetItems(Arguments):
    """Arguments: the ids, whether descriptions are told in short, and the page of a long answer."""

    ids: Texts
    short: bool = False
    cursor: str = ""
    workspace: Texts = ()


async def _handle(context: ToolContext, arguments: GetItems) -> Answer:
    asked = list(dict.fromkeys(map(read_id, arguments.ids)))
    if not asked:
        raise ArgumentError("argument_missing", name="ids")
    chosen = context.chosen(arguments.workspace or workspaces_of(context, asked))
    query = {"ids": arguments.ids, "workspace": chosen, "short": arguments.short}
    cursor = cursors.decode(arguments.cursor, TOOL.name, query)
    scope = await scope_of(context, chosen)
    known, _ = await _read(context, asked, scope)
    notes = await context.keeper.refresh_items(
        [(d.row.workspace_id, d.row.type, d.row.id) for d in known if d.removal is None]
    )
    details, fresh = await _read(context, asked, scope)
    told = [context.text(note) for note in notes] + _missing(context, asked, details)
    told += warnings(context, fresh, (), cursor, types={d.row.type for d in details})
    as_of = min((d.row.fetched_at for d in details if d.row.fetched_at), default=fresh.as_of)
    details = await asyncio.to_thread(with_marks, details)
    if arguments.short:
        details, note = await asyncio.to_thread(shortened, context, details)
        told += note
    # Long descriptions take long to cut up.
    pieces = await asyncio.to_thread(pieces_of, details, piece_tokens(context.budget))
    return Answer(
        pieces=pieces[cursor.position :],
        end=len(pieces),
        total=len(details),
        start=cursor.position,
        as_of=as_of,
        history_from=fresh.history_from,
        definition=_rest_as_of(context, as_of, fresh),
        warnings=told,
        assemble=assemble,
        brief=brief,
        text_of=text_of,
        query=query,
    )


def read_id(text: str) -> Asked:
    """The type (or None for any) and digits of an id as people write it.

    Takes 1000123, #1000123, bug:1000123, 缺陷 1000123, a long id, or the address of a TAPD page.
    Raises ArgumentError for anything else.
    """
    match = _LINK.match(text) or _NAMED.fullmatch(text.strip().lstrip("#"))
    if match is None:
        raise ArgumentError("item_id_malformed", id=text[:60])
    kind = match["type"].lower()
    if kind in ("", "id"):
        return None, match["digits"]
    from taplens.mirror.special import TYPE_WORDS

    for name, words in TYPE_WORDS.items():
        if kind in words:
            return name, match["digits"]
    raise ArgumentError("item_id_malformed", id=text[:60])


def workspaces_of(context: ToolContext, asked: Sequence[Asked]) -> list[str]:
    """The workspaces that ids mean where none is named: the first, and what long ids hold."""
    long = [digits[2:] for _, digits in asked if len(digits) > SEQUENCE_DIGITS]
    named = [one for one in context.workspaces[1:] if _begins(long, one)]
    return [*context.workspaces[:1], *named]


def _begins(long: Sequence[str], workspace_id: str) -> bool:
    forms = (workspace_id, workspace_id.zfill(WORKSPACE_DIGITS))
    return any(digits.startswith(forms) for digits in long)


def _rest_as_of(context: ToolContext, as_of: int | None, fresh: Freshness) -> str | None:
    """What is told where items were read anew but what hangs on them was not."""
    if as_of is None or fresh.as_of is None or as_of - fresh.as_of <= _SAME_SECONDS:
        return None
    return context.text("definition.rest_as_of", time=iso_time(fresh.as_of))


async def _read(
    context: ToolContext, asked: Sequence[Asked], scope: Scope
) -> tuple[list[ItemDetail], Freshness]:
    from taplens.mirror.reads_items import get_items

    read: Any = partial(get_items, web_base_url=context.keeper.settings.web_base_url)
    found: tuple[list[ItemDetail], Freshness] = await context.read(
        read_together, read, scope.workspace_ids, asked, scope
    )
    return found


def _missing(
    context: ToolContext, asked: Sequence[Asked], details: Sequence[ItemDetail]
) -> list[str]:
    """A warning that names the ids that mean nothing here; raises where none means anything."""
    found = {detail.asked for detail in details}
    missing = [digits for _, digits in asked if digits not in found]
    if not missing:
        return []
    shown = ", ".join(missing[:_LISTED]) + (" …" if len(missing) > _LISTED else "")
    if not details:
        raise NotFoundError("items_unknown", ids=shown)
    return [context.text("warning.items_unknown", ids=shown, found=len(details))]


TOOL = Tool(
    name="get_items",
    description=(
        "Everything about items: fields, description (Markdown), comments, change history, links,"
        " hours in each status. ids: short or full, type in front where a number is ambiguous"
        " (bug:1000123), or page addresses. Items older than a minute are read anew from TAPD."
        " short: descriptions shortened where they were. cursor: next page."
    ),
    arguments=GetItems,
    result=Envelope,
    fills=(
        "data",
        "total",
        "returned",
        "next_cursor",
        "as_of",
        "history_from",
        "definition",
        "warnings",
    ),
    handler=_handle,
    line=line,
    example={"ids": ["1000123", "bug:1000045"]},
)
