"""What every answerer gives: pieces of a message, and beside the text what it rests on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Confidence = Literal["sure", "asked_back", "refused"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer: members of a chunk's `delta` (`content`, `reasoning_content`,
    `tool_calls`, `taplens`). The last piece of an answer, and no other, says why it ends.
    """

    delta: Mapping[str, Any]
    finish: str | None = None


class Answerer(Protocol):
    """Answers chats; one serves all requests of a process."""

    def answer(self, request: Mapping[str, Any]) -> AsyncIterator[Piece]:
        """One answer to `request`, a checked chat request, from its first piece to its last.

        `stop`, `max_tokens`, `n` and usage are seen to by who asks. Raises TapLensError.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What an answer rests on: the member `taplens` of the message.

    `reading` says how the question was understood, `where` is the filter (of the first tool),
    `tools` are the calls with their arguments and totals, `as_of` is ISO 8601, `item_ids` are the
    items that the text names.
    """

    reading: str
    confidence: Confidence
    where: str = ""
    tools: tuple[Mapping[str, Any], ...] = ()
    as_of: str | None = None
    item_ids: tuple[str, ...] = field(default=())

    def json_object(self) -> dict[str, Any]:
        """As it goes out."""
        return {
            "reading": self.reading,
            "where": self.where,
            "tools": [dict(call) for call in self.tools],
            "confidence": self.confidence,
            "as_of": self.as_of,
            "item_ids": list(self.item_ids),
        }
