"""The answer as the protocol writes it: one object, or the chunks of a stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from taplens.sandbox.provider.answers import Choice, split_tokens
from taplens.sandbox.provider.request import Row

_ARGUMENT_PIECE = 8  # characters of tool arguments in one chunk


@dataclass(slots=True)
class Completion:
    """A whole answer. `usage` None leaves it out; `null_tool_calls` writes the field as null."""

    id: str
    created: int
    model: str
    choices: list[Choice]
    usage: Row | None
    null_tool_calls: bool = False

    def whole(self) -> Row:
        """The `chat.completion` object."""
        choices = [
            {"index": index, "message": self._message(choice), "finish_reason": choice.finish}
            for index, choice in enumerate(self.choices)
        ]
        told = self._head("chat.completion") | {"choices": choices}
        return told if self.usage is None else told | {"usage": self.usage}

    def chunks(self, *, with_usage: bool) -> Iterator[Row]:
        """The `chat.completion.chunk` objects; the choices take turns."""
        for turn in zip_longest(*(self._deltas(choice) for choice in self.choices)):
            for index, made in enumerate(turn):
                if made is not None:
                    delta, finish = made
                    yield self._chunk(index, delta, finish)
        if with_usage and self.usage is not None:
            yield self._head("chat.completion.chunk") | {"choices": [], "usage": self.usage}

    def _head(self, kind: str) -> Row:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def _chunk(self, index: int, delta: Row, finish: str | None) -> Row:
        choice = {"index": index, "delta": delta, "finish_reason": finish}
        return self._head("chat.completion.chunk") | {"choices": [choice]}

    def _message(self, choice: Choice) -> Row:
        message: Row = {"role": "assistant", "content": choice.content}
        if choice.reasoning is not None:
            message["reasoning_content"] = choice.reasoning
        return message | self._calls(choice.tool_calls)

    def _calls(self, calls: list[Row]) -> Row:
        if calls:
            return {"tool_calls": calls}
        return {"tool_calls": None} if self.null_tool_calls else {}

    def _deltas(self, choice: Choice) -> Iterator[tuple[Row, str | None]]:
        null = self._calls([])
        empty = None if choice.content is None else ""
        yield {"role": "assistant", "content": empty} | null, None
        for piece in split_tokens(choice.reasoning or ""):
            yield {"reasoning_content": piece} | null, None
        for piece in split_tokens(choice.content or ""):
            yield {"content": piece} | null, None
        for number, call in enumerate(choice.tool_calls):
            for delta in _call_deltas(number, call):
                yield {"tool_calls": [delta]}, None
        yield {}, choice.finish


def _call_deltas(number: int, call: Row) -> Iterator[Row]:
    """A tool call in pieces: its id and name, then the text of its arguments bit by bit."""
    name, arguments = call["function"]["name"], call["function"]["arguments"]
    begun = {"name": name, "arguments": ""}
    yield {"index": number, "id": call["id"], "type": "function", "function": begun}
    for start in range(0, len(arguments), _ARGUMENT_PIECE):
        piece = arguments[start : start + _ARGUMENT_PIECE]
        yield {"index": number, "function": {"arguments": piece}}
