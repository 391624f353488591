"""A chat request as the provider reads it: the documented fields and their ranges."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from taplens.sandbox.provider.refusals import bad_parameter

Row = dict[str, Any]

LIMITS = ("documented", "provider")
_ROLES = ("user", "assistant", "system", "developer", "tool")
_FORMATS = ("text", "json_object", "json_schema")
_MOST_MESSAGES = 10
_MOST_TOKENS = 16384
_MOST_STOPS = 4
_MOST_TOOLS = 128
_MOST_CHOICES = 128  # not documented: what is generated must be bounded
# The reference's own examples send the name "<string>", against its rule for names.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}|<string>")


@dataclass(frozen=True, slots=True)
class _Range:
    kind: str
    low: float | None = None
    high: float | None = None


_RANGES = {
    "max_tokens": _Range("integer", 1),
    "max_completion_tokens": _Range("integer", 1),
    "thinking_budget": _Range("integer", 128, 32768),
    "min_p": _Range("number", 0, 1),
    "temperature": _Range("number", 0, 2),
    "top_p": _Range("number", 0, 1),
    "top_k": _Range("number"),
    "frequency_penalty": _Range("number", -2, 2),
    "presence_penalty": _Range("number", -2, 2),
    "n": _Range("integer", 1, _MOST_CHOICES),
}
_TYPES: dict[str, tuple[type, ...]] = {"integer": (int,), "number": (int, float)}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A valid request over its JSON object `body`; null counts as left out."""

    body: Row

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field, `default` where it is left out or null."""
        value = self.body.get(name)
        return default if value is None else value

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.body["model"])

    @property
    def messages(self) -> list[Row]:
        """The conversation."""
        found: list[Row] = self.body["messages"]
        return found

    @property
    def streamed(self) -> bool:
        """Whether events are asked for. Left out means no, as the real service has it."""
        return bool(self.get("stream", False))

    @property
    def max_tokens(self) -> int | None:
        """The most tokens of one choice, reasoning included."""
        found: int | None = self.get("max_tokens", self.get("max_completion_tokens"))
        return found

    @property
    def stops(self) -> list[str]:
        """The sequences before which a text ends."""
        stop = self.get("stop", [])
        return [stop] if isinstance(stop, str) else list(stop)

    @property
    def wants_usage(self) -> bool:
        """Whether a stream's usage was asked for."""
        return self.get("stream_options", {}).get("include_usage") is True

    @property
    def question(self) -> str:
        """The text of the last message of the user."""
        asked = [one for one in self.messages if one["role"] == "user"]
        return text_of(asked[-1]) if asked else ""


def text_of(message: Row) -> str:
    """The text of a message whose content is a string, null or an array of parts."""
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return content or ""


def read_object(body: bytes) -> Row:
    """The JSON object of a body. Raises Refused (400, 20015)."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad_parameter("The request body is not valid JSON.") from None
    if not isinstance(found, dict):
        raise bad_parameter("The request body must be a JSON object.")
    return found


def check(body: Row, limits: str) -> ChatRequest:
    """The request in `body` once every documented field is found in order.

    `limits` "documented" holds the reference's caps on messages and max_tokens as well; the
    service itself leaves them to the model. Raises Refused (400, 20015).
    """
    _need(isinstance(body.get("model"), str), "model", "a string, and is required")
    _check_messages(body.get("messages"), limits)
    for name, allowed in _RANGES.items():
        _check_number(name, body.get(name), allowed)
    if limits == "documented":
        most = body.get("max_tokens") or 1
        _need(most <= _MOST_TOKENS, "max_tokens", f"an integer from 1 to {_MOST_TOKENS}")
    for name, checked in _CHECKS.items():
        if body.get(name) is not None:
            checked(name, body[name])
    return ChatRequest(body)


def _need(good: bool, field: str, allowed: str) -> None:
    if not good:
        raise bad_parameter(f"{field} must be {allowed}.")


def _check_number(field: str, value: Any, allowed: _Range) -> None:
    if value is None:
        return
    good = isinstance(value, _TYPES[allowed.kind]) and not isinstance(value, bool)
    good = good and (allowed.low is None or value >= allowed.low)
    good = good and (allowed.high is None or value <= allowed.high)
    bounds = [
        f"{word} {bound}"
        for word, bound in (("from", allowed.low), ("to", allowed.high))
        if bound is not None
    ]
    kind = "an integer" if allowed.kind == "integer" else "a number"
    _need(good, field, " ".join([kind, *bounds]))


def _check_messages(messages: Any, limits: str) -> None:
    most = _MOST_MESSAGES if limits == "documented" else None
    good = isinstance(messages, list) and len(messages) >= 1
    good = good and (most is None or len(messages) <= most)
    _need(good, "messages", f"an array of 1 to {most or 'many'} objects, and is required")
    for number, message in enumerate(messages):
        _check_message(f"messages.{number}", message)


def _check_message(field: str, message: Any) -> None:
    _need(isinstance(message, dict), field, "an object")
    _need(message.get("role") in _ROLES, f"{field}.role", f"one of {', '.join(_ROLES)}")
    content = message.get("content")
    parts = isinstance(content, list) and all(isinstance(part, dict) for part in content)
    left_out = content is None and message["role"] == "assistant"
    good = isinstance(content, str) or parts or left_out
    _need(good, f"{field}.content", "a string or an array of parts, and is required")
    if message["role"] == "tool":
        good = isinstance(message.get("tool_call_id"), str)
        _need(good, f"{field}.tool_call_id", "a string, and is required")


def _check_boolean(field: str, value: Any) -> None:
    _need(isinstance(value, bool), field, "a boolean")


def _check_object(field: str, value: Any) -> None:
    _need(isinstance(value, dict), field, "an object")


def _check_stop(field: str, value: Any) -> None:
    texts = [value] if isinstance(value, str) else value
    good = isinstance(texts, list) and len(texts) <= _MOST_STOPS
    good = good and all(isinstance(one, str) for one in texts)
    _need(good, field, f"a string or an array of at most {_MOST_STOPS} strings")


def _check_format(field: str, value: Any) -> None:
    _check_object(field, value)
    _need(value.get("type") in _FORMATS, f"{field}.type", f"one of {', '.join(_FORMATS)}")
    if value["type"] == "json_schema":
        holder = value.get("json_schema")
        good = isinstance(holder, dict) and isinstance(holder.get("schema"), dict)
        _need(good, f"{field}.json_schema.schema", "an object, and is required")


def _check_tools(field: str, value: Any) -> None:
    good = isinstance(value, list) and len(value) <= _MOST_TOOLS
    _need(good, field, f"an array of at most {_MOST_TOOLS} objects")
    for number, tool in enumerate(value):
        _check_tool(f"{field}.{number}", tool)


def _check_tool(field: str, tool: Any) -> None:
    _check_object(field, tool)
    _need(tool.get("type") == "function", f"{field}.type", "function")
    function = tool.get("function")
    _need(isinstance(function, dict), f"{field}.function", "an object, and is required")
    name = function.get("name")
    good = isinstance(name, str) and _NAME.fullmatch(name) is not None
    _need(good, f"{field}.function.name", "1 to 64 of A-Z, a-z, 0-9, _ and -, and is required")
    if function.get("parameters") is not None:
        _check_object(f"{field}.function.parameters", function["parameters"])
    if function.get("strict") is not None:
        _check_boolean(f"{field}.function.strict", function["strict"])


_CHECKS: dict[str, Callable[[str, Any], None]] = {
    "stream": _check_boolean,
    "enable_thinking": _check_boolean,
    "stream_options": _check_object,
    "stop": _check_stop,
    "response_format": _check_format,
    "tools": _check_tools,
}
