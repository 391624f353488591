"""Scripted answers: what a test, or a person, wants the provider to say next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from taplens.sandbox.provider.request import Row
from taplens.sandbox.provider.wire import EVENTS, JSON, Reply, event

_ANSWER = {"content", "reasoning_content", "tool_calls", "finish_reason", "usage"}
_REPLY = {"status", "body", "headers", "media", "stream"}


@dataclass(frozen=True, slots=True)
class Script:
    """One scripted answer, for `model` ("": any): the parts of an `answer`, or a whole `reply`."""

    model: str
    answer: Row | None = None
    reply: Reply | None = None


def read_script(told: Any, model: str = "") -> Script:
    """A script from its plain form. Raises ValueError for anything else.

    A string is the content. An object has either content, reasoning_content, tool_calls,
    finish_reason and usage, or status, headers, media and one of `body` (JSON; a string with
    `media` as it is) and `stream` (what is sent piece by piece: strings as they are, objects as
    events; [DONE] isn't added).
    """
    if isinstance(told, str):
        return Script(model, {"content": told})
    if not isinstance(told, dict) or not told:
        raise ValueError("a scripted answer is a string or an object")
    if not set(told) - _ANSWER:
        return Script(model, told)
    if not set(told) - _REPLY:
        return Script(model, reply=_reply(told))
    raise ValueError(f"unknown together: {', '.join(sorted(told))}")


def _reply(told: Row) -> Reply:
    streamed = "stream" in told
    media = told.get("media", EVENTS if streamed else JSON)
    pieces = _pieces(told["stream"]) if streamed else (_body(told),)
    return Reply(told.get("status", 200), media, tuple(pieces), dict(told.get("headers", {})))


def _body(told: Row) -> bytes:
    body = told.get("body")
    return body.encode() if isinstance(body, str) and "media" in told else orjson.dumps(body)


def _pieces(told: Iterable[Any]) -> Iterable[bytes]:
    return (piece.encode() if isinstance(piece, str) else event(piece) for piece in told)
