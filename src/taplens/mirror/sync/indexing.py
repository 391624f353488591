"""Building the full-text index: in chunks after the first load, while everything else goes on."""

from __future__ import annotations

from taplens.mirror.index.keeping import build_chunk
from taplens.mirror.landing import Place
from taplens.mirror.sync.job import Job
from taplens.mirror.sync.streams import INDEX


async def build_index(job: Job) -> None:
    """Index what isn't yet, each chunk in a transaction of its own; resumable at any of them.

    Items that land meanwhile are indexed by their landing, or come in their turn.
    """
    if (await job.stream(INDEX)).complete:
        return
    while indexed := await job.land(job.clock.now(), _build):
        job.meter.advanced(job.workspace_id, INDEX, indexed)


def _build(place: Place) -> int:
    return build_chunk(place.connection, place.workspace)
