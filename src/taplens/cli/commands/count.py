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
        rows = _in_words(answer["data"]) if by else [{"count": answer["total"]}]
        exports.save(
            "count", asked["where"], answer | {"data": rows}, [*asked["by"].split(","), "count"]
        )
        output.show(answer, _show, as_json=as_json, exported=bool(exports))

    return count


def _show(answer: dict[str, Any]) -> None:
    groups = _in_words(answer["data"])
    if groups:
        output.table(list(groups[0]), [list(group.values()) for group in groups])
    else:
        output.data(str(answer["total"]))
    output.footer(answer)


def _in_words(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from taplens.tools.columns import in_words

    return [in_words(row) for row in rows]
