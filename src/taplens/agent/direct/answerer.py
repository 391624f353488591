"""The model `taplens-direct`: a chat answered from the mirror, without a model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from taplens.agent.answer import Piece

if TYPE_CHECKING:
    from taplens.clock import Clock
    from taplens.mirror import Keeper


class Direct:
    """See answer.Answerer. `keeper` opens the mirror at the first question."""

    def __init__(self, keeper: Callable[[], Awaitable[Keeper]], clock: Clock) -> None:
        self._keeper = keeper
        self._clock = clock

    async def answer(self, request: Mapping[str, Any]) -> AsyncIterator[Piece]:
        """See answer.Answerer."""
        yield Piece({"content": "…"})
        yield Piece({"taplens": {}}, "stop")
