"""llama.cpp's chunks as the protocol's: the model's name, one usage for all choices."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


class Chunks:
    """Turns the chunks of one answer, in their order.

    `model` is the name they carry; `choices` is how many were asked for (`n`).
    """

    def __init__(self, model: str, choices: int) -> None:
        self._model = model
        self._choices = choices
        self._head: Row = {}
        self._finished: set[int] = set()
        self._prompt_tokens = 0
        self._completion_tokens = 0

    @property
    def complete(self) -> bool:
        """Whether every choice came to its end."""
        return len(self._finished) >= self._choices

    def take(self, chunk: Row) -> Row | None:
        """The chunk to pass on; None where it only tells a choice's usage."""
        if usage := chunk.get("usage"):
            self._prompt_tokens = usage["prompt_tokens"]
            self._completion_tokens += usage["completion_tokens"]
        self._head = {"id": chunk["id"], "object": chunk["object"], "created": chunk["created"],
                      "model": self._model}  # fmt: skip
        choices = chunk.get("choices") or []
        self._finished |= {one["index"] for one in choices if one.get("finish_reason")}
        return self._head | {"choices": choices} if choices else None

    def usage(self) -> Row:
        """The last chunk: the usage of all choices together; llama.cpp tells each by itself."""
        told = {
            "prompt_tokens": self._prompt_tokens,
            "completion_tokens": self._completion_tokens,
            "total_tokens": self._prompt_tokens + self._completion_tokens,
        }
        return self._head | {"choices": [], "usage": told}
