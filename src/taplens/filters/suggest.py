"""The nearest names to one that isn't known: for "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable

from taplens.filters.characters import fold

_CONSIDERED_CHARACTERS = 60  # of a name: the comparison takes time by their square
_LEAST_ALIKE = 0.5  # two of four characters: short Chinese labels share no more


def nearest(name: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """The up to `limit` candidates most like `name`, the nearest first.

    Case, width, blanks, `_` and `-` make no difference. The same name comes first, then one that
    begins the other, then one that contains the other, then those alike by their characters.
    """
    wanted = _essence(name)
    if not wanted or limit <= 0:
        return []
    scored = []
    for candidate in dict.fromkeys(candidates):
        score = _likeness(wanted, _essence(candidate))
        if score >= _LEAST_ALIKE:
            scored.append((-score, len(candidate), candidate))
    return [candidate for _, _, candidate in sorted(scored)[:limit]]


def _essence(name: str) -> str:
    kept = (
        character
        for character in fold(name[: 2 * _CONSIDERED_CHARACTERS])
        if not character.isspace() and character not in "_-"
    )
    return "".join(kept)[:_CONSIDERED_CHARACTERS]


def _likeness(wanted: str, candidate: str) -> float:
    """From 0 to 3: 3 for the same, above 2 for a prefix, above 1 for containment."""
    if not candidate:
        return 0.0
    shorter, longer = sorted((wanted, candidate), key=len)
    share = len(shorter) / len(longer)
    if wanted == candidate:
        return 3.0
    if longer.startswith(shorter):
        return 2.0 + share * 0.9
    if shorter in longer:
        return 1.0 + share * 0.9
    return _ratio(wanted, candidate)


def _ratio(wanted: str, candidate: str) -> float:
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, wanted, candidate, autojunk=False)
    # The cheap upper bounds first: most candidates fall there.
    if matcher.real_quick_ratio() < _LEAST_ALIKE or matcher.quick_ratio() < _LEAST_ALIKE:
        return 0.0
    return matcher.ratio()
