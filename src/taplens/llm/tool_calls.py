"""The tool calls of an answer: what may be run, and what must not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from taplens.errors import ModelProtocolError


def arguments_of(call: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of one entry of an answer's `tool_calls`; none at all are an empty object.

    Raises ModelProtocolError if they aren't a whole JSON object, as when the answer was cut at
    max_tokens: such a call must not be run, and a guess at its end must not be either.
    """
    function = call.get("function") or {}
    try:
        arguments = orjson.loads(function.get("arguments") or "{}")
    except orjson.JSONDecodeError:
        arguments = None
    if not isinstance(arguments, dict):
        raise ModelProtocolError("tool_arguments_invalid", tool=str(function.get("name", ""))[:64])
    return arguments
