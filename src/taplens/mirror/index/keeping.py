"""Keeping the index in step with the items, inside the transaction that changes them.

The row `index` of `stream` says how far: where there is none, the first load is under way and
pages land without the index; while it is built, items up to `position` are kept in step; once it
is complete, all are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, func, select

from taplens.mirror.bulk import insert_tuples
from taplens.mirror.dialects import among
from taplens.mirror.index.documents import Document, made, stored
from taplens.mirror.index.engines import engine_of
from taplens.mirror.index.tables import document
from taplens.mirror.schema import item, stream, workspace
from taplens.mirror.sync.streams import INDEX, Stream, load_stream, save_stream
from taplens.mirror.vectors.keeping import embedded, mark_stale

CHUNK = 1_000  # items a transaction: about a second


def keep(connection: Connection, workspace_key: int, keys: Iterable[int]) -> None:
    """Bring the index in step with these items, as far as it is written yet."""
    state = load_stream(connection, workspace_key, INDEX)
    reached = state.position.get("item", 0)
    refresh(connection, [key for key in keys if state.complete or key <= reached])


def refresh(connection: Connection, keys: Sequence[int]) -> None:
    """Let the index hold these items as the mirror has them; what is the same stays."""
    if not keys:
        return
    engine = engine_of(connection.dialect.name)
    before = stored(connection, keys)
    after = made(connection, keys)
    packed = {key: found.packed for key, found in after.items()}
    stale = [key for key, text in before.items() if packed.get(key) != text]
    fresh = [key for key, text in packed.items() if before.get(key) != text]
    engine.remove(connection, [(key, Document.restored(before[key])) for key in stale])
    mark_stale(connection, list({*stale, *fresh}))  # what is anew may have had vectors before
    if stale:
        connection.execute(
            delete(document).where(among(document.c.item, stale, connection.dialect.name))
        )
    engine.add(connection, [(key, after[key]) for key in fresh])
    insert_tuples(connection, document, [(key, packed[key]) for key in fresh])


def is_complete(connection: Connection, workspace_ids: Iterable[str]) -> bool:
    """Whether everything that the mirror has of these workspaces can be found."""
    missing = (
        select(workspace.c.key)
        .outerjoin(
            stream,
            and_(stream.c.workspace == workspace.c.key, stream.c.name == INDEX, stream.c.complete),
        )
        .where(workspace.c.id.in_(list(workspace_ids)), stream.c.name.is_(None))
    )
    return connection.execute(missing.limit(1)).first() is None


def build_chunk(connection: Connection, workspace_key: int, chunk: int = CHUNK) -> int:
    """Index the next items of a workspace; returns how many, 0 where none were left.

    It doesn't matter who builds, and how often that is interrupted: the position moves in the
    transaction of the items it stands for.
    """
    state = load_stream(connection, workspace_key, INDEX)
    if state.complete:
        return 0
    reached = state.position.get("item", 0)
    keys = list(
        connection.scalars(
            select(item.c.key)
            .where(item.c.workspace == workspace_key, item.c.key > reached)
            .order_by(item.c.key)
            .limit(chunk)
        )
    )
    refresh(connection, keys)
    state = state.at(item=keys[-1]) if keys else Stream(INDEX, complete=True)
    save_stream(connection, workspace_key, state)
    return len(keys)


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of one workspace the index holds, and how much of it has fresh vectors."""

    workspace_id: str
    items: int
    indexed: int
    embedded: int
    complete: bool


def reaches(connection: Connection, embedder: str = "") -> list[Reach]:
    """How far the index and the vectors of `embedder` reach, by workspace."""
    vectors = embedded(connection, embedder)
    held = (
        select(item.c.workspace, func.count().label("items"), func.count(document.c.item))
        .outerjoin(document, document.c.item == item.c.key)
        .group_by(item.c.workspace)
    )
    counts = {key: (items, indexed) for key, items, indexed in connection.execute(held)}
    return [
        Reach(
            row.id,
            *counts.get(row.key, (0, 0)),
            vectors.get(row.key, 0),
            is_complete(connection, [row.id]),
        )
        for row in connection.execute(select(workspace.c.key, workspace.c.id)).all()
    ]


def begin_anew(connection: Connection) -> None:
    """Empty the index of all workspaces; building begins at the start."""
    engine_of(connection.dialect.name).clear(connection)
    connection.execute(delete(document))
    for key in connection.scalars(select(workspace.c.key)).all():
        save_stream(connection, key, Stream(INDEX))
