"""The notions that words stand for: `concepts.txt`, looked up in runs of normalized text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

from taplens.mirror.index.tokens import split

_MOST_WORDS = 3  # of an English phrase
_ENDINGS = ("ing", "ed", "es", "s")
_LEAST_STEM = 3
_LONGEST_HAN = 8

Notions = tuple[int, ...]


def in_han(run: str) -> Iterator[Notions]:
    """The notions in a run of Chinese characters: the longest words, from left to right."""
    known, begins = _known(), _begins()
    place = 0
    while place < len(run) - 1:
        if run[place : place + 2] not in begins:  # as nearly everywhere: a third of the time
            place += 1
            continue
        for length in range(min(_LONGEST_HAN, len(run) - place), 1, -1):
            found = known.get(run[place : place + length])
            if found:
                yield found
                place += length - 1
                break
        place += 1


def in_words(words: Sequence[str]) -> Iterator[Notions]:
    """The notions in words that stand side by side: the longest phrases, from left to right."""
    known = _known()
    place = 0
    while place < len(words):
        for count in range(min(_MOST_WORDS, len(words) - place), 0, -1):
            phrase = " ".join(words[place : place + count])
            found = known.get(phrase) or (_stemmed(phrase) if count == 1 else None)
            if found:
                yield found
                place += count - 1
                break
        place += 1


@cache
def _begins() -> frozenset[str]:
    """The first two characters of every word."""
    return frozenset(word[:2] for word in _known())


def _stemmed(word: str) -> Notions | None:
    known = _known()
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _LEAST_STEM and stem in known:
            return known[stem]
    return None


@cache
def _known() -> dict[str, Notions]:
    """Word or phrase (normalized) -> the numbers of the lines that hold it."""
    table = files("taplens.mirror.embedders").joinpath("concepts.txt").read_text(encoding="utf-8")
    lines = [line for line in table.splitlines() if line and not line.startswith("#")]
    known: dict[str, Notions] = {}
    for number, line in enumerate(lines):
        for word in line.split("|"):
            joint = " ".join(run for _, run in split(word))
            known[joint] = (*known.get(joint, ()), number)
    return known
