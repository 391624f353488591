"""The chat request: its documented fields, their ranges and defaults, checked once.

Source: SiliconFlow's "create chat completion" reference. Defaults are documentation: they stand
in the JSON Schema and are never filled in. Fields that aren't listed here pass unchecked.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

import orjson
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from taplens.errors import RequestFault
from taplens.llm.json_text import has_half_character
from taplens.llm.members import repeated

DEFAULT_MODEL = "Qwen/QwQ-32B"
_QUESTION = "What opportunities and challenges will the Chinese large model industry face in 2025?"
_MOST_STOPS = 4
_MOST_TOOLS = 128
_MODEL_CHARACTERS = 256
# The reference's own examples call their function "<string>", and are answered: what a provider
# makes of that name is left to it.
_NAME = r"^([A-Za-z0-9_-]{1,64}|<string>)$"


class Limits(NamedTuple):
    """What a model's requests may ask at most; None: left to the model's provider."""

    messages: int | None = None
    max_tokens: int | None = None


LIMITS = {"documented": Limits(messages=10, max_tokens=16384), "provider": Limits()}


def _field(
    allowed: str, about: str, default: Any = ..., *, required: bool = False, **constraints: Any
) -> Any:
    """A field: what is allowed (for faults), what it is for, its documented default."""
    extra = {"x-allowed": allowed} | ({} if default is ... else {"default": default})
    value = ... if required else None
    return Field(value, description=about, json_schema_extra=extra, **constraints)


def _content(value: Any, _inner: Any) -> Any:
    """A text or a list of parts; null passes here, the message says whether it may."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(
        isinstance(part, dict) and isinstance(part.get("type"), str) for part in value
    ):
        return value
    raise PydanticCustomError("content", "text or a list of parts")


def _stop(value: Any, _inner: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    is_list = isinstance(value, list) and all(isinstance(text, str) for text in value)
    if is_list and len(value) <= _MOST_STOPS:
        return value
    raise PydanticCustomError("stop", "a text or at most four")


_PARTS = {"type": "array", "items": {"type": "object", "required": ["type"]}}
_STOPS = {"type": "array", "items": {"type": "string"}, "maxItems": _MOST_STOPS}
_Content = Annotated[
    Any,
    WrapValidator(_content),
    WithJsonSchema({"anyOf": [{"type": "string"}, _PARTS]}),
]
_Stop = Annotated[
    Any,
    WrapValidator(_stop),
    WithJsonSchema({"anyOf": [{"type": "string"}, _STOPS, {"type": "null"}]}),
]


class _Documented(BaseModel):
    """Types are taken strictly, unknown fields are kept."""

    model_config = ConfigDict(extra="allow", strict=True)


class Message(_Documented):
    """One message of the conversation."""

    # As documented; beside an assistant's tool_calls it may be null or missing.
    model_config = ConfigDict(json_schema_extra={"required": ["role", "content"]})

    role: Literal["user", "assistant", "system", "tool"] = _field(
        "user | assistant | system | tool", "Who speaks.", "user", required=True
    )
    content: _Content = _field(
        "string, or an array of parts; null only beside an assistant's tool_calls",
        "What is said.",
        _QUESTION,
    )

    @model_validator(mode="after")
    def _has_content(self) -> Self:
        calls = self.role == "assistant" and (self.model_extra or {}).get("tool_calls")
        if self.content is None and not calls:
            raise PydanticCustomError("content", "content is missing")
        return self


class Function(_Documented):
    """A function that the model may call."""

    name: str = _field(
        "string, 1 to 64 of A-Z a-z 0-9 _ -", "The function's name.", required=True, pattern=_NAME
    )
    description: str | None = _field("string", "What the function does and when to call it.")
    parameters: dict[str, Any] | None = _field(
        "object: a JSON Schema", "The parameters as JSON Schema; omitted: none."
    )
    strict: bool | None = _field(
        "boolean or null", "Whether calls follow the schema exactly; takes a part of it.", False
    )


class Tool(_Documented):
    """A tool: only functions are supported."""

    type: Literal["function"] = _field("function", "The kind of tool.", required=True)
    function: Function = _field("object with `name`", "The function.", required=True)


class ResponseFormat(_Documented):
    """The format that the answer must have."""

    type: Literal["text", "json_object", "json_schema"] | None = _field(
        "text | json_object | json_schema", "The format.", "text"
    )


class ChatRequest(_Documented):
    """The body of POST /v1/chat/completions."""

    model: str = _field(
        f"string, at most {_MODEL_CHARACTERS} characters: the name of a model",
        "The model's name.",
        DEFAULT_MODEL,
        required=True,
        max_length=_MODEL_CHARACTERS,
    )
    messages: list[Message] = _field(
        "object[], at least 1 element", "The conversation so far.", required=True, min_length=1
    )
    stream: bool | None = _field(
        "boolean", "Whether the answer comes as events, ended by `data: [DONE]`.", True
    )
    max_tokens: int | None = _field("integer, x >= 1", "The most tokens to generate.", 512, ge=1)
    enable_thinking: bool | None = _field(
        "boolean", "Whether the model thinks first; only Qwen3 models.", True
    )
    thinking_budget: int | None = _field(
        "integer, 128 <= x <= 32768", "The most tokens of thinking.", 4096, ge=128, le=32768
    )
    min_p: float | None = _field(
        "number, 0 <= x <= 1", "Drops unlikely tokens; only Qwen3 models.", 0.05, ge=0, le=1
    )
    stop: _Stop = _field(
        "string, at most 4 strings, or null", "Texts that end the answer; never part of it.", None
    )
    temperature: float | None = _field(
        "number, 0 <= x <= 2", "The degree of randomness.", 0.7, ge=0, le=2
    )
    top_p: float | None = _field(
        "number, 0 <= x <= 1", "The share of probability that tokens come from.", 0.7, ge=0, le=1
    )
    top_k: float | None = _field("number", "How many tokens to choose from.", 50)
    frequency_penalty: float | None = _field(
        "number, -2 <= x <= 2", "Makes repetition less likely.", 0.5, ge=-2, le=2
    )
    n: int | None = _field("integer, x >= 1", "How many answers to generate.", 1, ge=1)
    response_format: ResponseFormat | None = _field(
        "object with `type`", "The format of the answer."
    )
    tools: list[Tool] | None = _field(
        f"object[], at most {_MOST_TOOLS} elements",
        "The functions that the model may call.",
        max_length=_MOST_TOOLS,
    )

    _raw: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def raw(self) -> dict[str, Any]:
        """The client's object exactly as it was parsed: nothing added, nothing left out."""
        return self._raw

    def check(self, limits: Limits) -> None:
        """Holds the request against a model's limits. Raises RequestFault naming the field."""
        if limits.messages is not None and len(self.messages) > limits.messages:
            raise _fault("messages", f"object[], 1 to {limits.messages} elements")
        most = limits.max_tokens
        if most is not None and self.max_tokens is not None and self.max_tokens > most:
            raise _fault("max_tokens", f"integer, 1 <= x <= {most}")


_JUDGED = re.compile(rb'"(' + "|".join(ChatRequest.model_fields).encode() + rb')"\s*+:')
_ESCAPED_LETTER = re.compile(rb"\\u00[4-7]")  # of A-Z, a-z and _

_NESTED: dict[str, type[BaseModel]] = {
    "": ChatRequest,
    "messages": Message,
    "response_format": ResponseFormat,
    "tools": Tool,
    "tools.function": Function,
}


def parse(body: bytes, limits: str | Limits = "provider") -> ChatRequest:
    """The request in `body`, checked.

    `limits` is "documented", "provider" (the number of messages and max_tokens are left to the
    model) or a model's own. Raises RequestFault with the field's path and what is allowed.
    """
    raw = read_object(body)
    _check_repetition(body, raw)
    return validate(raw, limits)


def _check_repetition(body: bytes, raw: Mapping[str, Any]) -> None:
    """Refuse what stands twice: we would judge the last one, and a provider may take the first.

    The exact look costs as much as all else; it is taken only where a documented field's name is
    seen twice anywhere, or a name may be hidden in escapes.
    """
    seen = _JUDGED.findall(body)
    if len(seen) == len(set(seen)) and not _ESCAPED_LETTER.search(body):
        return
    twice = repeated(body, len(raw))
    if twice is not None:
        raise _fault(twice, "once", "request_field_repeated")


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`, its fields not checked. Raises RequestFault."""
    try:
        raw = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        half = has_half_character(body)
        code = "request_half_character" if half else "request_not_json"
        raise RequestFault(code, allowed="object") from fault
    if not isinstance(raw, dict):
        raise RequestFault("request_not_json", allowed="object")
    return raw


def validate(raw: dict[str, Any], limits: str | Limits = "provider") -> ChatRequest:
    """`raw` as a checked request. Raises RequestFault."""
    try:
        request = ChatRequest.model_validate(raw)
    except ValidationError as fault:
        raise _first_fault(fault, raw) from None
    request._raw = raw
    request.check(LIMITS[limits] if isinstance(limits, str) else limits)
    return request


def json_schema(limits: str | Limits = "documented") -> dict[str, Any]:
    """The JSON Schema of the request, with the ceilings of `limits`."""
    schema = copy.deepcopy(ChatRequest.model_json_schema())
    chosen = LIMITS[limits] if isinstance(limits, str) else limits
    if chosen.messages is not None:
        schema["properties"]["messages"]["maxItems"] = chosen.messages
    if chosen.max_tokens is not None:
        for kind in schema["properties"]["max_tokens"]["anyOf"]:
            if kind["type"] == "integer":
                kind["maximum"] = chosen.max_tokens
    return schema


def _fault(field: str, allowed: str, code: str = "request_field") -> RequestFault:
    return RequestFault(code, field=field, allowed=allowed)


def _first_fault(fault: ValidationError, raw: Mapping[str, Any]) -> RequestFault:
    error = fault.errors(include_url=False, include_context=False, include_input=False)[0]
    missing = error["type"] == "missing"
    path = _path(error["loc"], raw, missing)
    if error["type"] == "content" and path[-1] != "content":
        path.append("content")
        missing = "content" not in _at(raw, path[:-1])
    code = "request_field_missing" if missing else "request_field"
    return RequestFault(code, field=".".join(map(str, path)), allowed=_allowed(path))


def _path(loc: tuple[int | str, ...], raw: Any, missing: bool) -> list[int | str]:
    """The part of a fault's place that the client's own object has, and what is missing there."""
    path: list[int | str] = []
    node = raw
    for position, step in enumerate(loc):
        has = (isinstance(node, dict) and step in node) or (
            isinstance(node, list) and isinstance(step, int) and step < len(node)
        )
        if has:
            node = node[step]
            path.append(step)
        elif missing and position == len(loc) - 1:
            path.append(step)
    return path


def _at(raw: Any, path: list[int | str]) -> Any:
    for step in path:
        raw = raw[step]
    return raw


def _allowed(path: list[int | str]) -> str:
    """What may stand at `path`: the documentation of the innermost field that it names."""
    names = [step for step in path if isinstance(step, str)]
    if path and isinstance(path[-1], int) and ".".join(names) in _NESTED:
        return "object"
    for depth in range(len(names) - 1, -1, -1):
        owner = _NESTED.get(".".join(names[:depth]))
        field = owner.model_fields.get(names[depth]) if owner else None
        if field is not None and isinstance(field.json_schema_extra, dict):
            return str(field.json_schema_extra["x-allowed"])
    return "object"
