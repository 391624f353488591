"""`taplens forecast`: when open work will be done, or how much by a day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from taplens.cli import calls, options, output, pictures


def build() -> click.Command:
    """The command."""

    @options.command(
        "forecast",
        click.argument("where", nargs=-1),
        options.option("--until", key="forecast_until", default="", metavar="DATE"),
        options.option("--pace", key="pace", default="", metavar="WHERE"),
        options.option("--days", key="days", default="90", show_default=True, metavar="N"),
        options.option("--runs", key="runs", default="10000", show_default=True, metavar="N"),
        options.option("--seed", key="forecast_seed", default="1", show_default=True, metavar="N"),
        options.chart(),
        options.workspace(),
        options.home(),
        options.as_json(),
        context_settings=options.FREE_TERMS,
    )
    def forecast(
        *,
        where: tuple[str, ...],
        chart: Path | None,
        dark: bool,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
        **asked: Any,
    ) -> None:
        saved = pictures.target(chart, dark)
        settings = options.settings_of(home, workspace)
        answer = calls.tool(settings, "forecast", asked | {"where": " ".join(where)}, saved)
        output.print_json(answer) if as_json else output.answer(answer)

    return forecast
