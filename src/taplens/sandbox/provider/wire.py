"""A reply as steps on the wire: bytes, waits, a torn connection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from taplens.sandbox.provider.refusals import Refusal

JSON = "application/json; charset=utf-8"
EVENTS = "text/event-stream"
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until the gate of that name is open; without a name, `seconds`."""

    gate: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Tear:
    """Close the connection at once."""


Step = bytes | Wait | Tear


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. The head goes out with the first bytes, so that a step before them comes
    before the head. A stream has one step for each event."""

    status: int
    media: str
    steps: tuple[Step, ...]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def streamed(self) -> bool:
        """Whether the reply is an event stream."""
        return self.media == EVENTS

    def with_steps(self, steps: Iterable[Step]) -> Reply:
        """The reply with other steps."""
        return replace(self, steps=tuple(steps))

    def divided(self, at: int) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """The steps before and after a place: the event `at`, or the middle of what is no
        stream (its beginning where `at` is 0)."""
        if self.streamed or at == 0:
            return self.steps[:at], self.steps[at:]
        body = b"".join(step for step in self.steps if isinstance(step, bytes))
        return (body[: len(body) // 2],), (body[len(body) // 2 :],)


def whole(content: Any, status: int = 200) -> Reply:
    """A reply of one JSON value."""
    return Reply(status, JSON, (orjson.dumps(content),))


def refused(refusal: Refusal) -> Reply:
    """The reply of a refusal."""
    return replace(whole(refusal.body, refusal.status), headers=refusal.headers)


def stream(chunks: Iterable[Any]) -> Reply:
    """A reply of one event for each chunk, then the end mark."""
    return Reply(200, EVENTS, (*(event(chunk) for chunk in chunks), DONE))


def event(content: Any) -> bytes:
    """One event."""
    return b"data: " + orjson.dumps(content) + b"\n\n"
