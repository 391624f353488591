"""When a provider is given up: not every batch of a run shall find out that it isn't there."""

from __future__ import annotations

from dataclasses import dataclass, field

from taplens.errors import (
    ModelError,
    ModelKeyError,
    ModelOverloadedError,
    ModelRateLimitError,
    ModelUnreachableError,
)

# What the client has tried again already, so that the next batch will hardly fare better.
_AWAY = (ModelRateLimitError, ModelOverloadedError, ModelUnreachableError)


@dataclass(slots=True)
class Patience:
    """Hears how requests ended; `given_up` says why no more are to be sent (None: they are).

    A key that is refused ends it at once, `most` requests in a row without any answer end it too.
    A spoilt answer is an answer.
    """

    most: int
    given_up: ModelError | None = None
    _in_a_row: int = field(default=0, init=False)

    def hear(self, fault: ModelError | None) -> None:
        """A request ended, with a fault or with an answer."""
        self._in_a_row = self._in_a_row + 1 if isinstance(fault, _AWAY) else 0
        if isinstance(fault, ModelKeyError) or self._in_a_row >= self.most:
            self.given_up = fault
