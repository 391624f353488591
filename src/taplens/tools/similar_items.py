"""The tool `similar_items`: what is like an item, and why."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from taplens.tools.arguments import Arguments
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.find_items import brief, row_object
from taplens.tools.freshness import read_together, scope_of, warnings
from taplens.tools.get_items import read_id, workspaces_of
from taplens.tools.markdown import facts, item_line
from taplens.tools.registry import Answer, Piece, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taplens.search.similar import Alike

MOST = 20


class SimilarItems(Arguments):
    """Arguments: the item, whether other modules count too, and how many are wanted."""

    id: str
    all_modules: bool = False
    limit: Annotated[int, Field(ge=1, le=MOST)] = 5


async def _handle(context: ToolContext, arguments: SimilarItems) -> Answer:
    from taplens.search.meaning import sense_of_text
    from taplens.search.similar import original_of, similar

    asked = read_id(arguments.id)
    chosen = context.chosen(workspaces_of(context, [asked]))
    scope = await scope_of(context, chosen)
    original = await context.read(original_of, asked, scope)
    sense = await sense_of_text(context.keeper, original.text) if original.text else None
    read = partial(similar, all_modules=arguments.all_modules, limit=arguments.limit)
    found, fresh = await context.read(read_together, read, chosen, original, scope, sense)
    return Answer(
        pieces=[_piece(alike) for alike in found.rows],
        end=0,  # few are asked for: there are no pages
        as_of=fresh.as_of,
        warnings=warnings(context, fresh, found.warnings, types=(original.kind,)),
        brief=brief,
        left_out=lambda rows: _left_out(context, rows),
    )


def _left_out(context: ToolContext, rows: Sequence[Piece]) -> list[str]:
    """How many more didn't fit."""
    return [context.text("warning.similar_left_out", count=len(rows))] if rows else []


def _piece(alike: Alike) -> Piece:
    """The row with its score, and why it is alike."""
    why = {
        "shared": list(alike.shared),
        "ids": list(alike.ids),
        "same": list(alike.same),
    }
    told = {name: value for name, value in why.items() if value}
    return row_object(alike.row, several=False) | {"score": alike.score} | told


def _line(row: Piece) -> str:
    why = facts((name, row.get(name)) for name in ("score", "shared", "ids", "same"))
    return f"{item_line(row)} ({why})" if why else item_line(row)


TOOL = Tool(
    name="similar_items",
    description="Items of its module that are like this one (duplicates, related bugs), and why.",
    arguments=SimilarItems,
    result=Envelope,
    fills=("data", "as_of", "warnings"),
    handler=_handle,
    line=_line,
    example={"id": "bug:1000123"},
)
