"""Fetching: the mirror brought up to date, and its rows written as a data file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from taplens.clock import iso_time
from taplens.errors import ConfigurationError, SyncRunningError, TapdError
from taplens.tools.arguments import Arguments
from taplens.tools.classic import data
from taplens.tools.freshness import freshness, scope_of
from taplens.tools.home_files import within

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from taplens.tools.context import ToolContext

_WAIT_SECONDS = 120  # for what is new; it goes on in the background, what is there is written
_FRESH_SECONDS = 30


class Fetching(Arguments):
    """Arguments: whether unset fields are left out."""

    clean_empty_fields: bool = True


async def fetched(
    context: ToolContext, lists: Sequence[str], file: str, *, clean: bool
) -> tuple[dict[str, int], dict[str, Any]]:
    """Write the `lists` ("stories", "bugs") of the mirror to `file`, from one snapshot.

    How many items each has, and what the answer says of how fresh they are. A mirror that can't be
    brought up to date is written as it is, and that is said. Raises as keeper.ready, ExportError.
    """
    chosen = context.chosen(())
    await scope_of(context, chosen)
    told = await refreshed(context, chosen)
    path = within(context.keeper.settings.home, file, ".json")
    counts: dict[str, int] = await context.read(
        partial(_write, path=path, lists=lists, workspaces=chosen, clean=clean)
    )
    return counts, told


async def refreshed(context: ToolContext, chosen: tuple[str, ...]) -> dict[str, Any]:
    """Read what is new in TAPD, unless that was just done; what an answer says of it."""
    found = await freshness(context, chosen)
    reason = ""
    if found.as_of is None or context.clock.now() - found.as_of > _FRESH_SECONDS:
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await context.keeper.sync(workspace_ids=chosen, progress=context.progress)
        except (TapdError, ConfigurationError, SyncRunningError) as fault:
            reason = fault.message(context.locale)
        except TimeoutError:
            reason = context.text("classic.still_syncing", seconds=_WAIT_SECONDS)
        found = await freshness(context, chosen)
    told = {"as_of": iso_time(found.as_of)} if found.as_of is not None else {}
    return told | ({"warning": context.text("classic.as_it_is", reason=reason)} if reason else {})


def _write(
    connection: Connection,
    *,
    path: Path,
    lists: Sequence[str],
    workspaces: tuple[str, ...],
    clean: bool,
) -> dict[str, int]:
    from taplens.mirror.reads_raw import rows_of

    def rows(name: str) -> Iterator[data.Item]:
        kind = data.kind_of(name)
        if clean:
            yield from rows_of(connection, workspaces, kind)
            return
        fields: dict[str, None] = {}
        for row in rows_of(connection, workspaces, kind):
            fields |= dict.fromkeys(row)
        for row in rows_of(connection, workspaces, kind):
            yield {field: row.get(field) for field in fields}

    return data.write(path, {name: rows(name) for name in lists})
