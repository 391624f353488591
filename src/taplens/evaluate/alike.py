"""Cases that say the same, or nearly: by the tokens of their texts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from taplens.evaluate.model import Case
from taplens.mirror.index.tokens import normalized, tokens

NEAR = 0.85  # the share of tokens that two texts must have in common
_LOOKED_FOR = 12  # of a case's rarest tokens
_MOST_WITH = 60  # cases that have a token: one that more have tells nothing


def same(cases: Sequence[Case]) -> dict[int, int]:
    """Place of a case -> place of the first that says the same, whatever case and width."""
    first: dict[str, int] = {}
    found = {}
    for place, case in enumerate(cases):
        text = " ".join(normalized(_text(case)).split())
        if text:
            earlier = first.setdefault(text, place)
            if earlier != place:
                found[place] = earlier
    return found


def near(cases: Sequence[Case]) -> dict[int, int]:
    """Place of a case -> place of the earlier one that is nearest to it, if any is near.

    Only cases that share one of their rarest tokens are compared.
    """
    sets = [frozenset(tokens(_text(case))) for case in cases]
    spread = Counter(token for told in sets for token in told)
    held: dict[str, list[int]] = defaultdict(list)
    found = {}
    for place, told in enumerate(sets):
        shared = (token for token in told if 1 < spread[token] <= _MOST_WITH)
        telling = sorted(shared, key=lambda token: (spread[token], token))[:_LOOKED_FOR]
        others = {one for token in telling for one in held[token]}
        best = max(others, key=lambda one: (_common(told, sets[one]), -one), default=None)
        if best is not None and _common(told, sets[best]) >= NEAR:
            found[place] = best
        for token in telling:
            held[token].append(place)
    return found


def _common(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard: what both have of what either has."""
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0.0


def _text(case: Case) -> str:
    return "\n".join((case.title, case.precondition, case.steps, case.expected))
