"""Vectors from a provider: `POST /embeddings`, with its turn, its retries, the answer checked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson

from taplens.clock import Clock
from taplens.errors import ModelProtocolError, ModelRateLimitError
from taplens.llm.answers import whole_object
from taplens.llm.buckets import Booking, Buckets, Rate
from taplens.llm.catalogue import Catalogue, chosen
from taplens.llm.entries import Model, Upstream
from taplens.llm.retrying import MAY_PASS, Pauses, Retries, half_jitter
from taplens.llm.tokens import estimate
from taplens.llm.transport import HttpTransport, refusal

MOST_INPUTS = 32  # SiliconFlow's limit for one request, and far below others'
_AT_ONCE = 4
_ROOM = 10  # one in so many requests and tokens a minute is left to questions


class EmbeddingsClient:
    """Asks one model of a catalogue for vectors.

    `transport` asks the path "embeddings"; `sleep` and `jitter` can be replaced, so that tests
    don't wait.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        model: str,
        transport: HttpTransport,
        *,
        retries: Retries | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: Callable[[float], float] = half_jitter,
        clock: Clock | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._model = model
        self._transport = transport
        self._buckets = Buckets(clock, sleep)
        self._pauses = Pauses(retries or Retries(), sleep, jitter)
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def question(self, texts: Sequence[str]) -> list[list[float]]:
        """As `vectors`, for few texts, at once or not at all: it waits behind no batch for its
        turn, and what fails isn't tried again.

        Raises ModelRateLimitError, too, where the account's rate leaves no room now.
        """
        model, upstream = chosen(self._catalogue, self._model)
        rate, provider = model.rate(upstream), upstream.provider.name
        taken = self._buckets.try_take(_key(upstream), estimate(*texts), rate)
        if not isinstance(taken, Booking):
            raise ModelRateLimitError(
                "model_budget_exhausted", provider=provider, retry_after=taken, seconds=0
            )
        return await self._asked(upstream, texts)

    async def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text, all of one length, as the provider gives them.

        No text may be empty. Raises NotFoundError or ModelUnavailableError for a model that
        can't be asked, ModelError; an answer with other than one vector of numbers for each text
        is a ModelProtocolError.
        """
        model, upstream = chosen(self._catalogue, self._model)
        starts = range(0, len(texts), MOST_INPUTS)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(
                        self._retried(model, upstream, texts[start : start + MOST_INPUTS])
                    )
                    for start in starts
                ]
        except ExceptionGroup as faults:
            raise faults.exceptions[0] from None
        found = [vector for task in tasks for vector in task.result()]
        if len({len(vector) for vector in found}) > 1:
            raise _invalid("vectors of several lengths", upstream)
        return found

    async def aclose(self) -> None:
        """Closes the transport."""
        await self._transport.aclose()

    async def _retried(
        self, model: Model, upstream: Upstream, texts: Sequence[str]
    ) -> list[list[float]]:
        attempt = 0
        async with self._turns:
            while True:
                attempt += 1
                try:
                    await self._buckets.acquire(
                        _key(upstream),
                        estimate(*texts),
                        _leaving_room(model.rate(upstream)),
                        provider=upstream.provider.name,
                    )
                    return await self._asked(upstream, texts)
                except MAY_PASS as fault:
                    await self._pauses.pause_or_raise(fault, attempt)

    async def _asked(self, upstream: Upstream, texts: Sequence[str]) -> list[list[float]]:
        asked = {"model": upstream.model, "input": list(texts), "encoding_format": "float"}
        body = orjson.dumps(asked)
        answer = await self._transport.open(upstream, body, streamed=False)
        if answer.status != 200:
            raise await refusal(answer, upstream)
        try:
            received = await answer.read()
        finally:
            await answer.aclose()
        return _vectors_of(whole_object(received, upstream), len(texts), upstream)


def _key(upstream: Upstream) -> tuple[str, ...]:
    return upstream.provider.name, upstream.provider.base_url, upstream.model


def _leaving_room(rate: Rate) -> Rate:
    """What batches may take of `rate`, so that a question finds room; 0 stays unlimited."""
    return Rate(*(most and max(1, most - max(1, most // _ROOM)) for most in rate))


def _vectors_of(answer: dict[str, Any], count: int, upstream: Upstream) -> list[list[float]]:
    """The vectors in an answer, in the order of the texts that were asked about."""
    rows = answer.get("data")
    if not isinstance(rows, list) or len(rows) != count:
        raise _invalid("another number of vectors than of texts", upstream)
    found: dict[int, list[float]] = {}
    for place, row in enumerate(rows):
        vector = row.get("embedding") if isinstance(row, dict) else None
        if not isinstance(vector, list) or not vector or not all(map(_is_number, vector)):
            raise _invalid("a vector that is no list of numbers", upstream)
        index = row.get("index", place)
        if type(index) is not int:
            raise _invalid("an index that is no number", upstream)
        found[index] = vector
    if found.keys() != set(range(count)):
        raise _invalid("vectors of other texts", upstream)
    return [found[place] for place in range(count)]


def _is_number(value: Any) -> bool:
    return type(value) is float or type(value) is int


def _invalid(detail: str, upstream: Upstream) -> ModelProtocolError:
    provider, model = upstream.provider.name, upstream.model
    return ModelProtocolError("model_answer_invalid", detail=detail, provider=provider, model=model)
