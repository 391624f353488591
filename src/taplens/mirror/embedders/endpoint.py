"""The embedder that asks a provider: whatever serves `/v1/embeddings`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from taplens.errors import EmbeddingError, ModelError, ModelTimeoutError
from taplens.llm.bounded import Bounded
from taplens.mirror.threads import in_thread

if TYPE_CHECKING:
    from taplens.llm.embeddings import EmbeddingsClient
    from taplens.mirror.embedders.arrays import Floats


_QUESTIONS = 256  # remembered
PATIENCE_SECONDS = 5.0  # how long an answer waits for the vector of its question
REST_SECONDS = 30.0  # after a fault, in which no question is asked: nobody waits for it twice
_LARGEST = 1e18  # beyond it the squares of vectors can't be summed


class EndpointEmbedder:
    """See Embedder. The texts of the items leave this machine, to the provider that was chosen."""

    least = 0.4
    whitened = False
    batch = 64  # items: so much at most is asked for again after a fault

    def __init__(self, model: str, client: EmbeddingsClient) -> None:
        """`model` is "provider/model"; `client` asks for it."""
        self.name = f"endpoint {model}"
        self._model = model
        self._client = client
        self._fault: ModelError | EmbeddingError | None = None
        self._rests_until = 0.0
        # Every page of an answer asks the same question.
        self._questions: Bounded[tuple[str, ...], Floats] = Bounded(_QUESTIONS, lambda _: False)

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """See Embedder. A question whose answer takes long raises ModelTimeoutError."""
        if not query:
            return await in_thread(partial(checked, await self._client.vectors(texts), self.name))
        known = self._questions.get(tuple(texts))
        if known is None:
            known = self._questions.remember(tuple(texts), await self._answered(texts))
        return known

    async def _answered(self, texts: Sequence[str]) -> Floats:
        """The vectors of questions; what has just failed isn't asked again."""
        if self._fault is not None and time.monotonic() < self._rests_until:
            raise self._fault.with_traceback(None)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = checked(await self._client.question(texts), self.name)
        except (ModelError, EmbeddingError) as fault:
            self._rest(fault)
            raise
        except TimeoutError as fault:
            provider, seconds = self._model.partition("/")[0], round(PATIENCE_SECONDS)
            slow = ModelTimeoutError("model_too_slow", provider=provider, seconds=seconds)
            self._rest(slow)
            raise slow from fault
        self._fault = None
        return found

    def _rest(self, fault: ModelError | EmbeddingError) -> None:
        self._fault, self._rests_until = fault, time.monotonic() + REST_SECONDS

    async def aclose(self) -> None:
        """See Embedder."""
        await self._client.aclose()


def checked(vectors: Sequence[Sequence[float]], name: str) -> Floats:
    """`vectors` as an array of lengths 1. Raises EmbeddingError where a number is none."""
    import numpy as np

    from taplens.mirror.embedders.arrays import normalized

    try:
        found = np.array(vectors, np.float64)
    except (OverflowError, TypeError, ValueError) as fault:
        raise EmbeddingError("embedding_numbers", embedder=name) from fault
    if not (np.abs(found) < _LARGEST).all():  # what is no number isn't less, either
        raise EmbeddingError("embedding_numbers", embedder=name)
    return normalized(found)
