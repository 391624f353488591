"""`taplens forecast`: when open work will be done, or how much by a day."""

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
        "forecast",
        options.where(),
        options.option("--until", key="forecast_until", default="", metavar="DATE"),
        options.option("--pace", key="pace", default="", metavar="WHERE"),
        options.option("--days", key="days", default="90", show_default=True, metavar="N"),
        options.option("--runs", key="runs", default="10000", show_default=True, metavar="N"),
        options.option("--seed", key="forecast_seed", default="1", show_default=True, metavar="N"),
        options.exports(),
        options.chart(),
        options.workspace(),
        options.home(),
        options.as_json(),
        context_settings=options.FREE_TERMS,
    )
    def forecast(
        *,
        where: tuple[str, ...],
        exports: Exports,
        chart: Path | None,
        dark: bool,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
        **asked: Any,
    ) -> None:
        saved = pictures.target(chart, dark)
        settings = options.settings_of(home, workspace)
        asked["where"] = " ".join(where)
        answer = calls.tool(settings, "forecast", asked, saved, whole=bool(exports))
        rows = [output.flat(row) for row in answer["data"]]
        exports.save("forecast", asked["where"], answer | {"data": rows}, ("percent",))
        output.show(answer, output.answer, as_json=as_json, exported=bool(exports))

    return forecast
