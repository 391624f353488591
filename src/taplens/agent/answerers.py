"""The answerers of a serving process, by the names of their models."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from taplens.agent.direct.answerer import Direct

if TYPE_CHECKING:
    from taplens.agent.answer import Answerer
    from taplens.clock import Clock
    from taplens.mirror import Keeper


def answerers(keeper: Callable[[], Awaitable[Keeper]], clock: Clock) -> dict[str, Answerer]:
    """Those that answer from the mirror which `keeper` opens; nothing is opened yet."""
    return {"taplens-direct": Direct(keeper, clock)}
