"""Keeping the vectors in step with the index: what is still to be embedded, and its landing."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from taplens.errors import EmbeddingError
from taplens.mirror.bulk import insert_tuples
from taplens.mirror.dialects import among
from taplens.mirror.index.documents import Document, stored
from taplens.mirror.index.tables import document
from taplens.mirror.schema import item, stream
from taplens.mirror.sync.streams import EMBEDDING, INDEX, Stream, load_stream, save_stream
from taplens.mirror.vectors.chunks import chunks_of
from taplens.mirror.vectors.tables import embedder, vector

if TYPE_CHECKING:
    from taplens.mirror.embedders.arrays import Floats

_NOTHING = b""
# Keys are drawn, never given out again: else who holds the vectors in memory would take those of
# the same embedder, dropped and made anew, for what it has.
_MOST_KEYS = 2**31 - 1
# So long vectors stay that nobody keeps any more: another process may have another embedder.
_UNKEPT_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Text:
    """An item that is to be embedded: its document as it is stored, and the chunks of it.

    `held`: the vectors that are there were made of these very chunks. `refused`: the embedder
    makes none of them.
    """

    item: int
    packed: bytes
    chunks: list[str]
    held: bool = False
    refused: bool = False

    @property
    def wanted(self) -> list[str]:
        """The chunks whose vectors are to be stored."""
        return [] if self.held or self.refused else self.chunks

    @property
    def digest(self) -> bytes:
        """What tells whether the chunks have changed."""
        return digest_of(self.chunks)


def digest_of(chunks: Iterable[str]) -> bytes:
    """A short fingerprint of chunks."""
    joined = "\0".join(chunks).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=12).digest()


def mark_stale(connection: Connection, keys: Sequence[int]) -> None:
    """These items' texts have changed: their vectors, whoever made them, are to be made anew."""
    if not keys:
        return
    makers = select(embedder.c.key)
    connection.execute(
        update(vector)
        .where(vector.c.embedder.in_(makers), among(vector.c.item, keys, connection.dialect.name))
        .values(stale=True)
    )


def begin_anew(connection: Connection) -> None:
    """Let every vector be made anew; those that are there serve until then."""
    connection.execute(update(vector).values(stale=True, digest=_NOTHING))
    connection.execute(delete(stream).where(stream.c.name == EMBEDDING))


def dimensions_of(connection: Connection, name: str) -> int:
    """How many numbers the vectors by `name` have; 0 where there are none."""
    query = select(embedder.c.dimensions).where(embedder.c.name == name)
    return connection.scalar(query) or 0


def key_of(connection: Connection, name: str) -> int | None:
    """The key of the embedder called `name`; None before its first vectors."""
    key: int | None = connection.scalar(select(embedder.c.key).where(embedder.c.name == name))
    return key


# An item, its document as it is stored, and the fingerprint of its vectors' chunks, if any.
Waiting = tuple[int, bytes, bytes | None]


def next_items(connection: Connection, workspace_key: int, name: str, most: int) -> list[Waiting]:
    """Items of a workspace whose vectors by `name` are missing or stale, at most `most`."""
    key = key_of(connection, name)
    rows = connection.execute(_stale(workspace_key, key).limit(most)).all() if key else []
    held = {row.item: row.digest for row in rows}
    if len(held) < most:
        missing = _missing(workspace_key, key).limit(most - len(held))
        held |= dict.fromkeys(connection.scalars(missing))
    texts = stored(connection, list(held))
    return [(found, texts[found], digest) for found, digest in held.items()]


def text_of(waiting: Waiting) -> Text:
    """The chunks of an item."""
    key, packed, digest = waiting
    chunks = chunks_of(Document.restored(packed))
    return Text(key, packed, chunks, held=digest == digest_of(chunks))


def _stale(workspace_key: int, key: int | None) -> Select[tuple[int, bytes]]:
    return (
        select(vector.c.item, vector.c.digest)
        .join(item, item.c.key == vector.c.item)
        .join(document, document.c.item == vector.c.item)  # while a rebuild goes on, later
        .where(vector.c.embedder == key, vector.c.stale, item.c.workspace == workspace_key)
    )


def _missing(workspace_key: int, key: int | None) -> Select[tuple[int]]:
    made = select(vector.c.item).where(vector.c.embedder == key, vector.c.item == item.c.key)
    return (
        select(item.c.key)
        .join(document, document.c.item == item.c.key)
        .where(item.c.workspace == workspace_key, ~made.exists())
        .order_by(item.c.key)
    )


def store(connection: Connection, name: str, texts: Sequence[Text], vectors: Floats | None) -> None:
    """Land the vectors of the `wanted` chunks of `texts`, all in order (None where there are none).

    Of texts that are `held` the vectors stay; those that are `refused` have none. What has changed
    since it was read stays stale. Raises EmbeddingError where the vectors are not as long as those
    that are there.
    """
    from taplens.mirror.embedders.arrays import packed

    dimensions = 0 if vectors is None else vectors.shape[1]
    key = _registered(connection, name, dimensions)
    now = stored(connection, [text.item for text in texts])
    revision = 1 + (
        connection.scalar(select(func.max(vector.c.revision)).where(vector.c.embedder == key)) or 0
    )
    rows, unchanged, start = [], [], 0
    for text in texts:
        end = start + len(text.wanted)
        if now.get(text.item) == text.packed:
            if text.held:
                unchanged.append(text.item)
            else:
                data = _NOTHING if vectors is None else packed(vectors[start:end]).tobytes()
                rows.append((key, text.item, False, revision, text.digest, data))
        start = end
    _replace(connection, key, rows)
    _unmark(connection, key, unchanged)


def _registered(connection: Connection, name: str, dimensions: int) -> int:
    """The embedder's key; made at its first vectors."""
    row = connection.execute(select(embedder).where(embedder.c.name == name)).one_or_none()
    if row is None:
        made = 1 + secrets.randbelow(_MOST_KEYS)
        values = {"key": made, "name": name, "dimensions": dimensions, "kept_at": 0}
        connection.execute(insert(embedder).values(**values))
        return made
    if dimensions and not row.dimensions:  # so far only items without a text
        connection.execute(
            update(embedder).where(embedder.c.key == row.key).values(dimensions=dimensions)
        )
    elif dimensions and dimensions != row.dimensions:
        raise EmbeddingError(
            "embedding_dimensions", embedder=name, found=dimensions, known=row.dimensions
        )
    key: int = row.key
    return key


def _replace(connection: Connection, key: int, rows: Sequence[tuple[object, ...]]) -> None:
    keys = [int(str(row[1])) for row in rows]
    held = among(vector.c.item, keys, connection.dialect.name)
    connection.execute(delete(vector).where(vector.c.embedder == key, held))
    insert_tuples(connection, vector, rows)


def _unmark(connection: Connection, key: int, keys: Sequence[int]) -> None:
    held = among(vector.c.item, keys, connection.dialect.name)
    connection.execute(update(vector).where(vector.c.embedder == key, held).values(stale=False))


def save_reach(connection: Connection, workspace_key: int, name: str, *, complete: bool) -> None:
    """Remember whether every item of a workspace had its vectors by `name` at the last look."""
    state = load_stream(connection, workspace_key, EMBEDDING)
    known = Stream(EMBEDDING, complete, position={"embedder": name})
    if state != known:
        save_stream(connection, workspace_key, known)


def is_complete(connection: Connection, workspace_keys: Iterable[int], name: str) -> bool:
    """Whether every item of these workspaces had its vectors by `name` at the last look."""
    states = [load_stream(connection, key, EMBEDDING) for key in workspace_keys]
    return all(one.complete and one.position.get("embedder") == name for one in states)


def end(connection: Connection, workspace_key: int, name: str, at: int, *, complete: bool) -> None:
    """A run over a workspace has ended at `at` (UTC epoch seconds): remember how far it came.

    Vectors that nobody keeps any more are dropped.
    """
    connection.execute(update(embedder).where(embedder.c.name == name).values(kept_at=at))
    whole = complete and load_stream(connection, workspace_key, INDEX).complete
    save_reach(connection, workspace_key, name, complete=whole)
    drop_others(connection, name, at - _UNKEPT_SECONDS)


def drop_others(connection: Connection, name: str = "", unkept_since: int | None = None) -> None:
    """Drop the vectors of all embedders but `name`; those alone that nobody has kept since."""
    is_other = embedder.c.name != name
    if unkept_since is not None:
        is_other &= embedder.c.kept_at < unkept_since
    drop(connection, connection.scalars(select(embedder.c.name).where(is_other)).all())


def drop(connection: Connection, names: Sequence[str]) -> None:
    """Drop the vectors of these embedders."""
    for name in names:
        connection.execute(delete(vector).where(vector.c.embedder == key_of(connection, name)))
        connection.execute(delete(embedder).where(embedder.c.name == name))


def embedded(connection: Connection, name: str) -> dict[int, int]:
    """How many items have fresh vectors by `name`, by workspace key."""
    rows = connection.execute(
        select(item.c.workspace, func.count())
        .join(vector, vector.c.item == item.c.key)
        .where(vector.c.embedder == key_of(connection, name), ~vector.c.stale)
        .group_by(item.c.workspace)
    )
    return {row[0]: row[1] for row in rows}
