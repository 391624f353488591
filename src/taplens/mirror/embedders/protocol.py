"""What every embedder does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from taplens.mirror.embedders.arrays import Floats


class Embedder(Protocol):
    """Makes vectors of texts whose nearness is nearness in meaning.

    `name` is its identity: vectors of another name are never compared with its own. `least` is
    the cosine below which a question and a text have nothing to do with each other; `batch` how
    many items it likes to be given at once. `whitened`: its numbers count what texts hold, so
    that in a question what most texts hold is to count less.
    """

    name: str
    least: float
    whitened: bool
    batch: int

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> Floats:
        """One vector of length 1 for each text (a row of zeros for a text that says nothing).

        `query` says that they are questions. Raises EmbeddingError or ModelError.
        """
        ...

    async def aclose(self) -> None:
        """Let go what is open."""
        ...
