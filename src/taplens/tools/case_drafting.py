"""Test cases written by a model for requirements, and judged before anybody sees them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taplens.mirror.scope import Scope
from taplens.tools.asking import teller, way_to
from taplens.tools.case_judging import judged
from taplens.tools.context import ToolContext

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from taplens.evaluate.drafting import Drafted
    from taplens.evaluate.evaluating import Evaluated
    from taplens.evaluate.judging import Effort, Judged
    from taplens.evaluate.model import Case, Requirement
    from taplens.evaluate.rules import Rules
    from taplens.llm import Client


@dataclass(frozen=True, slots=True)
class Judgement:
    """New cases, how they were judged by the rules and the model, and what the model left out."""

    drafted: Drafted
    judged: Judged
    evaluated: Evaluated


async def drafted(
    context: ToolContext,
    requirements: Sequence[Requirement],
    existing: Sequence[Case],
    rules: Rules,
    *,
    model: str,
    count: int,
    wanted: Callable[[Effort], Awaitable[bool]],
    client: Client | None = None,
) -> Judgement | None:
    """`count` new cases by `model` for each requirement, none like one of `existing`; None where
    `wanted`, which hears what it will take, says no.

    Raises as Drafter.draft and case_judging.judged.
    """
    from taplens.evaluate.drafting import KEPT, Drafter
    from taplens.evaluate.evaluating import evaluate
    from taplens.tables.lines import KeptLines

    scope = Scope(context.workspaces, context.clock.now())
    place = context.workspaces[0] if context.workspaces else ""
    async with way_to(context, model, scope, client=client) as way:
        drafter = Drafter(
            client=way.client,
            model=model,
            locale=context.locale,
            rules=rules,
            requirements=requirements,
            existing=existing,
            count=count,
            kept=KeptLines(context.keeper.settings.home / KEPT),
            told=teller(context, place, "draft", way.client.spent.text),
            shown=lambda row: way.gate.shown(row, model) or {},
            restored=way.gate.restored_value,
        )
        if not await wanted(await asyncio.to_thread(drafter.effort)):
            return None
        found = await drafter.draft()

    async def confirmed(_effort: Effort) -> bool:
        return True  # it was a part of what was told

    said = await judged(
        context, found.cases, requirements, rules, model=model, wanted=confirmed, client=client
    )
    evaluated = await asyncio.to_thread(
        evaluate, found.cases, rules, requirements, context.locale, said.verdicts
    )
    if not found.missing and not said.missing:
        await asyncio.to_thread(drafter.forget)
    return Judgement(found, said, evaluated)


async def uncovered(
    context: ToolContext,
    requirements: Sequence[Requirement],
    cases: Sequence[Case],
    rules: Rules,
    *,
    model: str,
    client: Client | None = None,
) -> list[Requirement]:
    """The requirements that no case names, nor belongs to by what `model` said of it before."""
    from taplens.evaluate.evaluating import evaluate
    from taplens.tools.case_judging import known

    verdicts = await known(context, cases, requirements, rules, model=model, client=client)
    found = await asyncio.to_thread(evaluate, cases, rules, requirements, context.locale, verdicts)
    return found.uncovered
