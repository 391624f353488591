"""`taplens flow`: how work moves, one metric at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taplens.cli import calls, options, output, pictures

if TYPE_CHECKING:
    from taplens.cli.exports import Exports


_MISSPELT = 0.8  # so like a metric that no word of a filter is meant


def build() -> click.Command:
    """The command."""

    @options.command(
        "flow",
        options.where("terms", metavar="[METRIC] [WHERE]..."),
        options.option("--since", key="flow_since", default="", metavar="DATE"),
        options.option("--until", key="flow_until", default="", metavar="DATE"),
        options.option("--by", key="flow_by", default="", metavar="FIELD"),
        options.option("--interval", key="interval", default="", metavar="PERIOD"),
        options.option("--start", key="start", multiple=True, metavar="STATUS"),
        options.option("--stop", key="stop", multiple=True, metavar="STATUS"),
        options.option("--limit", key="limit", default="20", show_default=True, metavar="N"),
        options.exports(),
        options.chart(),
        options.workspace(),
        options.home(),
        options.as_json(),
        context_settings=options.FREE_TERMS,
    )
    def flow(
        *,
        terms: tuple[str, ...],
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
        asked |= _told_apart(terms)
        answer = calls.tool(settings, "flow_metrics", asked, saved, whole=bool(exports))
        rows = [output.flat(row) for row in answer["data"]]
        exports.save("flow", asked["where"], answer | {"data": rows}, ("metric",))
        output.show(answer, output.answer, as_json=as_json, exported=bool(exports))

    return flow


def _told_apart(terms: tuple[str, ...]) -> dict[str, str]:
    """The metric, where the first term names one or misspells it, and the filter."""
    from difflib import get_close_matches
    from typing import get_args

    from taplens.tools.flow_metrics import Metric

    metric, where = ("summary", terms)
    if terms and get_close_matches(terms[0], get_args(Metric), cutoff=_MISSPELT):
        metric, where = terms[0], terms[1:]  # the tool says which there are
    return {"metric": metric, "where": " ".join(where)}
