"""`taplens index`: how much is indexed and embedded, and making both anew."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taplens import messages
from taplens.cli import calls, options, output
from taplens.errors import ConfigurationError

if TYPE_CHECKING:
    from taplens.config import Settings
    from taplens.mirror import Keeper, Progress

COLUMNS = ("workspace", "items", "indexed", "embedded", "state")
_COUNTED = ("workspace_id", "items", "indexed", "embedded")


def build() -> click.Command:
    """The command."""

    @options.command(
        "index",
        click.argument("action", type=click.Choice(("status", "rebuild")), default="status"),
        options.home(),
        options.as_json(),
    )
    def index(*, action: str, home: Path | None, as_json: bool) -> None:
        settings = options.settings_of(home)
        if action == "rebuild":
            _rebuild(settings)
        rows = calls.with_keeper(settings, _reaches)
        output.print_json(rows) if as_json else _show(rows)

    return index


def _rebuild(settings: Settings) -> None:
    from taplens.mirror.index.rebuilding import rebuild

    async def work(keeper: Keeper, progress: Progress | None) -> tuple[int, float]:
        began = keeper.clock.monotonic()
        items = await rebuild(await keeper.mirror(), keeper.clock, keeper.embedder, progress)
        return items, keeper.clock.monotonic() - began

    items, seconds = calls.with_keeper(settings, work)
    output.say(messages.text("cli.index.done", items=items, seconds=f"{seconds:.1f}"))


async def _reaches(keeper: Keeper, _progress: Progress | None) -> list[dict[str, Any]]:
    from taplens.mirror.index.keeping import reaches

    name = await _embedder(keeper)
    return [asdict(reach) for reach in await keeper.read(reaches, name)]


async def _embedder(keeper: Keeper) -> str:
    """The embedder's name; "" where there is none, also where it can't be used: then it is said,
    and the index is shown all the same.
    """
    try:
        embedder = await keeper.embedder()
    except ConfigurationError as fault:
        output.say(f"{fault.message()} {fault.mend()}")
        return ""
    return embedder.name if embedder is not None else ""


def _show(rows: list[dict[str, Any]]) -> None:
    states = {
        True: messages.text("cli.index.complete"),
        False: messages.text("cli.index.incomplete"),
    }
    told = [(*(row[name] for name in _COUNTED), states[row["complete"]]) for row in rows]
    output.table(COLUMNS, told)
