"""Reading one upstream's stream: whole events, its faults found, its usage and size kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from taplens.errors import ModelError, ModelProtocolError
from taplens.gateway.splitter import Splitter
from taplens.gateway.usage import said
from taplens.llm import sse
from taplens.llm.answers import chunk_of
from taplens.llm.merge import Ending

if TYPE_CHECKING:
    from taplens.llm.entries import Upstream
    from taplens.llm.transport import Answer

_DONE = sse.DONE.encode()
_DONE_EVENT = sse.encode(sse.DONE)
# Of one stream's answer: with every token in an event of its own, that is half a million tokens.
STREAM_BYTES = 256 * 1024 * 1024
_LAST_SECONDS = 1.0  # for the end of an upstream's body after `[DONE]`


class Reading:
    """The stream in `answer`, which `upstream` gave; `choices` is how many were asked for.

    What it keeps of the stream is of the same size however long that is.
    """

    def __init__(
        self,
        answer: Answer,
        upstream: Upstream,
        choices: int = 1,
        *,
        stream_bytes: int = STREAM_BYTES,
    ) -> None:
        self._answer = answer
        self._upstream = upstream
        self._stream_bytes = stream_bytes
        self._splitter = Splitter()
        self._ending = Ending(choices)
        self._bytes_left = stream_bytes
        self._ended = False  # it said `[DONE]`
        self._fault: ModelError | None = None
        self.usage: dict[str, Any] | None = None
        self.size = 0  # of what was said, see tokens.size

    async def blocks(self) -> AsyncGenerator[bytes, None]:
        """Blocks of whole events as they come; the last ends with `[DONE]`.

        Raises ModelError when the stream breaks off, says that something went wrong, or has more
        than `stream_bytes`.
        """
        chunks = cast("AsyncGenerator[bytes, None]", self._answer.chunks())
        async with aclosing(chunks):
            async for received in chunks:
                self._bytes_left -= len(received)
                if self._bytes_left < 0:
                    raise self._too_large()
                block = self._taken(self._splitter.feed(received))
                if block:
                    yield block
                if self._fault is not None:
                    raise self._fault
                if self._ended:
                    await _drain(chunks)
                    return
        block = self._taken(self._splitter.finish())
        if not self._ended:
            if self._fault is not None or not self._ending.complete:
                raise self._fault or self._cut()
            block += _DONE_EVENT  # every choice came to its end: only the last word is missing
        yield block

    @property
    def complete(self) -> bool:
        """Whether the stream came to its end."""
        return self._ended or self._ending.complete

    async def aclose(self) -> None:
        """Close the connection to the upstream, unless all of it was read."""
        await self._answer.aclose()

    def _taken(self, events: list[bytes]) -> bytes:
        """The events as they go on: their data only, for libraries stumble over the rest.

        What stands before `[DONE]` or a fault goes on, what stands behind it doesn't.
        """
        pieces: list[bytes] = []
        for data in events:
            if data == _DONE:
                self._ended = True
                pieces.append(_DONE_EVENT)
                break
            try:
                self._look_at(data)
            except ModelError as fault:
                self._fault = fault
                break
            pieces.append(b"data: %b\n\n" % data)
        return b"".join(pieces)

    def _look_at(self, data: bytes) -> None:
        chunk = chunk_of(data, self._upstream)
        self._ending.see(chunk)
        self.usage = chunk.get("usage") or self.usage
        for choice in chunk.get("choices") or ():
            self.size += said(choice.get("delta") or {})

    def _cut(self) -> ModelError:
        provider, model = self._upstream.provider.name, self._upstream.model
        return ModelProtocolError("model_answer_cut", provider=provider, model=model)

    def _too_large(self) -> ModelError:
        return ModelProtocolError(
            "model_answer_too_large",
            provider=self._upstream.provider.name,
            model=self._upstream.model,
            megabytes=self._stream_bytes >> 20,
        )


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Read the end of a body: its connection can then be used again."""
    with contextlib.suppress(TimeoutError, ModelError):
        async with asyncio.timeout(_LAST_SECONDS):
            async for _ in chunks:
                pass
