"""Test cases scored by a model: what is asked is told before, and passes the gate."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from taplens.mirror.scope import Scope
from taplens.tools.asking import teller, way_to
from taplens.tools.context import ToolContext

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from taplens.evaluate.judging import Effort, Judge, Judged
    from taplens.evaluate.model import Case, Requirement
    from taplens.evaluate.rules import Rules
    from taplens.evaluate.verdicts import Verdict
    from taplens.llm import Client


async def judged(
    context: ToolContext,
    cases: Sequence[Case],
    requirements: Sequence[Requirement],
    rules: Rules,
    *,
    model: str,
    wanted: Callable[[Effort], Awaitable[bool]],
    client: Client | None = None,
) -> Judged:
    """What `model` says of the cases; what it said of cases that are as they were is taken over.

    `wanted` is asked before anything is sent, if anything is to be: where it says no, only what is
    known comes back. Raises as Judge.judge, and MirrorError where the egress log can't be written.
    """
    from taplens.evaluate.judging import Judged as Known

    async with _judge(context, cases, requirements, rules, model=model, client=client) as judge:
        prepared = await asyncio.to_thread(judge.prepared)
        if prepared.pending:
            effort = await asyncio.to_thread(judge.effort, prepared)
            if not await wanted(effort):
                return Known(verdicts=dict(prepared.known))
        return await judge.judge(prepared)


async def known(
    context: ToolContext,
    cases: Sequence[Case],
    requirements: Sequence[Requirement],
    rules: Rules,
    *,
    model: str,
    client: Client | None = None,
) -> Mapping[int, Verdict]:
    """What `model` said before, by the place of the case; nothing is sent."""
    async with _judge(context, cases, requirements, rules, model=model, client=client) as judge:
        return (await asyncio.to_thread(judge.prepared)).known


@contextlib.asynccontextmanager
async def _judge(
    context: ToolContext,
    cases: Sequence[Case],
    requirements: Sequence[Requirement],
    rules: Rules,
    *,
    model: str,
    client: Client | None,
) -> AsyncIterator[Judge]:
    from taplens.evaluate.judging import Judge
    from taplens.evaluate.rules import to_toml
    from taplens.evaluate.verdicts import KeptVerdicts

    scope = Scope(context.workspaces, context.clock.now())
    place = context.workspaces[0] if context.workspaces else ""
    async with way_to(context, model, scope, client=client) as way:
        yield Judge(
            client=way.client,
            model=model,
            locale=context.locale,
            kept=KeptVerdicts(context.keeper.settings.home),
            cases=cases,
            requirements=requirements,
            rules=to_toml(rules),
            told=teller(context, place, "evaluate", way.client.spent.text),
            shown=lambda row: way.gate.shown(row, model) or {},
            restored=way.gate.restored_value,
        )
