"""Embedders for tests that remember what they were given, and a way to embed a whole mirror."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import select

from taplens.mirror.database import Database
from taplens.mirror.embedders.arrays import Floats
from taplens.mirror.embedders.builtin import BuiltinEmbedder, vectors_of
from taplens.mirror.embedders.protocol import Embedder
from taplens.mirror.schema import workspace
from taplens.mirror.vectors import keeping
from taplens.mirror.vectors.embedding import embed_batch
from taplens.search.meaning import Sense
from tests.search.corpus import NOW


class Remembering(BuiltinEmbedder):
    """The built-in one under another name, in small batches, which remembers every text."""

    batch = 2

    def __init__(self, name: str = "remembering", dimensions: int = 512) -> None:
        self.name = name
        self.texts: list[str] = []
        self._dimensions = dimensions

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        self.texts += texts
        return np.ascontiguousarray(vectors_of(texts)[:, : self._dimensions])


async def embed(database: Database, embedder: Embedder, at: int = NOW) -> int:
    """Embed everything that isn't; how many items that were."""
    with database.read() as connection:
        keys = connection.scalars(select(workspace.c.key)).all()
    done = 0
    for key in keys:
        while batch := await embed_batch(database, key, embedder):
            done += batch
        with database.write() as connection:
            keeping.end(connection, key, embedder.name, at, complete=True)
    return done


def sense(text: str, embedder: Embedder | None = None) -> Sense:
    """What `text` means to an embedder of the built-in kind."""
    by = embedder or BuiltinEmbedder()
    return Sense(by.name, by.least, by.whitened, vectors_of([text])[0])
