"""How much an answer used: what the provider says, else an estimate that is marked as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

import orjson

from taplens.gateway.ledger import BILLION, Amounts
from taplens.llm import tokens

if TYPE_CHECKING:
    from taplens.llm.entries import Price

_TEXTS = ("content", "reasoning_content")
_OFFERED = ("tools", "response_format")
# Of any picture: what one of 896 x 896 pixels has where 28 x 28 make a token, as in Qwen's models.
IMAGE_TOKENS = 1024
_MOST_TOKENS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer; `estimated`: the provider did not say."""

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False

    @property
    def tokens(self) -> int:
        """Both kinds."""
        return self.prompt_tokens + self.completion_tokens

    def amounts(self, price: Price) -> Amounts:
        """What is booked for one request."""
        cost = price.cost(self.prompt_tokens, self.completion_tokens) or 0.0
        return Amounts(1, self.prompt_tokens, self.completion_tokens, round(cost * BILLION))


def told(usage: Any) -> Usage | None:
    """What the provider's `usage` object says; None where it says nothing usable."""
    if not isinstance(usage, Mapping):
        return None
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not _is_count(prompt) or not _is_count(completion):
        return None
    return Usage(max(0, prompt), max(0, completion))


def _is_count(value: Any) -> TypeGuard[int]:
    """A number that one answer can have used: any larger one would spoil the ledger's sums."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and value <= _MOST_TOKENS


def size_of(answer: Mapping[str, Any]) -> int:
    """The size (see tokens.size) of all that a whole answer says."""
    return sum(said(choice.get("message") or {}) for choice in answer["choices"])


def said(message: Mapping[str, Any]) -> int:
    """The size of what a checked message or delta says: its texts, thoughts and tool calls."""
    total = 0
    for name in _TEXTS:
        text = message.get(name)
        if text and isinstance(text, str):  # some servers send lists of parts
            total += tokens.size(text)
    for call in message.get("tool_calls") or ():
        text = (call.get("function") or {}).get("arguments")
        if text:
            total += tokens.size(text)
    return total


def estimate(request: Mapping[str, Any], size: int = 0) -> Usage:
    """About how much an answer to `request` used that says texts of `size` together."""
    return Usage(prompt_tokens(request), tokens.of_size(size), estimated=True)


def prompt_tokens(request: Mapping[str, Any]) -> int:
    """About how many tokens all of a checked `request` has: what is said, shown and offered."""
    messages = request["messages"]
    offered = sum(
        tokens.size(orjson.dumps(request[name]).decode()) for name in _OFFERED if request.get(name)
    )
    images = sum(map(_images, messages))
    return tokens.count(messages).tokens + tokens.of_size(offered) + images * IMAGE_TOKENS


def _images(message: Mapping[str, Any]) -> int:
    parts = message.get("content")
    return sum(part["type"] == "image_url" for part in parts) if isinstance(parts, list) else 0
