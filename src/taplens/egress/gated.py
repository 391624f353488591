"""A client whose requests pass the gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taplens.egress.gate import Gate
    from taplens.llm.client import Client
    from taplens.llm.entries import Model, Upstream


class GatedClient:
    """Asks as `client` does, what `gate` lets out of it.

    Answers come as the provider gave them, stand-ins included: in JSON they can only be restored
    once it is read (`Gate.restored_value`).
    """

    def __init__(self, client: Client, gate: Gate) -> None:
        self._client = client
        self._gate = gate

    def chosen(self, name: str) -> tuple[Model, Upstream]:
        """As llm.Client.chosen."""
        return self._client.chosen(name)

    async def complete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """As llm.Client.complete; raises MirrorError as well, where it can't be written down."""
        sent = await self._gate.outgoing(request, str(request.get("model", "")))
        return await self._client.complete(sent)
