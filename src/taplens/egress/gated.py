"""A client whose requests pass the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taplens.egress.gate import Gate
    from taplens.llm.client import Client
    from taplens.llm.entries import Model, Price, Upstream


@dataclass(slots=True)
class Spent:
    """What the answers so far have taken: tokens, and the cost in the price's currency (None: the
    price isn't known).
    """

    tokens: int = 0
    cost: float | None = 0.0
    currency: str = ""

    def text(self) -> str:
        """The same as people read it."""
        if not self.tokens:
            return ""
        money = "" if self.cost is None else f", {self.cost:.2f} {self.currency}".rstrip()
        return f"{self.tokens:,} tokens{money}"

    def add(self, usage: Any, price: Price) -> None:
        """Take the usage that an answer tells; what isn't told counts nothing."""
        told = usage if isinstance(usage, Mapping) else {}
        prompt, completion = (
            value if isinstance(value := told.get(name), int) else 0
            for name in ("prompt_tokens", "completion_tokens")
        )
        self.tokens += prompt + completion
        cost = price.cost(prompt, completion)
        self.cost = None if cost is None or self.cost is None else self.cost + cost
        self.currency = price.currency


class GatedClient:
    """Asks as `client` does, what `gate` lets out of it.

    Answers come as the provider gave them, stand-ins included: in JSON they can only be restored
    once it is read (`Gate.restored_value`).
    """

    def __init__(self, client: Client, gate: Gate) -> None:
        self._client = client
        self._gate = gate
        self.spent = Spent()

    def chosen(self, name: str) -> tuple[Model, Upstream]:
        """As llm.Client.chosen."""
        return self._client.chosen(name)

    async def complete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """As llm.Client.complete; raises MirrorError as well, where it can't be written down."""
        name = str(request.get("model", ""))
        sent = await self._gate.outgoing(request, name)
        answer = await self._client.complete(sent)
        model, upstream = self._client.chosen(name)
        self.spent.add(answer.get("usage"), model.price_of(upstream))
        return answer
