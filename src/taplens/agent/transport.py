"""The answerers of this program as models of the gateway: providers of the kind "builtin"."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

import orjson

from taplens.agent.bounds import Bounds
from taplens.clock import Clock
from taplens.errors import NotFoundError, RequestFault
from taplens.llm import sse, tokens
from taplens.llm.local_answer import LocalAnswer, refused
from taplens.llm.merge import Merger
from taplens.llm.request import parse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from taplens.agent.answer import Answerer, Piece
    from taplens.llm.entries import Upstream

Row = dict[str, Any]
_EVENTS, _JSON = "text/event-stream", "application/json"


class AgentTransport:
    """See llm.transport.Transport. `answerers` are those of this process, by model."""

    def __init__(self, answerers: Mapping[str, Answerer], clock: Clock | None = None) -> None:
        self._answerers = answerers
        self._clock = clock or Clock()

    async def open(
        self,
        upstream: Upstream,
        body: bytes,
        *,
        streamed: bool,
        headers: Mapping[str, str] | None = None,
    ) -> LocalAnswer:
        """See llm.transport.Transport; raises what the answerer raises before its first piece."""
        del headers
        try:
            request = parse(body).raw
        except RequestFault as fault:
            return refused(400, fault.message("en"))
        answerer = self._answerers.get(upstream.model)
        if answerer is None:
            raise NotFoundError("model_unknown", model=upstream.model[:200])
        completion = Completion(answerer, request, upstream.model, self._clock.now())
        chunks = completion.chunks()
        first = await anext(chunks)
        if streamed:
            wanted = (request.get("stream_options") or {}).get("include_usage") is True
            return LocalAnswer(200, _EVENTS, _events(first, chunks, completion, wanted))
        return LocalAnswer(200, _JSON, _whole(await completion.merged(first, chunks)))

    async def aclose(self) -> None:
        """Nothing is open between requests."""


class Completion:
    """One chat with an answerer: its chunks in the protocol's form.

    `model` is the name they carry, `created` their time (UTC epoch seconds).
    """

    def __init__(
        self, answerer: Answerer, request: Mapping[str, Any], model: str, created: int
    ) -> None:
        self._answerer = answerer
        self._request = request
        self._choices: int = request.get("n") or 1
        self._size = 0
        self._told: list[Mapping[str, int]] = []
        self._head: Row = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "object": "chat.completion.chunk",
            "created": created,
            "model": model,
        }

    async def chunks(self) -> AsyncGenerator[Row, None]:
        """The chunks of all choices, one choice after the other."""
        for index in range(self._choices):
            opening: Row = {"role": "assistant", "content": ""}
            async with aclosing(self._choice()) as deltas:
                async for delta, finish in deltas:
                    yield self._chunk(index, opening | dict(delta), finish)
                    opening = {}

    async def merged(self, first: Row, chunks: AsyncIterator[Row]) -> Row:
        """The whole answer."""
        merger = Merger(self._choices)
        merger.add(first)
        async for chunk in chunks:
            merger.add(chunk)
        merger.add(self.usage())
        answer = merger.answer()
        for choice in answer["choices"]:
            if choice["message"]["content"] is None and not choice["message"].get("tool_calls"):
                choice["message"]["content"] = ""
        return answer

    def usage(self) -> Row:
        """The chunk that tells the tokens: those of the models that were asked, where an answerer
        asks any, else estimated as for any model without a tokenizer.
        """
        if self._told:
            names = ("prompt_tokens", "completion_tokens", "total_tokens")
            sums = {name: sum(used[name] for used in self._told) for name in names}
            return self._head | {"choices": [], "usage": sums}
        prompt = tokens.count(self._request["messages"]).tokens
        said = tokens.of_size(self._size)
        told = {
            "prompt_tokens": prompt,
            "completion_tokens": said,
            "total_tokens": prompt + said,
        }
        return self._head | {"choices": [], "usage": told}

    async def _choice(self) -> AsyncGenerator[tuple[Mapping[str, Any], str | None], None]:
        """The deltas of one choice within its bounds; what stands beside the text always comes."""
        bounds = self._bounds()
        pieces = cast("AsyncGenerator[Piece, None]", self._answerer.answer(self._request))
        async with aclosing(pieces):
            async for piece in pieces:
                delta = dict(piece.delta)
                text = "" if bounds.finish else bounds.take(delta.pop("content", None) or "")
                delta.pop("content", None)
                if piece.finish and not bounds.finish:
                    text += bounds.rest()
                if text:
                    delta["content"] = text
                if used := (delta.get("taplens") or {}).get("usage"):
                    self._told.append(used)
                if piece.finish:
                    self._size += bounds.size
                    yield delta, bounds.finish or piece.finish
                elif delta:
                    yield delta, None

    def _bounds(self) -> Bounds:
        stop = self._request.get("stop") or ()
        return Bounds([stop] if isinstance(stop, str) else stop, self._request.get("max_tokens"))

    def _chunk(self, index: int, delta: Mapping[str, Any], finish: str | None = None) -> Row:
        return self._head | {"choices": [{"index": index, "delta": delta, "finish_reason": finish}]}


async def _events(
    first: Row, chunks: AsyncGenerator[Row, None], completion: Completion, with_usage: bool
) -> AsyncGenerator[bytes, None]:
    async with aclosing(chunks):
        yield sse.encode(first)
        async for chunk in chunks:
            yield sse.encode(chunk)
    if with_usage:
        yield sse.encode(completion.usage())
    yield sse.encode(sse.DONE)


async def _whole(answer: Row) -> AsyncGenerator[bytes, None]:
    yield orjson.dumps(answer)
