"""Chat-completion chunks as the events of the Responses protocol: a pure translation.

The shapes are those of the `openai` library's `types/responses`. A whole answer is translated as
the one chunk that holds it all, so that streamed and not are the same by construction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from taplens import messages

Event = dict[str, Any]

_DETAILS = {"length": "max_output_tokens", "content_filter": "content_filter"}
RATE_LIMITED = "rate_limit_exceeded"
SERVER_ERROR = "server_error"


@dataclass(frozen=True, slots=True)
class _Kind:
    """A text of a chunk's delta: its `fields` there, and in which item, part and events it goes."""

    fields: tuple[str, ...]
    item: str
    part: str
    text: str
    events: str


# In the order in which models produce them. Some servers name the reasoning `reasoning`.
_KINDS = (
    _Kind(
        ("reasoning_content", "reasoning"),
        "reasoning", "reasoning_text", "text", "response.reasoning_text",
    ),
    _Kind(("content",), "message", "output_text", "text", "response.output_text"),
    _Kind(("refusal",), "message", "refusal", "refusal", "response.refusal"),
)  # fmt: skip
# What an item of each type has of its own.
_OWN: dict[str, dict[str, Any]] = {"reasoning": {"summary": []}, "message": {"role": "assistant"}}
_PREFIXES = {"reasoning": "rs", "message": "msg", "function_call": "fc"}


@dataclass(slots=True)
class _Item:
    """An item of the output while it is filled; `kind` is None for a function call."""

    id: str
    index: int
    kind: _Kind | None = None
    call_id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    status: str = "in_progress"

    @property
    def place(self) -> dict[str, Any]:
        """What every event of this item's text carries."""
        place: dict[str, Any] = {"item_id": self.id, "output_index": self.index}
        return place | ({"content_index": 0} if self.kind else {})

    def part(self, text: str) -> dict[str, Any]:
        """The one content part of a message or of reasoning."""
        assert self.kind is not None
        part: dict[str, Any] = {"type": self.kind.part, self.kind.text: text}
        if self.kind.part == "output_text":
            part |= {"annotations": [], "logprobs": []}
        return part

    def shown(self) -> dict[str, Any]:
        """The item as it stands."""
        text, head = "".join(self.pieces), {"id": self.id, "status": self.status}
        if self.kind is None:
            named = {"call_id": self.call_id, "name": self.name, "arguments": text}
            return {"type": "function_call", **head, **named}
        content = [self.part(text)] if self.pieces else []
        own: dict[str, Any] = (
            {"summary": []} if self.kind.item == "reasoning" else {"role": "assistant"}
        )
        return {"type": self.kind.item, **head, **own, "content": content}


class Translation:
    """One answer on its way: `begin`, `add` for each chunk, then `finish` or `fail`.

    `response` is the response before its first output (see `responses_request.response_of`).
    `locale` is the language of a failure's text.
    The Responses protocol has one answer a request: only the first choice is translated.
    """

    def __init__(self, response: Mapping[str, Any], locale: str = "en") -> None:
        self.locale = locale
        self._response = dict(response)
        self._items: list[_Item] = []
        self._open: _Item | None = None
        self._calls: dict[int, _Item] = {}
        self._finish_reason: str | None = None
        self._number = 0

    @property
    def response(self) -> dict[str, Any]:
        """The response as it stands."""
        return self._response | {"output": [item.shown() for item in self._items]}

    def begin(self) -> list[Event]:
        """The events before the first chunk."""
        return [
            self._event("response.created", response=self.response),
            self._event("response.in_progress", response=self.response),
        ]

    def add(self, chunk: Mapping[str, Any]) -> list[Event]:
        """The events that a chunk brings."""
        if _object(chunk.get("usage")):
            self._response["usage"] = usage(chunk["usage"])
        if isinstance(chunk.get("model"), str):
            self._response["model"] = chunk["model"]
        events: list[Event] = []
        for choice in _objects(chunk.get("choices")):
            if not choice.get("index"):
                events += self._delta(_object(choice.get("delta")))
                self._finish_reason = _text(choice.get("finish_reason")) or self._finish_reason
        return events

    def finish(self) -> list[Event]:
        """The events that end the answer; those of a failure where no choice came to its end."""
        if self._finish_reason is None:
            return self.fail(messages.text("error.response_cut", self.locale))
        reason = _DETAILS.get(self._finish_reason)
        status = "completed" if reason is None else "incomplete"
        events = [event for item in self._unfinished() for event in self._close(item, status)]
        self._response["status"] = status
        if reason is not None:
            self._response["incomplete_details"] = {"reason": reason}
        return [*events, self._event(f"response.{status}", response=self.response)]

    def fail(self, message: str, code: str = SERVER_ERROR) -> list[Event]:
        """The events of an answer that broke: the failed response, then the error.

        The last one is the protocol's `error` event; it also carries `error`, by which the
        library raises an exception even where only the text is listened to.
        """
        for item in self._unfinished():
            item.status = "incomplete"
        error = {"code": code, "message": message}
        self._response |= {"status": "failed", "error": error}
        failed = self._event("response.failed", response=self.response)
        return [failed, self._event("error", **error, param=None, error=error)]

    def _unfinished(self) -> list[_Item]:
        return [item for item in self._items if item.status == "in_progress"]

    def _event(self, kind: str, **content: Any) -> Event:
        event = {"type": kind, "sequence_number": self._number, **content}
        self._number += 1
        return event

    def _delta(self, delta: Mapping[str, Any]) -> Iterator[Event]:
        for kind in _KINDS:
            text = next(filter(None, (_text(delta.get(name)) for name in kind.fields)), "")
            if text:
                yield from self._text(kind, text)
        for call in _objects(delta.get("tool_calls")):
            yield from self._call(call)

    def _text(self, kind: _Kind, text: str) -> Iterator[Event]:
        item = self._open
        if item is None or item.kind is not kind:
            yield from self._close_open()
            item = self._open = self._new(kind.item, kind=kind)
            yield self._event("response.output_item.added", **self._at(item))
            yield self._event("response.content_part.added", **item.place, part=item.part(""))
        item.pieces.append(text)
        yield self._event(f"{kind.events}.delta", **item.place, delta=text, **_logprobs(kind))

    def _call(self, call: Mapping[str, Any]) -> Iterator[Event]:
        function, index = _object(call.get("function")), self._index_of(call)
        item = self._calls.get(index)
        if item is None:
            yield from self._close_open()
            item = self._calls[index] = self._new("function_call")
            item.name = _text(function.get("name"))
            item.call_id = _text(call.get("id")) or f"call_{item.id}"
            yield self._event("response.output_item.added", **self._at(item))
        item.name = item.name or _text(function.get("name"))
        arguments = function.get("arguments")
        if isinstance(arguments, dict):  # some servers leave out the step to text
            arguments = json.dumps(arguments, ensure_ascii=False)
        if text := _text(arguments):
            item.pieces.append(text)
            kind = "response.function_call_arguments.delta"
            yield self._event(kind, **item.place, delta=text)

    def _index_of(self, call: Mapping[str, Any]) -> int:
        """Which call a piece belongs to; without an index, one with an id begins the next."""
        if isinstance(call.get("index"), int):
            return int(call["index"])
        last = max(self._calls, default=-1)
        return last + 1 if call.get("id") else max(last, 0)

    def _new(self, kind_of_item: str, **content: Any) -> _Item:
        index = len(self._items)
        own = self._response["id"].partition("_")[2]
        item = _Item(id=f"{_PREFIXES[kind_of_item]}_{own}_{index}", index=index, **content)
        self._items.append(item)
        return item

    def _at(self, item: _Item) -> dict[str, Any]:
        return {"output_index": item.index, "item": item.shown()}

    def _close_open(self) -> Iterator[Event]:
        # Calls stay open: the pieces of several may come in turns.
        if self._open is not None:
            yield from self._close(self._open, "completed")
            self._open = None

    def _close(self, item: _Item, status: str) -> Iterator[Event]:
        item.status = status
        text, kind = "".join(item.pieces), item.kind
        if kind is None:
            done = "response.function_call_arguments.done"
            yield self._event(done, **item.place, arguments=text)
        else:
            told = {kind.text: text} | _logprobs(kind)
            yield self._event(f"{kind.events}.done", **item.place, **told)
            yield self._event("response.content_part.done", **item.place, part=item.part(text))
        yield self._event("response.output_item.done", **self._at(item))


def _logprobs(kind: _Kind) -> dict[str, Any]:
    return {"logprobs": []} if kind.part == "output_text" else {}


def _object(value: Any) -> dict[str, Any]:
    """`value` where it is an object: providers send null, and worse, in its place."""
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def answered(answer: Mapping[str, Any], response: Mapping[str, Any]) -> dict[str, Any]:
    """`response` with the whole chat-completion `answer` as its output."""
    translation = Translation(response)
    translation.add(_as_chunk(answer))
    translation.finish()
    return translation.response


def _as_chunk(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The chunk whose deltas are the whole messages."""
    choices = []
    for choice in _objects(answer.get("choices")):
        message = _object(choice.get("message"))
        calls = [{**call, "index": n} for n, call in enumerate(_objects(message.get("tool_calls")))]
        choices.append({**choice, "delta": {**message, "tool_calls": calls}})
    return {**answer, "choices": choices}


def usage(counted: Mapping[str, Any]) -> dict[str, Any]:
    """The usage of a chat completion by the names of the Responses protocol (tokens)."""
    given = _object(counted.get("prompt_tokens_details"))
    taken = _object(counted.get("completion_tokens_details"))
    read, written = _count(counted.get("prompt_tokens")), _count(counted.get("completion_tokens"))
    cached = {"cached_tokens": _count(given.get("cached_tokens")), "cache_write_tokens": 0}
    return {
        "input_tokens": read,
        "input_tokens_details": cached,
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": _count(taken.get("reasoning_tokens"))},
        "total_tokens": _count(counted.get("total_tokens")) or read + written,
    }
