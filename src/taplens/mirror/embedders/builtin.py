"""The built-in embedder: features hashed into few dimensions. No download, nothing but numpy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING
from zlib import crc32

from taplens.mirror.embedders.features import features
from taplens.mirror.threads import in_thread

if TYPE_CHECKING:
    from taplens.mirror.embedders.arrays import Floats

DIMENSIONS = 512
_VERSION = 1  # of features and concepts: a change of either makes other vectors
_REMEMBERED = 1 << 16
_LEAST_FEATURES = 2  # what has one alone is near to whatever shares its dimension


class BuiltinEmbedder:
    """See Embedder. Two texts are near when they share rare words, parts of them, or notions."""

    name = f"builtin {_VERSION} {DIMENSIONS}"
    least = 0.14  # of whitened questions: one in a hundred right answers lies below
    whitened = True
    batch = 500

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """See Embedder."""
        return await in_thread(partial(vectors_of, texts))

    async def aclose(self) -> None:
        """See Embedder."""


def vectors_of(texts: Sequence[str]) -> Floats:
    """The vectors of `texts`: each feature adds its weight, or takes it away, at one place."""
    import numpy as np

    from taplens.mirror.embedders.arrays import normalized

    vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
    for row, text in zip(vectors, texts, strict=True):
        found = features(text)
        if len(found) >= _LEAST_FEATURES:
            places, signs = zip(*map(_place, found), strict=True)
            weights = np.fromiter(found.values(), np.float32, len(found))
            row[:] = np.bincount(places, weights * signs, DIMENSIONS)
    return normalized(vectors)


@lru_cache(_REMEMBERED)
def _place(feature: str) -> tuple[int, int]:
    """The dimension of a feature and its sign, the same in every process."""
    code = crc32(feature.encode("utf-8", "surrogatepass"))
    return code % DIMENSIONS, 1 if code & 0x80000000 else -1
