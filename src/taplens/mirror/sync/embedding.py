"""Making the vectors of what the index holds: batch by batch, each in a transaction of its own."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from taplens.errors import EmbeddingError, ModelError, UsageError
from taplens.mirror.landing import Place
from taplens.mirror.sync.job import Job
from taplens.mirror.sync.streams import EMBEDDING, INDEX
from taplens.mirror.vectors import keeping
from taplens.mirror.vectors.embedding import embed_batch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from taplens.mirror.embedders.protocol import Embedder

logger = logging.getLogger(__name__)
WARNING = "warning.not_embedded"
REFUSED = "warning.embedding_refused"
# After which the rest is left to the next cycle: meanwhile nothing new is read from TAPD.
MOST_SECONDS = 300.0


async def embed_items(job: Job, chosen: Callable[[], Awaitable[Embedder | None]]) -> bool:
    """Embed what has no vectors yet or other texts than before; resumable at any batch.

    `chosen` gives the embedder, None where there is to be none. One that can't be used or fails
    ends this step alone, with a warning in the report; a long one is ended, too: what it did is
    kept, the next cycle goes on. Returns whether it came to its end. Raises MirrorError.
    """
    if not (await job.stream(INDEX)).complete:
        return True
    name, complete = "", False
    deadline = job.clock.monotonic() + MOST_SECONDS
    try:
        embedder = await chosen()
        name = embedder.name if embedder is not None else ""
        complete = embedder is None or await _embed(job, embedder, deadline)
    except (EmbeddingError, ModelError, UsageError) as fault:
        logger.warning("Items were not embedded: %s", fault.message("en"))
        job.meter.warn(WARNING)
    await job.land(job.clock.now(), _ended, name, complete=complete)
    return complete


async def _embed(job: Job, embedder: Embedder, deadline: float) -> bool:
    """Whether nothing was left at `deadline`; at least one batch is embedded."""
    refused = partial(job.meter.warn, REFUSED)
    while done := await embed_batch(job.mirror, job.workspace, embedder, refused):
        job.meter.advanced(job.workspace_id, EMBEDDING, done)
        if job.clock.monotonic() >= deadline:
            return False
    return True


def _ended(place: Place, name: str, *, complete: bool) -> None:
    keeping.end(place.connection, place.workspace, name, place.at, complete=complete)
