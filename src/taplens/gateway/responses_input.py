"""The input of a Responses request as the messages of a chat: pure translation.

An assistant's turn is several items there (reasoning, a message, function calls) and one message
here. Item types are those of the `openai` library's `types/responses/response_input_item`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from taplens.errors import RequestFault

Object = dict[str, Any]

_ROLES = {"user": "user", "system": "system", "developer": "system", "assistant": "assistant"}
_TEXTS = {"input_text": "text", "output_text": "text", "text": "text", "refusal": "refusal"}


def fault(field: str, allowed: str) -> RequestFault:
    """The refusal of `field` (a dotted path), with what it may be."""
    return RequestFault("request_field", field=field, allowed=allowed)


def messages_of(given: Any) -> list[Object]:
    """The chat messages of `input`: a text, or a list of input items.

    Raises RequestFault naming the item's place (`input.2.role`) and what it may be.
    """
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    if not isinstance(given, list):
        raise fault("input", "string, array")
    return _Conversation().read(given)


class _Conversation:
    """The messages so far, and the assistant's turn that is being put together."""

    def __init__(self) -> None:
        self._messages: list[Object] = []
        self._turn: Object = {}

    def read(self, items: list[Any]) -> list[Object]:
        for number, item in enumerate(items):
            place = f"input.{number}"
            kind = item.get("type", "message") if isinstance(item, dict) else None
            reader = _READERS.get(kind) if isinstance(kind, str) else None
            if reader is None:
                raise fault(f"{place}.type", ", ".join(_READERS))
            reader(self, item, place)
        self._end_turn()
        return self._messages

    def message(self, item: Object, place: str) -> None:
        role = item.get("role")
        if not isinstance(role, str) or role not in _ROLES:
            raise fault(f"{place}.role", ", ".join(_ROLES))
        content = content_parts(item.get("content"), f"{place}.content")
        if role == "assistant":
            self._begin_turn(unless="reasoning_content")
            self._turn["content"] = content
        else:
            self._end_turn()
            self._messages.append({"role": _ROLES[role], "content": content})

    def reasoning(self, item: Object, place: str) -> None:
        self._begin_turn()
        parts = item.get("content") or []
        text = content_parts(parts, f"{place}.content", {"reasoning_text": "text"})
        whole = text if isinstance(text, str) else "".join(part["text"] for part in text)
        if whole:
            self._turn["reasoning_content"] = whole

    def function_call(self, item: Object, place: str) -> None:
        function = {n: text_of(item.get(n), f"{place}.{n}") for n in ("name", "arguments")}
        call_id = text_of(item.get("call_id"), f"{place}.call_id")
        calls = self._turn.setdefault("tool_calls", [])
        calls.append({"id": call_id, "type": "function", "function": function})

    def function_call_output(self, item: Object, place: str) -> None:
        self._end_turn()
        answer = content_parts(item.get("output"), f"{place}.output")
        call_id = text_of(item.get("call_id"), f"{place}.call_id")
        self._messages.append({"role": "tool", "tool_call_id": call_id, "content": answer})

    def _begin_turn(self, unless: str = "") -> None:
        """End the turn that is there, but for one that so far holds only `unless`."""
        if set(self._turn) - {unless}:
            self._end_turn()

    def _end_turn(self) -> None:
        if set(self._turn) - {"reasoning_content"}:  # reasoning alone said nothing
            self._messages.append({"role": "assistant", "content": None, **self._turn})
        self._turn = {}


_READERS: dict[str, Callable[[_Conversation, Object, str], None]] = {
    "message": _Conversation.message,
    "function_call": _Conversation.function_call,
    "function_call_output": _Conversation.function_call_output,
    "reasoning": _Conversation.reasoning,
}


def text_of(value: Any, place: str) -> str:
    """The text at `place`. Raises RequestFault for anything else."""
    if not isinstance(value, str):
        raise fault(place, "string")
    return value


def content_parts(value: Any, place: str, texts: dict[str, str] = _TEXTS) -> str | list[Object]:
    """The content at `place`: text where it is one text, else the parts of a chat message.

    `texts` names the part types that are texts, and the field that holds each one's.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise fault(place, "string, array")
    parts = [_part(part, f"{place}.{number}", texts) for number, part in enumerate(value)]
    if len(parts) == 1 and parts[0]["type"] == "text":
        return str(parts[0]["text"])
    return parts


def _part(part: Any, place: str, texts: dict[str, str]) -> Object:
    kind = part.get("type") if isinstance(part, dict) else None
    if isinstance(kind, str) and kind in texts:
        return {"type": "text", "text": text_of(part.get(texts[kind]), f"{place}.{texts[kind]}")}
    if kind == "input_image" and texts is _TEXTS:
        image = {"url": text_of(part.get("image_url"), f"{place}.image_url")}
        detail = {"detail": part["detail"]} if part.get("detail") else {}
        return {"type": "image_url", "image_url": image | detail}
    raise fault(f"{place}.type", ", ".join((*texts, "input_image")))
