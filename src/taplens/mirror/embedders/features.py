"""What a text is told by: its characters, pairs, words, parts of words, and notions, weighted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files

from taplens.mirror.embedders.concepts import in_han, in_words
from taplens.mirror.index.tokens import split

# How much each kind says. A notion says most: it is what differently worded texts share.
CHARACTER, PAIR, WORD, PART, NOTION = 1.0, 1.0, 1.0, 0.4, 2.0
_COMMON = 0.15  # so much of it is left of what stands in any text
_PART = 3  # characters of a part of a word
_LEAST_PARTED = 4
_REMEMBERED = 1 << 16


def features(text: str) -> dict[str, float]:
    """What `text` is told by, and how much of it each says; {} for a text without letters.

    The second time says less than the first: one and the logarithm of how often.
    """
    counts: Counter[str] = Counter()
    words: list[str] = []
    for is_han, run in split(text):
        if not is_han:
            words.append(run)
            continue
        _count_words(counts, words)
        words = []
        counts.update(run)
        counts.update(run[place : place + 2] for place in range(len(run) - 1))
        _count_notions(counts, in_han(run))
    _count_words(counts, words)
    return {
        name: _weight(name) if count == 1 else _weight(name) * (1 + math.log(count))
        for name, count in counts.items()
    }


def _count_words(counts: Counter[str], words: list[str]) -> None:
    for word in words:
        counts[f"w {word}"] += 1
        if len(word) >= _LEAST_PARTED and word not in common():
            edged = f"<{word}>"
            counts.update(
                f"p {edged[place : place + _PART]}" for place in range(len(edged) - _PART + 1)
            )
    _count_notions(counts, in_words(words))


def _count_notions(counts: Counter[str], found: Iterable[tuple[int, ...]]) -> None:
    for notions in found:
        for notion in notions:
            counts[f"n {notion}"] += 1


@lru_cache(_REMEMBERED)
def _weight(name: str) -> float:
    kind, rest = name[:2], name[2:]
    if kind == "n ":
        return NOTION
    if kind == "p ":
        return PART
    if kind == "w ":
        return WORD * (_COMMON if rest in common() else 1.0)
    if len(name) == 1:
        return CHARACTER * (_COMMON if name in common() else 1.0)
    is_common = name in common() or common().issuperset(name)
    return PAIR * (_COMMON if is_common else 1.0)


@cache
def common() -> frozenset[str]:
    """The words, pairs and characters that stand in any text: `common.txt`."""
    table = files("taplens.mirror.embedders").joinpath("common.txt").read_text(encoding="utf-8")
    lines = [line for line in table.splitlines() if not line.startswith("#")]
    return frozenset(word for line in lines for word in line.split())
