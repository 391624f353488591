"""`taplens evaluate`: test cases scored, as a workbook, on the screen, or as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taplens import messages
from taplens.cli import calls, cases, options, output
from taplens.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taplens.config import Settings
    from taplens.evaluate.evaluating import Evaluated
    from taplens.evaluate.judging import Judged
    from taplens.evaluate.model import Case, Requirement
    from taplens.evaluate.reading import CaseSheet
    from taplens.evaluate.rules import Rules
    from taplens.tools.context import ToolContext

_WORST = 10
_MOST_LISTED = 5


def build() -> click.Command:
    """The command."""
    file = click.Path(dir_okay=False, path_type=Path)

    @options.command(
        "evaluate",
        click.argument("file", required=False, type=file),
        options.option("--where", key="evaluate_where", default=None, metavar="WHERE"),
        options.option("--requirements", key="evaluate_requirements", default=None,
                       metavar="WHERE"),
        options.option("--sheet", key="evaluate_sheet", default="", metavar="NAME"),
        options.option("--mapping", key="evaluate_mapping", type=file, default=None),
        options.option("--rules", "rules_file", key="evaluate_rules", type=file, default=None),
        options.option("--model", key="evaluate_model", default="", metavar="MODEL"),
        options.option("--yes", key="evaluate_yes", is_flag=True),
        options.option("--out", key="evaluate_out", type=file, multiple=True),
        options.workspace(),
        options.home(),
        options.as_json(),
    )  # fmt: skip
    def evaluate(
        *,
        file: Path | None,
        where: str | None,
        requirements: str | None,
        sheet: str,
        mapping: Path | None,
        rules_file: Path | None,
        model: str,
        yes: bool,
        out: tuple[Path, ...],
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        from taplens.evaluate import evaluating, results, rules

        if (file is None) == (where is None):
            raise ArgumentError("evaluate_source")
        settings = options.settings_of(home, workspace)
        wanted = rules.load(rules_file or rules.path_of(settings.home))
        for target in out:
            results.check(target, file)
        read = cases.read(file, sheet, mapping) if file else None
        asked = _Asked(where, requirements, wanted, model, yes)
        known = read.cases if read else ()
        told, stories, judged = _worked(settings, asked, known)
        locale = messages.system_locale()
        verdicts = judged.verdicts if judged else {}
        found = evaluating.evaluate(told, wanted, stories, locale, verdicts)
        notes = _warnings(read, found, judged)
        for target in out:
            results.write(found, target, source=file, read=read, notes=notes, locale=locale)
            output.say(messages.text("cli.evaluate.written", path=target))
        if as_json:
            output.print_json(found.json_object())
        else:
            cases.show(found, sorted(found.evaluations, key=evaluating.total_of)[:_WORST])
        for line in notes:
            output.say(line)

    return evaluate


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is wanted of the mirror and of a model."""

    where: str | None
    requirements: str | None
    rules: Rules
    model: str
    yes: bool


def _worked(
    settings: Settings, asked: _Asked, known: Sequence[Case]
) -> tuple[Sequence[Case], Sequence[Requirement], Judged | None]:
    """The cases, the requirements (of the home, unless others are asked for), and what a model
    says of them, where one is asked.
    """
    from taplens.evaluate.knowledge import Knowledge

    kept: Sequence[Requirement] = ()
    if asked.requirements is None:
        kept = Knowledge(settings.home).all()
    if asked.where is None and asked.requirements is None and not asked.model:
        return known, kept, None

    async def work(
        context: ToolContext,
    ) -> tuple[Sequence[Case], Sequence[Requirement], Judged | None]:
        from taplens.tools.case_judging import judged

        found, read = await _mirrored(context, asked)
        stories = kept if asked.requirements is None else read
        told = found if asked.where is not None else known
        if not asked.model:
            return told, stories, None

        wanted = cases.confirming(asked.model, yes=asked.yes)
        verdicts = await judged(
            context, told, stories, asked.rules, model=asked.model, wanted=wanted
        )
        return told, stories, verdicts

    return calls.with_context(settings, work)


async def _mirrored(
    context: ToolContext, asked: _Asked
) -> tuple[Sequence[Case], Sequence[Requirement]]:
    """The cases and requirements of the mirror, as far as they are asked for."""
    from taplens.evaluate import mirrored
    from taplens.tools.freshness import scope_of

    if asked.where is None and asked.requirements is None:
        return (), ()
    scope = await scope_of(context, context.chosen(()))
    found: Sequence[Case] = ()
    stories: Sequence[Requirement] = ()
    if asked.where is not None:
        found = await context.read(mirrored.read_cases, scope, asked.where)
    if asked.requirements is not None:
        stories = await context.read(mirrored.read_requirements, scope, asked.requirements)
    return found, stories


def _warnings(read: CaseSheet | None, found: Evaluated, judged: Judged | None) -> list[str]:
    count = len(found.evaluations)
    if judged is None:
        told = [messages.text("cli.evaluate.by_rules", count=count)]
    else:
        told = [messages.text("cli.evaluate.by_model", count=count, known=len(judged.verdicts))]
        reasons = sorted({reason for reason in judged.missing.values() if reason})
        if judged.missing:
            told.append(messages.text("cli.evaluate.missing", count=len(judged.missing),
                                      reasons="; ".join(reasons)[:300] or "-"))  # fmt: skip
    if found.coverage:
        told.append(messages.text("cli.evaluate.uncovered", count=len(found.uncovered),
                                  all=len(found.coverage)))  # fmt: skip
    if read is None:
        return told
    for name, rows in read.doubled[:_MOST_LISTED]:
        listed = ", ".join(map(str, rows[:_MOST_LISTED]))
        told.append(messages.text("cli.evaluate.doubled", id=name[:40], rows=listed))
    if read.uncounted:
        told.append(messages.text("cli.evaluate.uncounted", count=read.uncounted))
    if read.rounded:
        told.append(messages.text("cli.evaluate.rounded", count=read.rounded))
    if read.empty:
        told.append(messages.text("cli.evaluate.empty", count=read.empty))
    return told
