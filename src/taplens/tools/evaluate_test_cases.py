"""The tool `evaluate_test_cases`: test cases scored by the team's rules, and by a model."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from taplens.tools.arguments import Arguments, Where
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.home_files import within
from taplens.tools.markdown import one_line
from taplens.tools.registry import Answer, Piece, Tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from taplens.evaluate.evaluating import Evaluated
    from taplens.evaluate.judging import Effort, Judged
    from taplens.evaluate.model import Case, Requirement
    from taplens.evaluate.reading import CaseSheet
    from taplens.evaluate.rules import Rules

_MOST_UNCOVERED = 20  # told one by one: the cases have to find room, too
_Path = Annotated[str, Field(max_length=300)]


class EvaluateTestCases(Arguments):
    """Arguments: the file of the cases, else which of TAPD's; the stories; who scores beside the
    rules; and where the workbook goes. Files are in the home.
    """

    file: _Path = ""
    sheet: Annotated[str, Field(max_length=100)] = ""
    where: Where = ""
    requirements: Where = ""
    model: Annotated[str, Field(max_length=200)] = ""
    out: _Path = ""


async def _handle(context: ToolContext, arguments: EvaluateTestCases) -> Answer:
    from taplens.evaluate import evaluating, results, rules

    home = context.keeper.settings.home
    source = within(home, arguments.file, ".xlsx", ".csv") if arguments.file else None
    target = within(home, arguments.out, *results.ENDINGS) if arguments.out else None
    if target is not None:
        await asyncio.to_thread(results.check, target, source)
    wanted = await asyncio.to_thread(rules.load, rules.path_of(home))
    read, cases, stories = await _cases(context, arguments, source)
    judged = await _judged(context, arguments, cases, stories, wanted) if arguments.model else None
    verdicts = judged.verdicts if judged else {}
    found = await asyncio.to_thread(
        evaluating.evaluate, cases, wanted, stories, context.locale, verdicts
    )
    notes = list(_warnings(context, read, found, judged))
    if target is not None:
        await asyncio.to_thread(
            results.write, found, target, source=source, read=read, notes=notes,
            locale=context.locale,
        )  # fmt: skip
    rows = list(_rows(context, found))
    return Answer(
        pieces=rows,
        end=0,  # what doesn't fit is told in a warning; the workbook has all
        total=len(cases),
        warnings=notes,
        left_out=lambda dropped: (
            [context.text("warning.cases_left_out", count=len(dropped))] if dropped else []
        ),
    )


async def _cases(
    context: ToolContext, arguments: EvaluateTestCases, source: Path | None
) -> tuple[CaseSheet | None, Sequence[Case], Sequence[Requirement]]:
    from taplens.evaluate import mirrored
    from taplens.evaluate.knowledge import Knowledge
    from taplens.evaluate.reading import read_cases
    from taplens.tools.freshness import scope_of

    read = None
    if source is not None:
        read = await asyncio.to_thread(read_cases, source, sheet=arguments.sheet)
    cases: Sequence[Case] = read.cases if read else ()
    stories: Sequence[Requirement] = ()
    if read is None or arguments.requirements:
        scope = await scope_of(context, context.chosen(()))
        if read is None:
            cases = await context.read(mirrored.read_cases, scope, arguments.where)
        if arguments.requirements:
            stories = await context.read(mirrored.read_requirements, scope, arguments.requirements)
    if not arguments.requirements:
        stories = await asyncio.to_thread(Knowledge(context.keeper.settings.home).all)
    return read, cases, stories


async def _judged(
    context: ToolContext,
    arguments: EvaluateTestCases,
    cases: Sequence[Case],
    stories: Sequence[Requirement],
    rules: Rules,
) -> Judged:
    from taplens.tools.case_judging import judged

    async def wanted(_effort: Effort) -> bool:
        return True  # who names a model wants it asked

    return await judged(context, cases, stories, rules, model=arguments.model, wanted=wanted)


def _rows(context: ToolContext, found: Evaluated) -> Iterator[Piece]:
    """Averages, shares, what is uncovered, then the cases, the worst first."""
    from taplens.evaluate.evaluating import total_of

    for name, mean in found.averages().items():
        yield {"element": name, "average": mean}
    for share in found.shares:
        wanted = {"wanted": list(share.wanted), "fits": share.fits} if share.wanted else {}
        yield {"priority": share.priority, "count": share.count, "percent": share.percent} | wanted
    for story in found.uncovered[:_MOST_UNCOVERED]:
        yield {"uncovered": story.id, "title": story.title}
    for one in sorted(found.evaluations, key=total_of):
        told = [
            {"element": mark.element, "score": mark.score, "suggestion": mark.suggestion}
            for mark in one.marks
            if mark.suggestion
        ]
        row: Piece = {"case": one.case.id, "title": one.case.title, "score": total_of(one)}
        named = {"requirement": one.requirement_id} if one.requirement_id else {}
        yield row | named | ({"suggestions": told} if told else {})


def _warnings(
    context: ToolContext, read: CaseSheet | None, found: Evaluated, judged: Judged | None
) -> Iterator[str]:
    count = len(found.evaluations)
    if judged is None:
        yield context.text("cli.evaluate.by_rules", count=count)
    elif judged.missing:
        reasons = "; ".join(sorted({one for one in judged.missing.values() if one}))[:300]
        yield context.text("cli.evaluate.missing", count=len(judged.missing), reasons=reasons)
    for name, rows in (read.doubled if read else ())[:5]:
        yield context.text("cli.evaluate.doubled", id=name[:40], rows=", ".join(map(str, rows[:5])))
    if read and read.uncounted:
        yield context.text("cli.evaluate.uncounted", count=read.uncounted)
    if read and read.rounded:
        yield context.text("cli.evaluate.rounded", count=read.rounded)
    if found.coverage:
        told = {"count": len(found.uncovered), "all": len(found.coverage)}
        yield context.text("cli.evaluate.uncovered", **told)


def _line(row: Piece) -> str:
    if "case" in row:
        told = "; ".join(f"{one['element']} {one['score']}: {one_line(one['suggestion'])}"
                         for one in row.get("suggestions", ()))  # fmt: skip
        return f"- {one_line(row['case'])} {one_line(row['title'])}: {row['score']}. {told}"
    return "- " + ", ".join(f"{name} {one_line(str(value))}" for name, value in row.items())


TOOL = Tool(
    name="evaluate_test_cases",
    description=(
        "Score test cases 0-10 by the team's rules (and `model`): of `file` (xlsx, csv in the"
        " home), else TAPD's by `where`. `requirements`: stories to cover, a filter. `out`:"
        " .xlsx, .html or .json with suggestions."
    ),
    arguments=EvaluateTestCases,
    result=Envelope,
    fills=("data", "total", "warnings"),
    handler=_handle,
    line=_line,
    example={"where": "priority:高", "requirements": "iteration:current"},
    toolset="testing",
    read_only=False,
    replaces=True,
)
