"""Descriptions shortened by a model: what is asked is told before, and passes the gate."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from taplens.errors import ArgumentError
from taplens.mirror.scope import Scope
from taplens.tools.asking import teller, way_to
from taplens.tools.context import ToolContext

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from taplens.descriptions.reading import Described
    from taplens.descriptions.rewriting import Effort, Rewritten
    from taplens.llm import Client


async def rewritten(
    context: ToolContext,
    items: Sequence[Described],
    *,
    model: str,
    wanted: Callable[[Effort], Awaitable[bool]],
    client: Client | None = None,
) -> Rewritten:
    """What became of the items; what the model wrote before, of texts that are as they were, is
    taken over.

    `wanted` is asked before anything is sent, if anything is to be. Raises ArgumentError where
    descriptions are withheld from the model's provider, MirrorError where the egress log can't be
    written, and as Rewriter.rewrite.
    """
    from taplens.descriptions.keeping import KeptShort
    from taplens.descriptions.rewriting import Rewriter

    scope = Scope(context.workspaces, context.clock.now())
    place = next(iter(context.workspaces), "")
    async with way_to(context, model, scope, client=client) as way:
        if "description" not in (way.gate.shown({"description": "…"}, model) or {}):
            raise ArgumentError("description_withheld", model=model)
        rewriter = Rewriter(
            client=way.client,
            model=model,
            kept=KeptShort(context.keeper.settings.home),
            items=items,
            locale=context.locale,
            told=teller(context, place, "rewrite", way.client.spent.text),
            shown=lambda row: way.gate.shown(row, model) or {},
            restored=way.gate.restored_value,
        )
        pending, known = await asyncio.to_thread(rewriter.prepared)
        if not pending:
            return known
        if not await wanted(await asyncio.to_thread(rewriter.effort, pending)):
            return known
        return await rewriter.rewrite(pending, known)
