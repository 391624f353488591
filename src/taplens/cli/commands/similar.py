"""`taplens similar`: the items like one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from taplens.cli import calls, options, output
from taplens.cli.commands.find import cells

COLUMNS = ("score", "type", "number", "status", "owner", "title", "shared", "ids", "same")


def build() -> click.Command:
    """The command."""

    @options.command(
        "similar",
        click.argument("item_id", metavar="ID"),
        options.option("--all-modules", key="all_modules", is_flag=True),
        options.option("--limit", key="limit", default="5", show_default=True, metavar="N"),
        options.workspace(),
        options.home(),
        options.as_json(),
    )
    def similar(
        *,
        item_id: str,
        all_modules: bool,
        limit: str,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        settings = options.settings_of(home, workspace)
        asked = {"id": item_id, "all_modules": all_modules, "limit": limit}
        answer = calls.tool(settings, "similar_items", asked)
        output.print_json(answer) if as_json else _show(answer)

    return similar


def _show(answer: dict[str, Any]) -> None:
    output.table(COLUMNS, [cells(row, COLUMNS) for row in answer["data"]])
    output.footer(answer)
