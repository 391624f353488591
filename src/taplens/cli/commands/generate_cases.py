"""`taplens generate-cases`: test cases that a model writes for requirements, judged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taplens import messages
from taplens.cli import calls, cases, options, output
from taplens.errors import ArgumentError, NotFoundError
from taplens.evaluate.model import MOST_DRAFTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taplens.evaluate.model import Case, Requirement
    from taplens.evaluate.rules import Rules
    from taplens.tools.case_drafting import Judgement
    from taplens.tools.context import ToolContext

_MOST_LISTED = 5


def build() -> click.Command:
    """The command."""
    file = click.Path(dir_okay=False, path_type=Path)

    @options.command(
        "generate-cases",
        options.where(),
        options.option("--model", key="generate_model", required=True, metavar="MODEL"),
        options.option("--requirement", "named", key="generate_requirement", multiple=True,
                       metavar="ID"),
        options.option("--uncovered", key="generate_uncovered", is_flag=True),
        options.option("--count", key="generate_count", type=click.IntRange(1, MOST_DRAFTS),
                       default=5, show_default=True),
        options.option("--cases", "existing", key="generate_cases", type=file, default=None),
        options.option("--rules", "rules_file", key="evaluate_rules", type=file, default=None),
        options.option("--yes", key="evaluate_yes", is_flag=True),
        options.option("--out", key="generate_out", type=file, default=None),
        options.workspace(),
        options.home(),
        options.as_json(),
        context_settings=options.FREE_TERMS,
    )  # fmt: skip
    def generate_cases(
        *,
        where: tuple[str, ...],
        model: str,
        named: tuple[str, ...],
        uncovered: bool,
        count: int,
        existing: Path | None,
        rules_file: Path | None,
        yes: bool,
        out: Path | None,
        workspace: tuple[str, ...],
        home: Path | None,
        as_json: bool,
    ) -> None:
        from taplens.evaluate import import_book, rules

        settings = options.settings_of(home, workspace)
        _check(out, existing)
        known = cases.read(existing, "", None).cases if existing else None
        wanted = rules.load(rules_file or rules.path_of(settings.home))
        asked = _Asked(" ".join(where), model, named, uncovered, count, known, wanted, yes)
        found = calls.with_context(settings, lambda context: _drafted(context, asked))
        if found is None:
            return
        if out is not None and found.drafted.cases:
            import_book.write(found.evaluated, out, messages.system_locale())
        if as_json:
            output.print_json(_object(found))
        else:
            cases.show(found.evaluated, found.evaluated.evaluations)
        for line in _notes(found, out):
            output.say(line)

    return generate_cases


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is wanted; `named` are the requirements alone that it is wanted for, `existing` the
    cases of a file (None: TAPD's).
    """

    where: str
    model: str
    named: Sequence[str]
    uncovered: bool
    count: int
    existing: Sequence[Case] | None
    rules: Rules
    yes: bool


def _check(out: Path | None, existing: Path | None) -> None:
    """Raises ArgumentError, ExportError for a place that the workbook can't go to."""
    from taplens.evaluate.results import check

    if out is None:
        return
    if out.suffix.lower() != ".xlsx":
        raise ArgumentError("evaluate_ending", path=out, known=".xlsx")
    check(out, existing)


async def _drafted(context: ToolContext, asked: _Asked) -> Judgement | None:
    from taplens.tools.case_drafting import drafted, uncovered

    stories, existing = await _ground(context, asked)
    if asked.named:
        stories = _named(stories, asked.named)
    if asked.uncovered:
        stories = await uncovered(context, stories, existing, asked.rules, model=asked.model)
        if not stories:
            output.say(messages.text("cli.generate-cases.covered"))
            return None
    if not stories:
        raise ArgumentError("generate_nothing")
    return await drafted(
        context,
        stories,
        existing,
        asked.rules,
        model=asked.model,
        count=asked.count,
        wanted=cases.confirming(asked.model, yes=asked.yes),
    )


def _named(stories: Sequence[Requirement], names: Sequence[str]) -> list[Requirement]:
    """The requirements of those names. Raises NotFoundError."""
    from taplens.evaluate.evaluating import finder

    find, found = finder(stories), []
    for name in names:
        if not find(name):
            raise NotFoundError("requirement_unknown", id=name[:60])
        found += find(name)
    return list(dict.fromkeys(found))


async def _ground(
    context: ToolContext, asked: _Asked
) -> tuple[Sequence[Requirement], Sequence[Case]]:
    """The requirements, and the cases there are: of the home and a file, else of the mirror."""
    from taplens.evaluate import mirrored
    from taplens.evaluate.knowledge import Knowledge
    from taplens.tools.freshness import scope_of

    stories: Sequence[Requirement] = Knowledge(context.keeper.settings.home).all()
    existing: Sequence[Case] = asked.existing or ()
    if not asked.where and (asked.existing is not None or not context.workspaces):
        return stories, existing
    scope = await scope_of(context, context.chosen(()))
    if asked.where:
        stories = await context.read(mirrored.read_requirements, scope, asked.where)
    if asked.existing is None:
        existing = await context.read(mirrored.read_cases, scope, "")
    return stories, existing


def _object(found: Judgement) -> dict[str, Any]:
    """What was found as one object: the cases with their texts, and what was left out."""
    from dataclasses import asdict

    texts = [asdict(one) for one in found.drafted.cases]
    told = found.evaluated.json_object()
    judged = [case | {"case": text} for case, text in zip(told["cases"], texts, strict=True)]
    left = [{"title": one.title, "like": like.id} for one, like in found.drafted.doubled]
    return told | {"cases": judged, "left_out": left, "missing": found.drafted.missing}


def _notes(found: Judgement, out: Path | None) -> list[str]:
    drafted, count = found.drafted, len(found.drafted.cases)
    told = [messages.text("cli.generate-cases.count", count=count)]
    if drafted.doubled:
        listed = "; ".join(f"{one.title[:40]} ≈ {like.id[:30]}"
                           for one, like in drafted.doubled[:_MOST_LISTED])  # fmt: skip
        told.append(messages.text("cli.generate-cases.doubled", count=len(drafted.doubled),
                                  listed=listed))  # fmt: skip
    for requirement_id, why in list(drafted.missing.items())[:_MOST_LISTED]:
        told.append(messages.text("cli.generate-cases.missing", id=requirement_id, why=why or "-"))
    if found.judged.missing:
        reasons = "; ".join(sorted(set(filter(None, found.judged.missing.values()))))[:300]
        told.append(messages.text("cli.evaluate.missing", count=len(found.judged.missing),
                                  reasons=reasons or "-"))  # fmt: skip
    if out is not None and drafted.cases:
        told.append(messages.text("cli.evaluate.written", path=out))
    return told
