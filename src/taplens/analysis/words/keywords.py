"""Which words tell a selection of items from the others: the formulas, apart from any reading."""

from __future__ import annotations

import math

SIGNIFICANT = 1.96  # standard errors: a word that tells nothing passes it one time in forty


def log_odds(inside: int, selected: int, outside: int, others: int) -> float:
    """How surely a word stands in the selected items more often than in the others.

    The natural logarithm of the ratio of the odds that an item holds it, over its standard error,
    with half an item added to each of the four counts (Haldane 1956, Anscombe 1956). `inside` of
    the `selected` items hold the word, `outside` of the `others`.
    """
    counts = (inside, selected - inside, outside, others - outside)
    held, lacking, held_there, lacking_there = (count + 0.5 for count in counts)
    ratio = math.log(held / lacking) - math.log(held_there / lacking_there)
    return ratio / math.sqrt(1 / held + 1 / lacking + 1 / held_there + 1 / lacking_there)


def tf_idf(count: int, items: int, selected: int) -> float:
    """How much a word tells items apart where there are no others: occurrences, times how rare
    the items are that hold it (Spärck Jones 1972).
    """
    return count * math.log(selected / items)
