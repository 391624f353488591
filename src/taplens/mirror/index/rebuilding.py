"""Making the index anew: beside readers, and beside a sync of another process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from taplens.mirror.index.keeping import begin_anew, build_chunk
from taplens.mirror.schema import item, workspace
from taplens.mirror.sync.progress import ProgressEvent
from taplens.mirror.sync.streams import EMBEDDING, INDEX
from taplens.mirror.threads import in_thread
from taplens.mirror.vectors import keeping
from taplens.mirror.vectors.embedding import SAMPLE, embed_batch

if TYPE_CHECKING:
    from taplens.clock import Clock
    from taplens.mirror.database import Database
    from taplens.mirror.embedders.protocol import Embedder
    from taplens.mirror.sync.progress import Progress


async def rebuild(
    mirror: Database,
    clock: Clock,
    chosen: Callable[[], Awaitable[Embedder | None]],
    progress: Progress | None = None,
) -> int:
    """Empty the index and fill it again, a chunk a transaction; returns how many items.

    Then the vectors are made anew, too, by the embedder that `chosen` gives (None: there are to
    be none); the old ones serve until then. Readers are never blocked; until the index is done
    they find words in titles only. An interrupted rebuild is ended by the next sync. Raises
    MirrorError, and, once the index is done, what the embedder and its choice raise.
    """
    began, done = clock.monotonic(), 0
    await in_thread(partial(_begin, mirror))
    for key, workspace_id, total in await in_thread(partial(_workspaces, mirror)):
        indexed = 0
        while chunk := await in_thread(partial(_build, mirror, key)):
            indexed, done = indexed + chunk, done + chunk
            if progress is not None:
                rate = done / max(clock.monotonic() - began, 0.001)
                left = (total - indexed) / rate
                progress(ProgressEvent(workspace_id, INDEX, indexed, total, 0, rate, left))
    embedder = await chosen()
    if embedder is not None:
        await _embed(mirror, clock, embedder, progress)
    name = embedder.name if embedder is not None else ""
    await in_thread(partial(_written, mirror, keeping.drop_others, name))
    return done


async def _embed(
    mirror: Database, clock: Clock, embedder: Embedder, progress: Progress | None
) -> None:
    length = (await embedder.embed([SAMPLE])).shape[1]
    await in_thread(partial(_written, mirror, _begin_vectors, embedder.name, length))
    began, done = clock.monotonic(), 0
    for key, workspace_id, total in await in_thread(partial(_workspaces, mirror)):
        embedded = 0
        while chunk := await embed_batch(mirror, key, embedder):
            embedded, done = embedded + chunk, done + chunk
            if progress is not None:
                rate = done / max(clock.monotonic() - began, 0.001)
                left = (total - embedded) / rate
                progress(ProgressEvent(workspace_id, EMBEDDING, embedded, total, 0, rate, left))
        ended = partial(keeping.end, complete=True)
        await in_thread(partial(_written, mirror, ended, key, embedder.name, clock.now()))


def _begin(mirror: Database) -> None:
    with mirror.write() as connection:
        begin_anew(connection)


def _begin_vectors(connection: Connection, name: str, length: int) -> None:
    """Let the vectors by `name` be made anew; those of another length than now are of no use."""
    if keeping.dimensions_of(connection, name) not in (0, length):
        keeping.drop(connection, [name])
    keeping.begin_anew(connection)


def _written(mirror: Database, function: Callable[..., object], *given: object) -> None:
    with mirror.write() as connection:
        function(connection, *given)


def _build(mirror: Database, key: int) -> int:
    with mirror.write() as connection:
        return build_chunk(connection, key)


def _workspaces(mirror: Database) -> list[tuple[int, str, int]]:
    """Key, id and number of items of every workspace."""
    with mirror.read() as connection:
        return [
            (row.key, row.id, _items(connection, row.key))
            for row in connection.execute(select(workspace.c.key, workspace.c.id)).all()
        ]


def _items(connection: Connection, key: int) -> int:
    query = select(func.count()).select_from(item).where(item.c.workspace == key)
    return connection.scalar(query) or 0
