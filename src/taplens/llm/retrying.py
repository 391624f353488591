"""When a request to a provider is tried again, and after what pause."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from taplens.errors import (
    ModelError,
    ModelOverloadedError,
    ModelRateLimitError,
    ModelTimeoutError,
    ModelUnreachableError,
)

MAY_PASS = (ModelRateLimitError, ModelOverloadedError, ModelUnreachableError, ModelTimeoutError)
# Whoever has waited that long has waited enough.
_NEVER_RETRIED = frozenset({"model_silent", "model_too_slow", "model_budget_exhausted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often and for how long to try again (seconds), always before the first byte only.

    `retry_after` is the longest wait that a provider may ask for; beyond it the fault is raised.
    """

    attempts: int = 4
    first_pause: float = 0.5
    longest_pause: float = 20.0
    retry_after: float = 60.0


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pauses between attempts; `sleep` and `jitter` (seconds → seconds) make them."""

    retries: Retries
    sleep: Callable[[float], Awaitable[object]]
    jitter: Callable[[float], float]

    async def pause_or_raise(self, fault: ModelError, attempt: int) -> None:
        """Wait before the next attempt after `fault`; raises it where there is to be none."""
        retries = self.retries
        asked = fault.retry_after or 0.0
        hopeless = fault.code in _NEVER_RETRIED or asked > retries.retry_after
        if hopeless or attempt >= retries.attempts:
            raise fault
        ceiling = min(retries.first_pause * 2.0 ** (attempt - 1), retries.longest_pause)
        await self.sleep(max(asked, self.jitter(ceiling)))


def half_jitter(ceiling: float) -> float:
    """Between half of `ceiling` and all of it (seconds)."""
    return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards no secret
