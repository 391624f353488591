"""The model `taplens` as a way to be asked: the agent behind the protocol of chat completions."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import orjson

from taplens.agent.answering import Answering
from taplens.agent.events import Calls, End, Event, Step, Text
from taplens.errors import RequestFault
from taplens.llm import sse
from taplens.llm.local_answer import LocalAnswer, refused
from taplens.llm.merge import Merger
from taplens.llm.request import parse

if TYPE_CHECKING:
    from taplens.llm.entries import Upstream

_CHUNK = "chat.completion.chunk"


class AgentTransport:
    """See llm.transport.Transport. `answering` is made at the first request."""

    def __init__(self, answering: Callable[[], Awaitable[Answering]]) -> None:
        self._make = answering
        self._answering: Answering | None = None

    async def open(
        self,
        upstream: Upstream,
        body: bytes,
        *,
        streamed: bool,
        headers: Mapping[str, str] | None = None,
    ) -> LocalAnswer:
        """See Transport. The answer begins with its first event, so that a fault has its status."""
        try:
            request = parse(body)
        except RequestFault as fault:
            return refused(400, fault.message("en"))
        if (request.n or 1) > 1:
            return refused(400, "The model answers once: n must be 1.")
        if self._answering is None:
            self._answering = await self._make()
        chunks = _chunks(self._answering.events(request.raw), upstream.model, request.raw)
        first = await anext(chunks)
        if streamed:
            return LocalAnswer(200, "text/event-stream", _events(first, chunks))
        return LocalAnswer(200, "application/json", _whole(first, chunks))

    async def aclose(self) -> None:
        """Close what was opened."""
        answering, self._answering = self._answering, None
        if answering is not None:
            await answering.aclose()


async def _events(
    first: dict[str, Any], chunks: AsyncGenerator[dict[str, Any], None]
) -> AsyncIterator[bytes]:
    async with aclosing(chunks):
        yield sse.encode(first)
        async for chunk in chunks:
            yield sse.encode(chunk)
    yield sse.encode(sse.DONE)


async def _whole(
    first: dict[str, Any], chunks: AsyncGenerator[dict[str, Any], None]
) -> AsyncIterator[bytes]:
    """The answer at once: the same chunks, merged; `taplens` stands in its message, too."""
    merger, last = Merger(), first
    merger.add(first)
    async with aclosing(chunks):
        async for chunk in chunks:
            merger.add(chunk)
            last = chunk
    answer = merger.answer() | {"usage": last["usage"]}
    answer.pop("taplens", None)
    for choice in answer["choices"]:
        message = choice["message"]
        message["taplens"] = last["taplens"]
        if message["content"] is None and not message.get("tool_calls"):
            message["content"] = ""
    yield orjson.dumps(answer)


async def _chunks(
    events: AsyncGenerator[Event, None], model: str, request: Mapping[str, Any]
) -> AsyncGenerator[dict[str, Any], None]:
    """The events as chunks. Steps are shown only where the request asks for thinking."""
    shown = request.get("enable_thinking") is True
    ending = _Stop(request.get("stop"))
    head = {"id": f"chatcmpl-{time.time_ns():x}", "object": _CHUNK,
            "created": int(time.time()), "model": model}  # fmt: skip
    begun = False
    async with aclosing(events):
        async for event in events:
            delta = _delta(event, ending, shown=shown)
            if delta is not None:
                if not begun:
                    delta, begun = {"role": "assistant", **delta}, True
                yield head | {"choices": [_choice(delta)]}
            if isinstance(event, End):
                reason = "stop" if ending.reached else event.reason
                yield head | {
                    "choices": [_choice({} if begun else {"role": "assistant"}, reason)],
                    "usage": event.usage,
                    "taplens": event.facts,
                }


def _delta(event: Event, ending: _Stop, *, shown: bool) -> dict[str, Any] | None:
    if isinstance(event, Text):
        text = ending.kept(event.text)
        return {"content": text} if text else None
    if isinstance(event, Step):
        return {"reasoning_content": event.text + "\n"} if shown else None
    if isinstance(event, Calls):
        return {"tool_calls": [{"index": n, **call} for n, call in enumerate(event.calls)]}
    return None


def _choice(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": reason}


class _Stop:
    """The request's `stop`: what comes from it on isn't sent."""

    def __init__(self, stop: Any) -> None:
        texts = [stop] if isinstance(stop, str) else list(stop or ())
        found = "|".join(re.escape(text) for text in texts if text)
        self._pattern = re.compile(found) if found else None
        self.reached = False

    def kept(self, text: str) -> str:
        if self.reached:
            return ""
        match = self._pattern.search(text) if self._pattern else None
        if match is None:
            return text
        self.reached = True
        return text[: match.start()]
