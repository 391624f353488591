"""Which requirements a case may belong to: those that share its rarer words."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from taplens.evaluate.model import Case, Requirement
from taplens.mirror.index.tokens import tokens

_DESCRIBED = 2_000  # characters of a description that count


class Relevance:
    """Ranks `requirements` for a case by the tokens of the index that both have, a rare one more
    than a common one.
    """

    def __init__(self, requirements: Sequence[Requirement]) -> None:
        self._requirements = requirements
        self._holding: dict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(requirements):
            text = "\n".join((one.title, one.description[:_DESCRIBED], one.acceptance_criteria))
            for token in set(tokens(text)):
                self._holding[token].append(place)

    def of(self, case: Case, most: int) -> list[Requirement]:
        """The `most` nearest requirements of a case, the nearest first."""
        scores: Counter[int] = Counter()
        text = "\n".join((case.title, case.folder, case.precondition, case.steps, case.expected))
        for token in set(tokens(text)):
            places = self._holding.get(token, ())
            for place in places:
                weight = math.log1p(len(self._requirements) / len(places))
                scores[place] += round(1_000 * weight)
        ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
        return [self._requirements[place] for place, _ in ranked[:most]]
