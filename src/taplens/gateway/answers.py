"""What a handler gives back: a whole answer, or a stream of server-sent events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from taplens.errors import TapLensError
from taplens.llm.json_text import parsed

JSON = b"application/json"
Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Answer:
    """A whole answer; content-length and x-request-id are added when it is sent."""

    status: int = 200
    body: bytes = b""
    kind: bytes = JSON
    headers: Headers = field(default_factory=list)

    def json(self) -> Any:
        """The body, parsed."""
        return parsed(self.body)


@dataclass(slots=True)
class Stream:
    """A streamed answer: `blocks` yields one or more whole server-sent events at a time.

    Before its first block the stream may raise a TapLensError, which is then answered with its
    status; later faults end the stream with `fault_event(fault)`. Whoever stops reading closes
    `blocks`, and that closes the upstream.
    """

    blocks: AsyncGenerator[bytes, None]
    fault_event: Callable[[TapLensError], bytes]


def answer_json(value: Any, status: int = 200, headers: Headers | None = None) -> Answer:
    """`value` as a JSON answer."""
    return Answer(status, orjson.dumps(value), JSON, headers or [])
