"""The answers of a model in this process, as bytes of the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import orjson

from taplens.errors import ModelError, ModelProtocolError, ModelTimeoutError
from taplens.llm import sse
from taplens.llm.entries import Upstream
from taplens.llm.local_chunks import Chunks
from taplens.llm.local_engine import Chunk
from taplens.llm.local_generation import Generation
from taplens.llm.merge import Merger
from taplens.llm.timeouts import Timeouts

_JSON = "application/json"
_EVENTS = "text/event-stream"


class LocalAnswer:
    """See transport.Answer."""

    def __init__(
        self,
        status: int,
        media: str,
        parts: AsyncIterator[bytes],
        stop: Callable[[], None] = lambda: None,
    ) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {"Content-Type": media}
        self._parts = parts
        self._stop = stop

    async def read(self) -> bytes:
        """See transport.Answer."""
        return b"".join([part async for part in self._parts])

    def chunks(self) -> AsyncIterator[bytes]:
        """See transport.Answer."""
        return self._parts

    async def aclose(self) -> None:
        """Stop generating, if the end isn't reached."""
        self._stop()


def refused(status: int, message: str) -> LocalAnswer:
    """A refusal in the documented form."""
    code = 50505 if status == 503 else 20015
    return _whole(status, {"code": code, "message": message, "data": None})


class Answering:
    """Makes an answer of a generation. `request` is what it was begun with."""

    def __init__(
        self,
        generation: Generation,
        request: Mapping[str, Any],
        upstream: Upstream,
        timeouts: Timeouts,
    ) -> None:
        self._generation = generation
        self._upstream = upstream
        self._timeouts = timeouts
        self._until = asyncio.get_running_loop().time() + timeouts.total
        self._choices = request.get("n", 1)
        self._chunks = Chunks(upstream.model, self._choices)

    async def open(self, *, streamed: bool, with_usage: bool) -> LocalAnswer:
        """The answer, once it begins (streamed) or is whole. Stops generating if cancelled."""
        begun = False
        try:
            first = await self._next(self._timeouts.first_byte)
            if first is not None and "error" in first:
                error = first["error"]
                return refused(int(error.get("code", 500)), str(error.get("message", "")))
            if not streamed:
                return _whole(200, await self._merged(first))
            begun = True
        finally:
            if not begun:
                self._generation.stop()
        return LocalAnswer(200, _EVENTS, self._events(first, with_usage), self._generation.stop)

    async def _events(self, first: Chunk | None, with_usage: bool) -> AsyncIterator[bytes]:
        async for chunk in self._rest(first):
            if "error" in chunk:
                yield sse.encode({"error": chunk["error"]})
                return
            if (told := self._chunks.take(chunk)) is not None:
                yield sse.encode(told)
        if with_usage:
            yield sse.encode(self._chunks.usage())
        yield sse.encode(sse.DONE)

    async def _merged(self, first: Chunk | None) -> dict[str, Any]:
        merger = Merger(self._choices)
        async for chunk in self._rest(first):
            if "error" in chunk:
                raise self._fault("model_answer_invalid", detail=str(chunk["error"])[:300])
            if (told := self._chunks.take(chunk)) is not None:
                merger.add(told)
        merger.add(self._chunks.usage())
        answer = merger.answer()
        for choice in answer["choices"]:
            message = choice["message"]
            if message["content"] is None and not message.get("tool_calls"):
                message["content"] = ""
        return answer

    async def _rest(self, first: Chunk | None) -> AsyncIterator[Chunk]:
        """All chunks from the first on. Raises ModelProtocolError where the end is missing."""
        chunk, failed = first, False
        while chunk is not None:
            failed = failed or "error" in chunk
            yield chunk
            chunk = await self._next(self._timeouts.between)
        if not failed and not self._chunks.complete:
            raise self._fault("model_answer_cut")

    async def _next(self, seconds: float) -> Chunk | None:
        """The next chunk, which may take `seconds`, but not beyond the time for the whole."""
        left = self._until - asyncio.get_running_loop().time()
        code, limit = "model_silent", seconds
        if left < seconds:
            code, limit = "model_too_slow", self._timeouts.total
        try:
            return await self._generation.next(min(seconds, left))
        except TimeoutError:
            self._generation.stop()
            provider, model = self._upstream.provider.name, self._upstream.model
            raise ModelTimeoutError(
                code, provider=provider, model=model, seconds=round(limit, 1)
            ) from None

    def _fault(self, code: str, **parameters: Any) -> ModelError:
        provider, model = self._upstream.provider.name, self._upstream.model
        return ModelProtocolError(code, provider=provider, model=model, **parameters)


def _whole(status: int, content: Any) -> LocalAnswer:
    async def parts() -> AsyncIterator[bytes]:
        yield orjson.dumps(content)

    return LocalAnswer(status, _JSON, parts())
