"""`taplens ask`: a question in words, answered from the mirror without a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from taplens.cli import calls, options, output, pictures

if TYPE_CHECKING:
    from taplens.agent.direct.answerer import Answered
    from taplens.mirror import Keeper, Progress


def build() -> click.Command:
    """The command."""

    @options.command(
        "ask",
        click.argument("question", nargs=-1, required=True),
        options.chart(),
        options.workspace(),
        options.home(),
        options.as_json(),
    )
    def ask(
        *,
        question: tuple[str, ...],
        chart: Path | None,
        dark: bool,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        saved = pictures.target(chart, dark)

        async def work(keeper: Keeper, _progress: Progress | None) -> Answered:
            from taplens.agent.direct.answerer import Direct

            async def opened() -> Keeper:
                return keeper

            found = await Direct(opened, keeper.clock).ask([" ".join(question)])
            if saved is not None:
                await saved.save(found.chart)
            return found

        found = calls.with_keeper(options.settings_of(home, workspace), work)
        output.print_json(found.json_object()) if as_json else output.data(found.text)

    return ask
