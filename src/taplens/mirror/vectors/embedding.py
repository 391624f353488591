"""Embedding the next items of a workspace: read, made into vectors, landed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from taplens.errors import EmbeddingError, ModelRequestError
from taplens.mirror.threads import in_thread
from taplens.mirror.vectors import keeping
from taplens.mirror.vectors.keeping import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taplens.mirror.database import Database
    from taplens.mirror.embedders.arrays import Floats
    from taplens.mirror.embedders.protocol import Embedder

SAMPLE = "登录闪退 login crash"  # what any embedder can make a vector of


async def embed_batch(
    mirror: Database,
    workspace_key: int,
    embedder: Embedder,
    on_refused: Callable[[], None] = lambda: None,
) -> int:
    """Embed the next items whose vectors are missing or stale, in a transaction of their own.

    Returns how many they were, 0 where none was left. What changed while it was embedded is
    among the next ones again. An item that the embedder refuses gets no vectors until its texts
    change, and `on_refused` is called. Raises EmbeddingError, ModelError, UsageError, MirrorError.
    """
    texts = await in_thread(partial(_next, mirror, workspace_key, embedder))
    if not texts:
        return 0
    vectors, refused = await _made(embedder, [text for text in texts if text.wanted])
    if refused:
        texts = [replace(text, refused=text.item in refused) for text in texts]
        on_refused()
    await in_thread(partial(_land, mirror, embedder.name, texts, vectors))
    return len(texts)


async def _made(embedder: Embedder, texts: Sequence[Text]) -> tuple[list[Floats], set[int]]:
    """The vectors of all wanted chunks, in order, and the items whose texts are refused: one that
    can't be embedded must not keep the others from it, so what is refused is asked for by halves.
    """
    chunks = [chunk for text in texts for chunk in text.wanted]
    if not chunks:
        return [], set()
    try:
        return [await embedder.embed(chunks)], set()
    except (ModelRequestError, EmbeddingError):
        if len(texts) == 1:
            await embedder.embed([SAMPLE])  # raises where it isn't the text that is refused
            return [], {texts[0].item}
    middle = len(texts) // 2
    first, refused = await _made(embedder, texts[:middle])
    others, more = await _made(embedder, texts[middle:])
    return first + others, refused | more


def _next(mirror: Database, workspace_key: int, embedder: Embedder) -> list[Text]:
    with mirror.read() as connection:
        found = keeping.next_items(connection, workspace_key, embedder.name, embedder.batch)
    return list(map(keeping.text_of, found))


def _land(mirror: Database, name: str, texts: Sequence[Text], vectors: Sequence[Floats]) -> None:
    import numpy as np

    lengths = sorted({part.shape[1] for part in vectors})
    if len(lengths) > 1:
        first, *_, last = lengths
        raise EmbeddingError("embedding_dimensions", embedder=name, found=first, known=last)
    with mirror.write() as connection:
        keeping.store(connection, name, texts, np.concatenate(vectors) if vectors else None)
