"""One chat with an upstream: asked once, passed on whole or as a stream, and booked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from taplens.agent.caller import CALLER, Caller
from taplens.errors import ModelError, ModelProtocolError, ModelUnreachableError
from taplens.gateway import usage
from taplens.gateway.answers import Answer
from taplens.gateway.keys import LOCAL
from taplens.gateway.ledger import Account
from taplens.gateway.reading import Reading
from taplens.llm.answers import answer_of, is_stream
from taplens.llm.members import replaced
from taplens.llm.transport import refusal

if TYPE_CHECKING:
    from taplens.gateway.admission import Permit
    from taplens.gateway.call import Call
    from taplens.gateway.router import Ask, Attempt
    from taplens.gateway.usage import Usage
    from taplens.llm.entries import Model, Upstream
    from taplens.llm.request import ChatRequest
    from taplens.llm.transport import Answer as UpstreamAnswer

T = TypeVar("T")

# The provider took the request, worked at it, and its answer did not come or not whole.
_BROKEN_OFF = frozenset(
    (
        "model_silent",
        "model_too_slow",
        "model_answer_cut",
        "model_answer_too_large",
        "event_too_large",
    )
)


class Exchange:
    """A request that was let through, and what becomes of it.

    `body` is the client's own, of about `tokens`, for which its key gave `permit`;
    `streamed` is how the answer is wanted.
    """

    def __init__(
        self,
        call: Call,
        request: ChatRequest,
        model: Model,
        body: bytes,
        *,
        permit: Permit,
        tokens: int,
        streamed: bool,
    ) -> None:
        self._services = call.services
        self._key = call.key or LOCAL
        self._caller = Caller(self._key.id, call.url)
        self._headers = {"x-request-id": call.request_id}
        self._request = request
        self._model = model
        self._body = body
        self._streamed = streamed
        self._permit = permit
        self._tokens = tokens
        self._began = self._services.clock.monotonic()

    async def whole(self) -> Answer:
        """The whole answer. Raises ModelError or RefusalError."""
        with self._permit:
            attempt, (body, answer) = await self._first(self._ask_whole)
            attempt.completed()
            used = usage.told(answer.get("usage")) or self._estimated(usage.size_of(answer))
            self._book(attempt, used)
        return Answer(body=body)

    async def blocks(self) -> AsyncGenerator[bytes, None]:
        """The stream's blocks. Raises ModelError or RefusalError, also in the middle."""
        with self._permit:
            attempt, (reading, blocks, first) = await self._first(self._ask_streamed)
            seconds = self._services.clock.monotonic() - self._began
            self._services.metrics.first_event(self._model.label, seconds)
            try:
                yield first
                async for block in blocks:
                    yield block
            except ModelError as fault:
                attempt.failed(fault)
                raise
            finally:
                self._end(attempt, reading)
                await blocks.aclose()
                await reading.aclose()

    def _end(self, attempt: Attempt, reading: Reading) -> None:
        """Book a stream that has ended, before anything is waited for: that may be cut short."""
        used = usage.told(reading.usage) or self._estimated(reading.size)
        if reading.complete:
            attempt.completed()
        else:
            attempt.left()
            # What a provider says in the middle of a stream is not its last word.
            used = replace(used, estimated=True)
        self._book(attempt, used)

    async def _first(self, ask: Ask[T]) -> tuple[Attempt, T]:
        async def asked(attempt: Attempt) -> T:
            with self._prompt_booked(attempt):
                return await ask(attempt)

        return await self._services.router.first(self._model, self._tokens, asked)

    @contextmanager
    def _prompt_booked(self, attempt: Attempt) -> Iterator[None]:
        """What breaks off inside, after the request was sent, has used its prompt at least."""
        try:
            yield
        except asyncio.CancelledError:
            self._book(attempt, self._estimated(0))
            raise
        except ModelError as fault:
            torn = attempt.has_answered and isinstance(fault, ModelUnreachableError)
            if torn or fault.code in _BROKEN_OFF:
                self._book(attempt, self._estimated(0))
            raise

    async def _ask_whole(self, attempt: Attempt) -> tuple[bytes, dict[str, Any]]:
        answer = await self._opened(attempt)
        try:
            body = (await answer.read()).lstrip()  # some providers begin with blank lines
        finally:
            await answer.aclose()
        return body, answer_of(body, attempt.upstream)

    async def _ask_streamed(
        self, attempt: Attempt
    ) -> tuple[Reading, AsyncGenerator[bytes, None], bytes]:
        answer = await self._opened(attempt)
        upstream = attempt.upstream
        reading = Reading(answer, upstream, self._request.n or 1)
        blocks = reading.blocks()
        try:
            if not is_stream(answer.headers):
                answer_of(await answer.read(), upstream)  # raises the error that it holds
                raise _no_stream(upstream)
            return reading, blocks, await anext(blocks)
        except BaseException:
            await blocks.aclose()
            await reading.aclose()
            raise

    async def _opened(self, attempt: Attempt) -> UpstreamAnswer:
        """The upstream's answer, which has begun well."""
        upstream = attempt.upstream
        transport = self._services.transport(upstream)
        CALLER.set(self._caller)  # for an answerer in this process, which asks others in turn
        body = self._body_for(upstream)
        answer = await transport.open(
            upstream, body, streamed=self._streamed, headers=self._headers
        )
        if answer.status == 200:
            attempt.answered()
            return answer
        raise await refusal(answer, upstream)

    def _body_for(self, upstream: Upstream) -> bytes:
        """The client's own bytes; another name of the model there is put in the place of its own.

        A stream that was asked for by a header or a setting must be told to the upstream, too.
        """
        body = self._body
        if upstream.model != self._request.model:
            body = replaced(body, "model", orjson.dumps(upstream.model))
        if self._streamed and not self._request.stream:
            body = replaced(body, "stream", b"true")
        return body

    def _estimated(self, size: int) -> Usage:
        return usage.estimate(self._request.raw, size)

    def _book(self, attempt: Attempt, used: Usage) -> None:
        services, model, upstream = self._services, self._model, attempt.upstream
        price = model.price_of(upstream)
        account = Account(
            day=services.books.ledger.today(),
            key=self._key.id,
            model=model.name,
            provider=upstream.provider.name,
            currency=price.currency if price.known else "",
            estimated=used.estimated,
        )
        amounts = used.amounts(price)
        services.books.ledger.add(account, amounts)
        services.metrics.used(model.label, account, amounts)
        self._permit.used(used.tokens)
        attempt.booking.settle(used.tokens)


def _no_stream(upstream: Upstream) -> ModelProtocolError:
    provider, model = upstream.provider.name, upstream.model
    detail = "no stream, though one was asked for"
    return ModelProtocolError("model_answer_invalid", provider=provider, model=model, detail=detail)
