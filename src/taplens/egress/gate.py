"""The gate that every request of an answer passes on its way to a provider, and back."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from taplens.egress.fields import ids_of, names_of, withheld_from, without
from taplens.egress.log import EgressLog, Sent
from taplens.egress.pseudonyms import Pseudonyms, Restorer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from taplens.clock import Clock
    from taplens.config import Settings
    from taplens.llm.entries import Upstream

# Stand-ins are the same within a conversation while this process lives, and nobody can guess them.
_KEY = secrets.token_bytes(32)
_SAID = ("content", "reasoning_content")
_INSIDE = ("local",)  # kinds of providers that are a part of this process: nothing leaves


class Gate:
    """What may leave for one answer.

    `upstream_of` tells whom a model's name asks; `people` are the names that are known.
    """

    def __init__(
        self,
        settings: Settings,
        log: EgressLog,
        clock: Clock,
        upstream_of: Callable[[str], Upstream],
        *,
        people: Iterable[str] = (),
        conversation: str = "",
        principal: str = "local",
    ) -> None:
        self._settings = settings
        self._log = log
        self._clock = clock
        self._upstream_of = upstream_of
        self._principal = principal
        self._answer = secrets.token_hex(6)
        key = hashlib.sha256(_KEY + principal.encode() + conversation.encode()).digest()
        self._pseudonyms = Pseudonyms(settings.egress_pseudonyms, people, key)
        self._fields: set[str] = set()
        self._ids: set[str] = set()

    def shown(self, content: Mapping[str, Any] | None, model: str) -> Mapping[str, Any] | None:
        """What the model may see of a result."""
        if content is None or not self._leaves(model):
            return content
        provider = self._upstream_of(model).provider.name
        withheld = withheld_from(provider, self._settings.egress_withheld)
        kept: Mapping[str, Any] = without(content, withheld)
        self._fields |= names_of(kept)
        self._ids |= ids_of(kept)
        return kept

    async def outgoing(self, body: Mapping[str, Any], model: str) -> dict[str, Any]:
        """The request as it leaves: with stand-ins, and written down. Raises MirrorError."""
        if not self._leaves(model):
            return dict(body)
        upstream = self._upstream_of(model)
        sent = dict(body) | {"messages": [self._hidden(one) for one in body["messages"]]}
        await self._log.note(
            Sent(
                at=self._clock.now(),
                answer=self._answer,
                principal=self._principal,
                provider=upstream.provider.name,
                model=upstream.model,
                fields=sorted(self._fields),
                item_ids=sorted(self._ids),
                size=len(orjson.dumps(sent)),
                stand_ins=self._pseudonyms.count,
            )
        )
        return sent

    def _hidden(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """A message with stand-ins in what it says; its form stays."""
        said = {name: message[name] for name in _SAID if message.get(name)}
        hidden: dict[str, Any] = self._pseudonyms.hidden(said)
        if calls := message.get("tool_calls"):
            hidden["tool_calls"] = [self._call_hidden(call) for call in calls]
        return {**message, **hidden}

    def _call_hidden(self, call: Mapping[str, Any]) -> dict[str, Any]:
        function = call.get("function") or {}
        arguments = self._pseudonyms.hidden(function.get("arguments") or "")
        return {**call, "function": {**function, "arguments": arguments}}

    def restored(self, text: str) -> str:
        """What came back, with what the stand-ins stand for."""
        return self._pseudonyms.restored(text)

    def restored_value(self, value: Any) -> Any:
        """The same for every text in a JSON value."""
        if isinstance(value, str):
            return self.restored(value)
        if isinstance(value, Mapping):
            return {name: self.restored_value(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.restored_value(part) for part in value]
        return value

    def restorer(self) -> Restorer:
        """The same for a text that comes piece by piece."""
        return self._pseudonyms.stream()

    def _leaves(self, model: str) -> bool:
        return self._upstream_of(model).provider.kind not in _INSIDE
