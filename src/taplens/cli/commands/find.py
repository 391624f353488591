"""`taplens find`: the items that match a filter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taplens.cli import calls, options, output
from taplens.cli.item_export import export_items

if TYPE_CHECKING:
    from taplens.cli.exports import Exports

MODES = ("auto", "exact", "fulltext", "semantic")
COLUMNS = ("type", "number", "status", "priority", "owner", "title", "modified")


def build() -> click.Command:
    """The command."""

    @options.command(
        "find",
        options.where(),
        options.option("--mode", key="mode", type=click.Choice(MODES), default="auto"),
        options.option("--field", key="field", multiple=True, metavar="NAME"),
        options.option("--limit", key="limit", default="50", show_default=True, metavar="N"),
        options.option("--cursor", key="cursor", default=""),
        options.exports(),
        options.workspace(),
        options.home(),
        options.as_json(),
        context_settings=options.FREE_TERMS,
    )
    def find(
        *,
        where: tuple[str, ...],
        mode: str,
        field: tuple[str, ...],
        limit: str,
        cursor: str,
        exports: Exports,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        settings = options.settings_of(home, workspace)
        asked = {
            "where": " ".join(where),
            "mode": mode,
            "fields": ["modified", *field],
            "limit": limit,
            "cursor": cursor,
        }
        if exports:
            found = export_items(settings, asked, field, exports)
            if not as_json:
                output.footer(found)
                return
        answer = calls.tool(settings, "find_items", asked)
        output.print_json(answer) if as_json else _show(answer, field)

    return find


def _show(answer: dict[str, Any], further: tuple[str, ...]) -> None:
    matching = ("match",) if any("match" in row for row in answer["data"]) else ()
    columns = (*COLUMNS, *further, *matching)
    output.table(columns, [cells(row, columns) for row in answer["data"]])
    output.footer(answer)


def cells(row: dict[str, Any], columns: Sequence[str]) -> list[Any]:
    """The cells of a row of find_items in these columns."""
    from taplens.tools.markdown import short

    shown = row | {"number": short(row["id"]), "type": output.kind_word(row["type"])}
    return [shown.get(name) for name in columns]
