"""`taplens evaluate`: test cases scored, as a workbook, on the screen, or as JSON."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taplens import messages
from taplens.cli import calls, options, output
from taplens.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taplens.config import Settings
    from taplens.evaluate.evaluating import Evaluated
    from taplens.evaluate.judging import Effort, Judged
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
        options.option("--out", key="evaluate_out", type=file, default=None),
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
        out: Path | None,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        from taplens.evaluate import evaluating, rules

        if (file is None) == (where is None):
            raise ArgumentError("evaluate_source")
        settings = options.settings_of(home, workspace)
        wanted = rules.load(rules_file or rules.path_of(settings.home))
        target = _target(out, file)
        read = _read(file, sheet, mapping) if file else None
        asked = _Asked(where, requirements, wanted, model, yes)
        known = read.cases if read else ()
        cases, stories, judged = _worked(settings, asked, known)
        locale = messages.system_locale()
        verdicts = judged.verdicts if judged else {}
        found = evaluating.evaluate(cases, wanted, stories, locale, verdicts)
        if target is not None:
            _write(found, target, file, read, locale)
        output.print_json(found.json_object()) if as_json else _show(found)
        for line in _warnings(read, found, judged):
            output.say(line)

    return evaluate


def _target(out: Path | None, source: Path | None) -> Path | None:
    """Where the workbook goes. Raises ArgumentError, ExportError."""
    from taplens.tables import check_path

    if out is None:
        return None
    if out.suffix.lower() != ".xlsx":
        raise ArgumentError("evaluate_ending", path=out)
    if source is not None and out.resolve() == source.resolve():
        raise ArgumentError("evaluate_over", path=out)
    check_path(out)
    return out


def _read(file: Path, sheet: str, mapping: Path | None) -> CaseSheet:
    from taplens.evaluate.columns import CASES, read_mapping
    from taplens.evaluate.reading import read_cases

    return read_cases(file, sheet=sheet, mapping=read_mapping(mapping, CASES) if mapping else None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is wanted of the mirror and of a model."""

    where: str | None
    requirements: str | None
    rules: Rules
    model: str
    yes: bool


def _worked(
    settings: Settings, asked: _Asked, cases: Sequence[Case]
) -> tuple[Sequence[Case], Sequence[Requirement], Judged | None]:
    """The cases, the requirements (of the home, unless others are asked for), and what a model
    says of them, where one is asked.
    """
    from taplens.evaluate.knowledge import Knowledge

    kept: Sequence[Requirement] = ()
    if asked.requirements is None:
        kept = Knowledge(settings.home).all()
    if asked.where is None and asked.requirements is None and not asked.model:
        return cases, kept, None

    async def work(
        context: ToolContext,
    ) -> tuple[Sequence[Case], Sequence[Requirement], Judged | None]:
        from taplens.tools.case_judging import judged

        found, read = await _mirrored(context, asked)
        stories = kept if asked.requirements is None else read
        told = found if asked.where is not None else cases
        if not asked.model:
            return told, stories, None

        async def wanted(effort: Effort) -> bool:
            return await asyncio.to_thread(_is_wanted, effort, asked)

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
    cases: Sequence[Case] = ()
    stories: Sequence[Requirement] = ()
    if asked.where is not None:
        cases = await context.read(mirrored.read_cases, scope, asked.where)
    if asked.requirements is not None:
        stories = await context.read(mirrored.read_requirements, scope, asked.requirements)
    return cases, stories


def _is_wanted(effort: Effort, asked: _Asked) -> bool:
    """Tell what will be sent, and whether that is to be."""
    cost = f"{effort.cost:.2f} {effort.currency}".strip() if effort.cost is not None else "?"
    told = {"cases": effort.cases, "requests": effort.requests, "tokens": effort.tokens}
    output.say(messages.text("cli.evaluate.effort", model=asked.model, cost=cost, **told))
    return asked.yes or click.confirm(messages.text("cli.evaluate.confirm"), err=True)


def _write(
    found: Evaluated, target: Path, source: Path | None, read: CaseSheet | None, locale: str
) -> None:
    from taplens.evaluate import workbook

    is_book = source is not None and source.suffix.lower() == ".xlsx"
    workbook.write(
        found,
        target,
        source=source if is_book else None,
        sheet=read.name if read else "",
        head=read.head if read and is_book else 1,
        locale=locale,
    )
    output.say(messages.text("cli.evaluate.written", path=target))


def _show(found: Evaluated) -> None:
    """Averages, shares, and the worst cases with what would better them."""
    from taplens.evaluate.evaluating import total_of

    def text(name: str) -> str:
        return messages.text(f"evaluate.column.{name}", name="")

    means = ([messages.text(f"evaluate.element.{name}"), mean]
             for name, mean in found.averages().items())  # fmt: skip
    output.table((text("element"), text("average")), means)
    output.data("")
    rows = (
        [one.priority, one.count, one.percent,
         f"{one.wanted[0]}–{one.wanted[1]}" if one.wanted else "",
         messages.text("evaluate.yes" if one.fits else "evaluate.no")]
        for one in found.shares
    )  # fmt: skip
    output.table(tuple(map(text, ("priority", "count", "percent", "wanted", "fits"))), rows)
    output.data("")
    worst = sorted(found.evaluations, key=total_of)[:_WORST]
    told = ([one.case.id, one.case.title, total_of(one),
             " ".join(mark.suggestion for mark in one.marks if mark.suggestion)[:120]]
            for one in worst)  # fmt: skip
    output.table((text("id"), text("title"), text("total"), text("suggestions")), told)


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
