"""Priorities by the words everybody knows, whatever a team calls its own."""

from __future__ import annotations

from collections.abc import Sequence

from taplens.mirror.catalogue import Catalogue, Option
from taplens.mirror.dialects import fold
from taplens.mirror.names import Part

# From the gravest down: the preset, and what teams call it (TAPD's own codes and labels among it).
PRESETS: tuple[tuple[str, ...], ...] = (
    ("urgent", "紧急", "非常紧急", "最高", "p0", "critical", "blocker"),
    ("high", "高", "重要", "p1", "major"),
    ("medium", "中", "一般", "普通", "p2", "middle", "normal"),
    ("low", "低", "较低", "p3", "minor"),
)
_STEPS = {word: step for step, words in enumerate(PRESETS) for word in words}

Lists = dict[tuple[int, str, str], list[Option]]


def lists_of(catalogue: Catalogue, part: Part) -> Lists:
    """The lists that offer a field's values, each in its order: one a workspace, type and name."""
    lists: Lists = {}
    for option in catalogue.options(part.tapd_names):
        if part.offers(option.type, option.name, option.workspace):
            lists.setdefault((option.workspace, option.type, option.name), []).append(option)
    return lists


def meant(options: Sequence[Option], word: str) -> list[Option]:
    """The options of one list of priorities that `word` means.

    Those that are called so; else, for a word that everybody knows (high, 高, P1), those that are
    called by another word for the same; in a list that uses none of these words, the one that
    stands there: urgent is the first, low the last.
    """
    wanted = fold(word)
    spelled = [option for option in options if wanted in words_of(option)]
    if spelled or wanted not in _STEPS:
        return spelled
    steps = [{_STEPS.get(known) for known in words_of(option)} for option in options]
    step = _STEPS[wanted]
    if any(known - {None} for known in steps):
        return [option for option, known in zip(options, steps, strict=True) if step in known]
    ordered = sorted(options, key=lambda option: option.position)
    return [ordered[round(step * (len(ordered) - 1) / (len(PRESETS) - 1))]] if ordered else []


def words_of(option: Option) -> tuple[str, str]:
    """What an option answers to: its value and its label, folded."""
    return fold(option.value), fold(option.label)
