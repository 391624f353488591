"""A question as a vector: what its bare words mean, made before the mirror is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taplens.errors import EmbeddingError, ModelError, UsageError
from taplens.filters import And, Node, Query, Words, period_in
from taplens.mirror.scope import Notice
from taplens.mirror.vectors.chunks import LONGEST

if TYPE_CHECKING:
    from taplens.mirror.embedders.arrays import Floats
    from taplens.mirror.keeper import Keeper


@dataclass(frozen=True, slots=True)
class Sense:
    """The vector of a text; `embedder`, `least` and `whitened` are those of what made it.

    `fault` is told in place of a vector that couldn't be made.
    """

    embedder: str
    least: float = 0.0
    whitened: bool = False
    vector: Floats | None = None
    fault: Notice | None = None


# What a question means is to be asked for only where that is needed: see search.find.
UNASKED = Sense("")


def bare_words(where: Node | None) -> list[Words]:
    """The words of a filter that every item meant is near to: neither quoted nor conditions."""
    parts = where.parts if isinstance(where, And) else (where,)
    return [part for part in parts if isinstance(part, Words) and not part.exact]


def bare_text(query: Query, now: int) -> str:
    """The bare words of `query` as one text, without the time that they name in passing."""
    text = " ".join(words.text for words in bare_words(query.where))
    period = period_in(text, now)
    return period.rest if period and period.rest else text


async def sense_of(keeper: Keeper, query: Query) -> Sense | None:
    """What the bare words of `query` mean; None where there are none, or no embedder.

    An embedder that fails gives a Sense that says so.
    """
    if query.sort:  # in an order of one's own words are conditions
        return None
    text = bare_text(query, keeper.clock.now())
    return await sense_of_text(keeper, text) if text.strip() else None


async def sense_of_text(keeper: Keeper, text: str) -> Sense | None:
    """What `text` means, of which a chunk's length counts; see `sense_of`."""
    try:
        embedder = await keeper.embedder()
        if embedder is None:
            return None
        (vector,) = await embedder.embed([text[:LONGEST]], query=True)
    except (EmbeddingError, ModelError, UsageError):
        return Sense("", fault=Notice("embedder_failed"))
    known = vector if vector.any() else None
    return Sense(embedder.name, embedder.least, embedder.whitened, known)
