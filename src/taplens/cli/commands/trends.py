"""`taplens trends`: what was created, closed and open, period by period."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from taplens import messages
from taplens.cli import calls, options, output


def build() -> click.Command:
    """The command."""

    @options.command(
        "trends",
        click.argument("where", nargs=-1),
        options.option("--of", key="of", multiple=True, metavar="WHAT"),
        options.option("--interval", key="interval", default="week", show_default=True),
        options.option("--since", key="trend_since", default="", metavar="DATE"),
        options.option("--until", key="trend_until", default="", metavar="DATE"),
        options.option("--by", key="split", default="", metavar="FIELD"),
        options.option("--limit", key="groups", default="5", show_default=True, metavar="N"),
        options.workspace(),
        options.home(),
        options.as_json(),
        context_settings=options.FREE_TERMS,
    )
    def trends(
        *,
        where: tuple[str, ...],
        of: tuple[str, ...],
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
        **rest: str,
    ) -> None:
        settings = options.settings_of(home, workspace)
        asked = {"where": " ".join(where), "of": ",".join(of), **rest}
        answer = calls.tool(settings, "trends", asked)
        output.print_json(answer) if as_json else _show(answer)

    return trends


def _show(answer: dict[str, Any]) -> None:
    rows = [
        output.flat({_head(name): value for name, value in row.items()}) for row in answer["data"]
    ]
    output.table(list(rows[0]), [list(row.values()) for row in rows])
    output.footer(answer)


def _head(name: str) -> str:
    """The head of a column: a text of ours for a measure, else the field's name."""
    key = f"cli.column.trend_{name}"
    return messages.text(key) if messages.has(key) else name
