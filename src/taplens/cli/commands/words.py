"""`taplens words`: which words the items that match a filter say most."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taplens import messages
from taplens.cli import calls, options, output, pictures

if TYPE_CHECKING:
    from taplens.cli.exports import Exports

COLUMNS = ("word", "count", "items", "keyness")


def build() -> click.Command:
    """The command."""

    @options.command(
        "words",
        options.where(),
        options.option("--min", "least", key="min_frequency", default="3", show_default=True,
                       metavar="N"),
        options.option("--extended/--basic", key="extended", default=True, show_default=True),
        options.option("--limit", key="limit", default="50", show_default=True, metavar="N"),
        options.option("--stop-words", key="stop_words", is_flag=True),
        options.exports(),
        options.chart(),
        options.workspace(),
        options.home(),
        options.as_json(),
        context_settings=options.FREE_TERMS,
    )  # fmt: skip
    def words(
        *,
        where: tuple[str, ...],
        least: str,
        extended: bool,
        limit: str,
        stop_words: bool,
        exports: Exports,
        chart: Path | None,
        dark: bool,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        saved = pictures.target(chart, dark)
        settings = options.settings_of(home, workspace)
        if stop_words:
            _tell_stop_words(settings.home)
            return
        asked = {
            "where": " ".join(where),
            "min_frequency": least,
            "extended": extended,
            "limit": limit,
        }
        answer = calls.tool(settings, "word_frequency", asked, saved, whole=bool(exports))
        exports.save("words", " ".join(where), answer, COLUMNS)
        output.show(answer, _show, as_json=as_json, exported=bool(exports))

    return words


def _tell_stop_words(home: Path) -> None:
    """Where the team's stop words are kept; the file is made, so that it can be edited."""
    from taplens.analysis.words.stop_words import ensure_team_file, stop_words

    path = ensure_team_file(home)
    output.data(str(path))
    output.say(messages.text("cli.words.stop_words", count=len(stop_words(home))))


def _show(answer: dict[str, Any]) -> None:
    if answer["data"]:
        names = list(answer["data"][0])
        output.table(names, [list(row.values()) for row in answer["data"]])
    for suggestion in answer.get("suggestions", ()):
        output.say(messages.text("cli.words.suggestion", where=shlex.quote(suggestion)))
    output.footer(answer)
