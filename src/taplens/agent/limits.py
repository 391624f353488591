"""What one answer may take of its model: rounds, tokens, time and money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taplens.llm.tokens import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taplens.config import Settings
    from taplens.llm.entries import Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds: `steps` are rounds of tool calls, `seconds` of the whole, `cost` in the price's
    currency (0: any). `calls` is how many of one round's calls are carried out.
    """

    steps: int = 8
    tokens: int = 100_000
    seconds: float = 180
    cost: float = 0.0
    calls: int = 8

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Those that the operator has set."""
        return cls(
            steps=settings.agent_steps,
            tokens=settings.agent_tokens,
            seconds=settings.agent_seconds,
            cost=settings.agent_cents / 100,
        )


@dataclass(slots=True)
class Spent:
    """What an answer has taken so far."""

    steps: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0

    @property
    def tokens(self) -> int:
        """All tokens."""
        return self.prompt_tokens + self.completion_tokens

    def add(self, usage: Any, asked: Sequence[Mapping[str, Any]], said: str, price: Price) -> None:
        """One round: as the provider tells it in `usage`, else estimated from the texts."""
        told = usage if isinstance(usage, dict) else {}
        prompt = _whole(told.get("prompt_tokens"), lambda: count(asked).tokens)
        completion = _whole(told.get("completion_tokens"), lambda: count(said).tokens)
        self.prompt_tokens += prompt
        self.completion_tokens += completion
        self.cost += price.cost(prompt, completion) or 0.0

    def may_go_on(self, limits: Limits) -> bool:
        """Whether another round of tool calls is within the bounds.

        A fifth of the tokens is kept for the answer itself.
        """
        return (
            self.steps < limits.steps
            and self.tokens < limits.tokens * 4 // 5
            and (not limits.cost or self.cost < limits.cost)
        )

    def usage(self) -> dict[str, int]:
        """The protocol's `usage`."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.tokens,
        }


def _whole(told: Any, otherwise: Any) -> int:
    is_number = isinstance(told, int) and not isinstance(told, bool) and told >= 0
    return told if is_number else int(otherwise())
