"""Joining rankings of different kinds into one: reciprocal rank fusion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# How little it matters whether an item stands first or tenth in one ranking, beside standing in
# several. From 5 to 60 the judged set's recall is the same within a hundredth.
_FLATNESS = 20


def fused(rankings: Iterable[tuple[float, Sequence[int]]]) -> list[int]:
    """The keys of all `rankings`, each with its weight, by the sum of their reciprocal ranks.

    What is equal keeps the order in which it was met.
    """
    scores: dict[int, float] = {}
    for weight, keys in rankings:
        for rank, key in enumerate(keys, start=1):
            scores[key] = scores.get(key, 0.0) + weight / (_FLATNESS + rank)
    return sorted(scores, key=scores.__getitem__, reverse=True)
