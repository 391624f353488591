"""`taplens get`: whole items by their ids."""

from __future__ import annotations

from pathlib import Path

import click

from taplens.cli import calls, options, output


def build() -> click.Command:
    """The command."""

    @options.command(
        "get",
        click.argument("ids", nargs=-1, required=True),
        options.option("--short", key="get_short", is_flag=True),
        options.workspace(),
        options.home(),
        options.as_json(),
    )
    def get(
        *,
        ids: tuple[str, ...],
        short: bool,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        from taplens.tools.item_pieces import line

        settings = options.settings_of(home, workspace)
        answer = calls.tool(settings, "get_items", {"ids": list(ids), "short": short})
        if as_json:
            output.print_json(answer)
            return
        for item in answer["data"]:
            output.data(line(item) + "\n")
        output.footer(answer)

    return get
