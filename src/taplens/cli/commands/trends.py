"""`taplens trends`: what was created, closed and open, period by period."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taplens import messages
from taplens.cli import calls, options, output, pictures

if TYPE_CHECKING:
    from taplens.cli.exports import Exports


def build() -> click.Command:
    """The command."""

    @options.command(
        "trends",
        options.where(),
        options.option("--of", key="of", multiple=True, metavar="WHAT"),
        options.option("--interval", key="interval", default="week", show_default=True),
        options.option("--since", key="trend_since", default="", metavar="DATE"),
        options.option("--until", key="trend_until", default="", metavar="DATE"),
        options.option("--by", key="split", default="", metavar="FIELD"),
        options.option("--limit", key="groups", default="5", show_default=True, metavar="N"),
        options.exports(),
        options.chart(),
        options.workspace(),
        options.home(),
        options.as_json(),
        context_settings=options.FREE_TERMS,
    )
    def trends(
        *,
        where: tuple[str, ...],
        of: tuple[str, ...],
        exports: Exports,
        chart: Path | None,
        dark: bool,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
        **rest: str,
    ) -> None:
        saved = pictures.target(chart, dark)
        settings = options.settings_of(home, workspace)
        asked = {"where": " ".join(where), "of": ",".join(of), **rest}
        answer = calls.tool(settings, "trends", asked, saved, whole=bool(exports))
        if as_json:
            output.print_json(answer)
        answer["data"] = [output.flat(_headed(row)) for row in answer["data"]]
        exports.save("trends", asked["where"], answer, ("period",))
        if not as_json:
            output.show(answer, output.answer, as_json=False, exported=bool(exports))

    return trends


def _headed(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the heads of what is counted in the place of its names."""
    heads = {name: f"trend_{name}" for name in row}
    return {
        head if messages.has(f"cli.column.{head}") else name: row[name]
        for name, head in heads.items()
    }
