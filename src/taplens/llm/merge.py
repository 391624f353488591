"""Deltas into a whole answer: the chunks of one stream merged into what it would have been."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# The fields of a delta whose pieces are joined; of any other field the last value counts.
_JOINED = frozenset({"content", "reasoning_content", "reasoning", "refusal"})
_OF_CHUNK = frozenset({"choices", "usage", "object"})
_OF_CHOICE = frozenset({"index", "delta", "message", "finish_reason", "logprobs"})


@dataclass(slots=True)
class _Call:
    """One tool call as far as its pieces have come."""

    fields: dict[str, Any] = field(default_factory=dict)
    function: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    arguments: list[str] = field(default_factory=list)

    def add(self, piece: Mapping[str, Any]) -> None:
        for name, value in piece.items():
            if name not in ("index", "function") and value:
                self.fields.setdefault(name, value)
        function = piece.get("function") or {}
        for name, value in function.items():
            if name not in ("name", "arguments") and value is not None:
                self.function[name] = value
        given = function.get("name") or ""
        if given != self.name:  # some servers repeat the whole name in every piece
            self.name += given
        if arguments := function.get("arguments"):
            self.arguments.append(arguments)

    def whole(self) -> dict[str, Any]:
        function = {"name": self.name, "arguments": "".join(self.arguments)} | self.function
        return {"id": "", "type": "function"} | self.fields | {"function": function}


@dataclass(slots=True)
class _Choice:
    """One choice as far as its deltas have come."""

    finish_reason: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    message: dict[str, Any] = field(default_factory=dict)
    pieces: dict[str, list[str]] = field(default_factory=dict)
    calls: dict[int, _Call] = field(default_factory=dict)
    logprobs: dict[str, Any] | None = None

    def add(self, choice: Mapping[str, Any]) -> None:
        for name, value in (choice.get("delta") or {}).items():
            if value is not None:
                self._add_field(name, value)
        for name, value in choice.items():
            if name not in _OF_CHOICE and value is not None:
                self.fields[name] = value
        self.finish_reason = choice.get("finish_reason") or self.finish_reason
        if logprobs := choice.get("logprobs"):
            self._add_logprobs(logprobs)

    def _add_field(self, name: str, value: Any) -> None:
        if name in _JOINED and isinstance(value, str):
            self.pieces.setdefault(name, []).append(value)
        elif name == "tool_calls":
            for piece in value:
                self.calls.setdefault(self._index_of(piece), _Call()).add(piece)
        else:
            self.message[name] = value

    def _index_of(self, piece: Mapping[str, Any]) -> int:
        """A piece without an index opens a call if it has an id, else it goes on with the last."""
        index = piece.get("index")
        if isinstance(index, int):
            return index
        last = max(self.calls, default=-1)
        return last + 1 if piece.get("id") else max(last, 0)

    def _add_logprobs(self, logprobs: Mapping[str, Any]) -> None:
        self.logprobs = self.logprobs or {}
        for name, value in logprobs.items():
            earlier = self.logprobs.get(name)
            both_lists = isinstance(value, list) and isinstance(earlier, list)
            self.logprobs[name] = earlier + value if both_lists else value

    def whole(self, index: int) -> dict[str, Any]:
        message = {"role": "assistant", "content": None} | self.message
        message |= {name: "".join(pieces) for name, pieces in self.pieces.items()}
        if self.calls:
            message["tool_calls"] = [call.whole() for _, call in sorted(self.calls.items())]
        answer = {"index": index, "message": message, "finish_reason": self.finish_reason}
        if self.logprobs is not None:
            answer["logprobs"] = self.logprobs
        return answer | self.fields


class Ending:
    """Whether a stream came to its end. `choices` is how many were asked for (`n`)."""

    def __init__(self, choices: int = 1) -> None:
        self._expected = choices
        self._finished: dict[int, bool] = {}
        self._ended = False

    def see(self, chunk: Mapping[str, Any]) -> None:
        """Takes one chunk."""
        for choice in chunk.get("choices") or ():
            index = choice.get("index") or 0
            finished = self._finished.get(index) or choice.get("finish_reason") is not None
            self._finished[index] = bool(finished)

    def end(self) -> None:
        """Notes that the stream said `[DONE]`."""
        self._ended = True

    @property
    def complete(self) -> bool:
        """Whether it said `[DONE]`, or every choice has its finish_reason."""
        reasons = self._finished.values()
        return self._ended or (len(reasons) >= self._expected and all(reasons))


class Merger:
    """Merges the chunks of one stream. `choices` is how many choices were asked for (`n`).

    A choice without any text has `content` null; of `reasoning_content` and the like, an empty
    string that was sent is kept and a missing field stays missing: models tell them apart.
    """

    def __init__(self, choices: int = 1) -> None:
        self._ending = Ending(choices)
        self._fields: dict[str, Any] = {}
        self._choices: dict[int, _Choice] = {}
        self._usage: dict[str, Any] | None = None

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Takes one chunk, in the order of the stream."""
        for name, value in chunk.items():
            if name not in _OF_CHUNK and value is not None:
                self._fields.setdefault(name, value)
        self._ending.see(chunk)
        self._usage = chunk.get("usage") or self._usage
        for choice in chunk.get("choices") or ():
            self._choices.setdefault(choice.get("index") or 0, _Choice()).add(choice)

    def end(self) -> None:
        """Notes that the stream said `[DONE]`."""
        self._ending.end()

    @property
    def complete(self) -> bool:
        """Whether the stream came to its end: `[DONE]`, or a finish_reason in every choice."""
        return self._ending.complete

    def answer(self) -> dict[str, Any]:
        """The whole answer as a non-streamed one has it; `usage` only if the stream told it."""
        choices = [choice.whole(index) for index, choice in sorted(self._choices.items())]
        answer = self._fields | {"object": "chat.completion", "choices": choices}
        return answer if self._usage is None else answer | {"usage": self._usage}
