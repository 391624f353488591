"""The client: one request to a model, with its turn, its retries, and the whole answer checked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson

from taplens.clock import Clock
from taplens.errors import ModelProtocolError, ModelUnavailableError
from taplens.llm.answers import answer_of, chunk_of, is_stream
from taplens.llm.buckets import Booking, Buckets
from taplens.llm.catalogue import Catalogue, chosen
from taplens.llm.entries import Model, Upstream
from taplens.llm.merge import Ending
from taplens.llm.profiles import replayed, with_thinking
from taplens.llm.retrying import MAY_PASS, Pauses, Retries, half_jitter
from taplens.llm.sse import DONE, Decoder
from taplens.llm.tokens import count
from taplens.llm.transport import Answer, Transport, refusal

_COMPLETION_TOKENS = 512  # booked for an answer whose max_tokens isn't said: the documented default


class Client:
    """Asks the models of a catalogue.

    `transports` are by the provider's kind. `sleep` and `jitter` (seconds → seconds) can be
    replaced, so that tests don't wait.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        transports: Mapping[str, Transport],
        *,
        buckets: Buckets | None = None,
        retries: Retries | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: Callable[[float], float] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._transports = transports
        self._buckets = buckets or Buckets(clock, sleep)
        self._pauses = Pauses(retries or Retries(), sleep, jitter or half_jitter)
        self._clock = clock or Clock()

    def chosen(self, name: str) -> tuple[Model, Upstream]:
        """The model of that name, and its first upstream that is set up.

        Raises NotFoundError, or ModelUnavailableError naming the setting to make.
        """
        return chosen(self._catalogue, name)

    async def complete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The whole answer to `request`, the body of a chat completion.

        The answer is the protocol's: a `choices` list of messages; a cut or malformed one raises
        ModelProtocolError. Raises NotFoundError for an unknown model, ModelError.
        """
        call = self._call(request, streamed=False)
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._whole(call)
            except MAY_PASS as fault:
                await self._pauses.pause_or_raise(fault, attempt)

    async def stream(self, request: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """The chunks of the answer to `request` as they come; ends only where the answer does.

        A stream that breaks off raises ModelProtocolError, after the chunks that came. Closing
        the generator (`contextlib.aclosing`) or cancelling its task ends the provider's work.
        """
        call = self._call(request, streamed=True)
        attempt = 0
        begun = False
        while True:
            attempt += 1
            try:
                async with aclosing(self._chunks(call)) as chunks:
                    async for chunk in chunks:
                        begun = True
                        yield chunk
                return
            except MAY_PASS as fault:
                if begun:  # a second try would repeat what has been handed on
                    raise
                await self._pauses.pause_or_raise(fault, attempt)

    async def aclose(self) -> None:
        """Closes the transports."""
        for transport in self._transports.values():
            await transport.aclose()

    def _call(self, request: Mapping[str, Any], *, streamed: bool) -> _Call:
        model, upstream = self.chosen(str(request.get("model", "")))
        transport = self._transports.get(upstream.provider.kind)
        if transport is None:
            kind = upstream.provider.kind
            raise ModelUnavailableError("model_kind_missing", model=model.name, kind=kind)
        body = with_thinking(request, model.profile, upstream.provider.thinking)
        body["messages"] = replayed(request.get("messages") or (), model.profile)
        body |= {"model": upstream.model, "stream": streamed}
        tokens = count(body["messages"]).tokens + _completion_tokens(body)
        return _Call(model, upstream, transport, orjson.dumps(body), tokens, body.get("n") or 1)

    async def _opened(self, call: _Call, *, streamed: bool) -> tuple[Answer, Booking]:
        """The answer to one attempt, once it has begun with 200, and what is booked for it."""
        upstream = call.upstream
        rate = call.model.rate(upstream)
        provider = upstream.provider.name
        booking = await self._buckets.acquire(call.bucket, call.tokens, rate, provider=provider)
        answer = await call.transport.open(upstream, call.body, streamed=streamed)
        if answer.status == 200:
            return answer, booking
        raise await refusal(answer, upstream, self._clock)

    async def _whole(self, call: _Call) -> dict[str, Any]:
        answer, booking = await self._opened(call, streamed=False)
        try:
            body = await answer.read()
        finally:
            await answer.aclose()
        whole = answer_of(body, call.upstream)
        _settle(booking, whole.get("usage"))
        return whole

    async def _chunks(self, call: _Call) -> AsyncGenerator[dict[str, Any], None]:
        """The chunks of one attempt. Raises ModelProtocolError if they end before the answer."""
        answer, booking = await self._opened(call, streamed=True)
        ending = Ending(call.choices)
        usage: Any = None
        try:
            if not is_stream(answer.headers):
                answer_of(await answer.read(), call.upstream)  # raises the fault that it holds
                raise _at("model_answer_invalid", call.upstream, detail="not a stream of events")
            async for data in _data(answer):
                if data == DONE:
                    ending.end()
                    break
                chunk = chunk_of(data, call.upstream)
                ending.see(chunk)
                usage = chunk.get("usage") or usage
                yield chunk
        finally:
            await answer.aclose()
            _settle(booking, usage)
        if not ending.complete:
            raise _at("model_answer_cut", call.upstream)


@dataclass(frozen=True, slots=True)
class _Call:
    """One request, ready to be sent as often as it takes."""

    model: Model
    upstream: Upstream
    transport: Transport
    body: bytes
    tokens: int
    choices: int

    @property
    def bucket(self) -> tuple[str, str, str]:
        """The account and the model that the provider counts by."""
        provider = self.upstream.provider
        return provider.name, provider.base_url, self.upstream.model


async def _data(answer: Answer) -> AsyncIterator[str]:
    """The data of each event."""
    decoder = Decoder()
    async for received in answer.chunks():
        for event in decoder.feed(received):
            yield event.data
    for event in decoder.finish():
        yield event.data


def _settle(booking: Booking, usage: Any) -> None:
    """Books what the answer really took in place of what was taken for it."""
    total = usage.get("total_tokens") if isinstance(usage, Mapping) else None
    if isinstance(total, int):
        booking.settle(max(0, total))


def _completion_tokens(request: Mapping[str, Any]) -> int:
    asked = request.get("max_completion_tokens") or request.get("max_tokens")
    return asked if isinstance(asked, int) else _COMPLETION_TOKENS


def _at(code: str, upstream: Upstream, **parameters: Any) -> ModelProtocolError:
    provider, model = upstream.provider.name, upstream.model
    return ModelProtocolError(code, provider=provider, model=model, **parameters)
