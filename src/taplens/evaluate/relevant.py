"""Which texts are near another: requirements to a case, cases to a requirement."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable

from taplens.evaluate.model import Case, Requirement
from taplens.mirror.index.tokens import tokens

_DESCRIBED = 2_000  # characters of a description that count


class Relevance:
    """Ranks `texts` by the tokens of the index that they share with another, a rare one more than
    a common one.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._holding: dict[str, list[int]] = defaultdict(list)
        self._count = 0
        for place, text in enumerate(texts):
            self._count = place + 1
            for token in set(tokens(text)):
                self._holding[token].append(place)

    def of(self, text: str, most: int) -> list[int]:
        """The places of the `most` nearest texts, the nearest first; of those that share nothing
        none is.
        """
        scores: Counter[int] = Counter()
        for token in set(tokens(text)):
            places = self._holding.get(token, ())
            for place in places:
                scores[place] += round(1_000 * math.log1p(self._count / len(places)))
        ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
        return [place for place, _ in ranked[:most]]


def text_of_case(case: Case) -> str:
    """What of a case counts."""
    return "\n".join((case.title, case.folder, case.precondition, case.steps, case.expected))


def text_of_requirement(one: Requirement) -> str:
    """What of a requirement counts."""
    return "\n".join((one.title, one.description[:_DESCRIBED], one.acceptance_criteria))
