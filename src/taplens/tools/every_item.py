"""All items that a filter means, for an export: gone through in one snapshot, however many."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from taplens.tools.freshness import definitions, read_together, scope_of, warnings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from taplens.mirror.rows import Row
    from taplens.search.find import Selected
    from taplens.tools.context import ToolContext
    from taplens.tools.find_items import FindItems

T = TypeVar("T")
_CHUNK = 500  # rows that are in memory at once


@dataclass(frozen=True, slots=True)
class EveryItem:
    """What was found: `rows` are `count` items, of which `total` match (more may be merely near).

    `as_of` is UTC epoch seconds; the texts are in the caller's language.
    """

    rows: Iterator[Row]
    count: int
    total: int
    as_of: int | None
    definition: str | None
    warnings: list[str]


class _StoppedError(Exception):
    """Nobody waits for the items any more."""


async def every_item(
    context: ToolContext, arguments: FindItems, use: Callable[[EveryItem], T]
) -> T:
    """What `use` makes of all items that `arguments` (but for its page) ask for.

    `use` runs in a thread, in which it goes through the rows; when the caller is cancelled, its
    next row raises an exception, so that it can undo what it began. Raises as find_items.
    """
    from taplens.filters import parse
    from taplens.search.find import selected
    from taplens.search.meaning import UNASKED, sense_of

    query, mode = parse(arguments.where), arguments.mode
    chosen = context.chosen(arguments.workspace)
    scope = await scope_of(context, chosen)
    stopped = threading.Event()

    def find(connection: Connection, sense: Any) -> Selected:
        return selected(connection, query, scope, mode=mode, sense=sense)

    def go_through(connection: Connection, sense: Any) -> tuple[T] | None:
        found, fresh = read_together(connection, find, chosen, sense)
        if found.compiled is None:
            return None
        everything = EveryItem(
            _rows(found, stopped),
            len(found.keys),
            found.total,
            fresh.as_of,
            definitions(context, found.compiled.definitions),
            warnings(context, fresh, found.warnings),
        )
        return (use(everything),)

    sense = await sense_of(context.keeper, query) if mode == "semantic" else UNASKED
    made: tuple[T] | None = await _stoppable(context, stopped, go_through, sense)
    if made is None:
        sense = await sense_of(context.keeper, query)
        made = await _stoppable(context, stopped, go_through, sense)
    assert made is not None  # with a sense there is an answer
    return made[0]


def _rows(found: Selected, stopped: threading.Event) -> Iterator[Row]:
    from taplens.mirror.rows import light_rows

    assert found.compiled is not None
    for start in range(0, len(found.keys), _CHUNK):
        for row in light_rows(found.compiled.catalogue, found.keys[start : start + _CHUNK]):
            if stopped.is_set():
                raise _StoppedError
            yield row


async def _stoppable(
    context: ToolContext, stopped: threading.Event, function: Callable[..., Any], *arguments: Any
) -> Any:
    """The result of a read that is told when nobody waits for it any more, and waited for."""
    reading = asyncio.ensure_future(context.read(function, *arguments))
    try:
        return await asyncio.shield(reading)
    except asyncio.CancelledError:
        stopped.set()
        await asyncio.wait({reading})
        if not reading.cancelled():
            reading.exception()  # the cancellation is what is told
        raise
