"""`taplens count`: how many items match a filter, in groups where wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taplens.cli import calls, options, output, pictures

if TYPE_CHECKING:
    from taplens.cli.exports import Exports


def build() -> click.Command:
    """The command."""

    @options.command(
        "count",
        options.where(),
        options.option("--by", key="by", multiple=True, metavar="FIELD"),
        options.option("--limit", key="limit", default="50", show_default=True, metavar="N"),
        options.exports(),
        options.chart(),
        options.workspace(),
        options.home(),
        options.as_json(),
        context_settings=options.FREE_TERMS,
    )
    def count(
        *,
        where: tuple[str, ...],
        by: tuple[str, ...],
        limit: str,
        exports: Exports,
        chart: Path | None,
        dark: bool,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        saved = pictures.target(chart, dark)
        settings = options.settings_of(home, workspace)
        asked = {"where": " ".join(where), "by": ",".join(by), "limit": limit}
        answer = calls.tool(settings, "count_items", asked, saved, whole=bool(exports))
        rows = answer["data"] if by else [{"count": answer["total"]}]
        exports.save(
            "count", asked["where"], answer | {"data": rows}, [*asked["by"].split(","), "count"]
        )
        output.show(answer, _show, as_json=as_json, exported=bool(exports))

    return count


def _show(answer: dict[str, Any]) -> None:
    groups = [
        [value for name, value in row.items() if not name.endswith("_key")]
        for row in answer["data"]
    ]
    if groups:
        names = [name for name in answer["data"][0] if not name.endswith("_key")]
        output.table(names, groups)
    else:
        output.data(str(answer["total"]))
    output.footer(answer)
