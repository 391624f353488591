"""A Responses request as a chat-completions request: pure translation, refusals by name.

The fields are those of the `openai` library's `types/responses/response_create_params`. What is
in no table here is passed on as it is (`top_k`, `enable_thinking` and others of a provider).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from taplens.errors import RequestFault
from taplens.gateway.responses_input import fault, messages_of, text_of

Object = dict[str, Any]
# Fields with the values that mean what this server does anyway; any other value is refused.
ONLY: dict[str, tuple[Any, ...]] = {
    "store": (None, False),
    "previous_response_id": (None,),
    "conversation": (None,),
    "context_management": (None, []),
    "background": (None, False),
    "background_options": (None,),
    "prompt": (None,),
    "include": (None, [], ["reasoning.encrypted_content"]),
    "max_tool_calls": (None,),
    "moderation": (None,),
    "image": (None,),
    "access_programs": (None,),
    "top_logprobs": (None, 0),
    "truncation": (None, "disabled"),
    "service_tier": (None, "auto", "default"),
}
# Hints to a provider's cache, billing and abuse control: without meaning for the answer.
HINTS = frozenset(
    ("prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "safety_identifier")
)
# Fields of chat completions that this endpoint has under other names, or not at all.
CHAT_ONLY = {
    "messages": "input",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "response_format": "text.format",
    "functions": "tools",
    "function_call": "tool_choice",
    "reasoning_effort": "reasoning.effort",
    "n": "",
    "logprobs": "",
}
# Which fields became these of the chat request.
_CAME_FROM = {
    "messages": "input",
    "max_tokens": "max_output_tokens",
    "response_format": "text.format",
    "reasoning_effort": "reasoning.effort",
}
# Kept for the response alone.
ECHOED = ("metadata",)
SAME = ("temperature", "top_p", "parallel_tool_calls", "user")
# What the functions below translate.
TRANSLATED = frozenset(
    ("model", "input", "instructions", "stream", "stream_options", "max_output_tokens", "text",
     "reasoning", "tools", "tool_choice")
)  # fmt: skip
OWN = TRANSLATED.union(HINTS, ONLY, ECHOED, SAME)
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

Thinking = Callable[[str], Mapping[str, Any]]


def plain_effort(effort: str) -> Object:
    """The fields for a reasoning effort where the model's family has no switch of its own."""
    return {"reasoning_effort": effort}


def chat_request(asked: Mapping[str, Any], thinking: Thinking = plain_effort) -> Object:
    """The chat-completions request that asks the same as the Responses request `asked`.

    `thinking` gives the fields that stand for a reasoning effort with the model asked for.
    Raises RequestFault naming the first field that is malformed or that can't be done here.
    """
    _refuse(asked)
    request = {name: value for name, value in asked.items() if name not in OWN}
    request |= {name: asked[name] for name in SAME if asked.get(name) is not None}
    if "model" in asked:
        request["model"] = asked["model"]
    request["messages"] = _instructions(asked) + messages_of(asked.get("input"))
    request["stream"] = _stream(asked)
    if request["stream"]:
        request["stream_options"] = {"include_usage": True}
    if asked.get("max_output_tokens") is not None:
        request["max_tokens"] = asked["max_output_tokens"]
    return request | _text(asked) | _reasoning(asked, thinking) | _tools(asked)


def response_of(asked: Mapping[str, Any], identifier: str, created_at: int) -> Object:
    """The response to `asked` before its first output: what was asked, and that it runs.

    `identifier` begins with "resp_"; `created_at` is in UTC epoch seconds.
    """
    text, reasoning = asked.get("text") or {}, asked.get("reasoning") or {}
    return {
        "id": identifier,
        "object": "response",
        "created_at": created_at,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "max_tool_calls": None,
        "metadata": asked.get("metadata") or {},
        "model": asked.get("model"),
        "output": [],
        "parallel_tool_calls": asked.get("parallel_tool_calls") is not False,
        "previous_response_id": None,
        "reasoning": {"effort": reasoning.get("effort"), "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": asked.get("temperature"),
        "text": {"format": text.get("format") or {"type": "text"}},
        "tool_choice": asked.get("tool_choice") or "auto",
        "tools": asked.get("tools") or [],
        "top_p": asked.get("top_p"),
        "truncation": "disabled",
        "usage": None,
        "user": asked.get("user"),
    }


def as_asked(found: RequestFault) -> RequestFault:
    """A fault of the chat request, naming the field of the Responses request that it comes from."""
    head = found.field.partition(".")[0]
    field = _CAME_FROM.get(head) or found.field.replace(".function.", ".")
    return RequestFault(found.code, field=field, allowed=found.allowed)


def _refuse(asked: Mapping[str, Any]) -> None:
    for name, allowed in ONLY.items():
        if not any(asked.get(name) == value for value in allowed):
            raise fault(name, _either(allowed))
    for name, instead in CHAT_ONLY.items():
        if asked.get(name) is not None:
            raise fault(name, instead or _either((None,)))
    if not isinstance(asked.get("metadata"), dict | None):
        raise fault("metadata", "object")


def _either(values: tuple[Any, ...]) -> str:
    return ", ".join(json.dumps(value) for value in values)


def _instructions(asked: Mapping[str, Any]) -> list[Object]:
    given = asked.get("instructions")
    return [] if given is None else [{"role": "system", "content": text_of(given, "instructions")}]


def _stream(asked: Mapping[str, Any]) -> bool:
    options = _object(asked.get("stream_options"), "stream_options")
    if options.get("include_obfuscation"):
        raise fault("stream_options.include_obfuscation", "false")
    stream = asked.get("stream")
    if not isinstance(stream, bool | None):
        raise fault("stream", "true, false")
    return bool(stream)


def _object(value: Any, place: str) -> Object:
    """The object at `place`; an empty one where it is null or missing."""
    if not isinstance(value, dict | None):
        raise fault(place, "object")
    return value or {}


def _text(asked: Mapping[str, Any]) -> Object:
    text = _object(asked.get("text"), "text")
    given = _object(text.get("format"), "text.format")
    fields = {} if text.get("verbosity") is None else {"verbosity": text["verbosity"]}
    match given.get("type", "text"):
        case "text":
            return fields
        case "json_object":
            return fields | {"response_format": {"type": "json_object"}}
        case "json_schema":
            schema = {name: value for name, value in given.items() if name != "type"}
            return fields | {"response_format": {"type": "json_schema", "json_schema": schema}}
    raise fault("text.format.type", "text, json_object, json_schema")


def _reasoning(asked: Mapping[str, Any], thinking: Thinking) -> Object:
    # A summary is only ever offered: the library asks for it where there may be one.
    effort = _object(asked.get("reasoning"), "reasoning").get("effort")
    if effort is None:
        return {}
    if effort not in EFFORTS:
        raise fault("reasoning.effort", ", ".join(EFFORTS))
    return dict(thinking(effort))


def _tools(asked: Mapping[str, Any]) -> Object:
    given = asked.get("tools")
    if not isinstance(given, list | None):
        raise fault("tools", "array")
    tools = [_tool(tool, f"tools.{n}") for n, tool in enumerate(given or ())]
    choice = asked.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        tools, choice = _allowed(tools, choice), choice.get("mode")
    fields: Object = {"tools": tools} if tools else {}
    return fields if choice is None else fields | {"tool_choice": _choice(choice)}


def _tool(tool: Any, place: str) -> Object:
    if not isinstance(tool, dict) or tool.get("type") != "function":
        raise fault(f"{place}.type", "function")
    kept = ("name", "description", "parameters", "strict")
    return {
        "type": "function",
        "function": {name: tool[name] for name in kept if tool.get(name) is not None},
    }


def _allowed(tools: list[Object], choice: Object) -> list[Object]:
    """Those of `tools` that an `allowed_tools` choice leaves."""
    listed = choice.get("tools")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise fault("tool_choice.tools", "array")
    names = [one.get("name") for one in listed]
    return [tool for tool in tools if tool["function"].get("name") in names]


def _choice(choice: Any) -> Any:
    if choice in ("none", "auto", "required"):
        return choice
    if isinstance(choice, dict) and choice.get("type") == "function":
        name = text_of(choice.get("name"), "tool_choice.name")
        return {"type": "function", "function": {"name": name}}
    raise fault("tool_choice", "none, auto, required, function, allowed_tools")
