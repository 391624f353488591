"""Completing arguments of prompts and parts of addresses while somebody types them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import mcp_types as types

from taplens.errors import TapLensError
from taplens.mcp.resources import TYPES

if TYPE_CHECKING:
    from taplens.tools.context import ToolContext

MOST = 100  # the protocol's limit
_DATES = ("today", "yesterday", "this_week", "last_week", "this_month", "last_month", "7d", "30d")


async def completed(
    context: ToolContext, name: str, value: str, others: Mapping[str, str]
) -> types.CompleteResult:
    """What the argument `name` may be, where `value` is typed already.

    `others` are the arguments given before; `workspace` among them says whose iterations and
    people are meant. An argument that can be anything has no completions, and so has one of a
    workspace that can't be read.
    """
    try:
        known = await _known(context, name, others.get("workspace", ""))
    except TapLensError:  # who types is no place for an error: the call itself will tell it
        known = []
    found = _matching(known, value)
    return types.CompleteResult(
        completion=types.Completion(
            values=found[:MOST], total=len(found), has_more=len(found) > MOST
        )
    )


async def _known(context: ToolContext, name: str, workspace: str) -> list[str]:
    match name:
        case "workspace":
            return list(context.workspaces)
        case "type":
            return list(TYPES)
        case "since" | "until":
            return list(_DATES)
        case "iteration" | "owner":
            return await _described(context, name, workspace)
    return []


async def _described(context: ToolContext, name: str, workspace: str) -> list[str]:
    """Iterations, the newest first, or people of a workspace."""
    from taplens.mirror.reads_describe import describe_workspace
    from taplens.mirror.scope import Scope

    chosen = context.chosen([workspace] if workspace else [])
    scope = Scope(chosen, context.clock.now())
    found = await context.read(describe_workspace, scope, chosen[0])
    if name == "owner":
        return [one.nick for one in found.people]
    iterations = sorted(found.iterations, key=lambda one: one.begin or "", reverse=True)
    return [one.name for one in iterations]


def _matching(known: Iterable[str], value: str) -> list[str]:
    """Those that hold what is typed, those that begin with it first, each once."""
    from taplens.filters import fold

    typed = fold(value)
    held = [word for word in dict.fromkeys(known) if typed in fold(word)]
    return sorted(held, key=lambda word: not fold(word).startswith(typed))
