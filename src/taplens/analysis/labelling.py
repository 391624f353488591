"""Values of a dimension in the team's words; values that mean one word are one."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Any

from taplens.mirror.dimensions import Dimension


@dataclass(frozen=True, slots=True)
class Labelling:
    """One dimension in words: the word of each code, and what is shown for each word.

    What is shown is (value for a filter, label for people); where codes that mean one word differ,
    a filter takes the word for them. None, and a code that nothing is known of, have no word.
    """

    word: dict[Any, str | None]
    shown: dict[str | None, tuple[str | None, str | None]]

    @classmethod
    def of(cls, entry: Dimension, codes: Iterable[Any]) -> Labelling:
        """The words for `codes`."""
        known = set(codes)
        words = cls(dict.fromkeys(known), {None: (None, None)})
        for code, (value, label) in entry.shown(known - {None}).items():
            word = label if entry.merged else value
            words.word[code] = word
            before = words.shown.setdefault(word, (value, label))
            if before[0] != value:
                words.shown[word] = (label, label)
        return words


def free_name(name: str, taken: Container[str]) -> str:
    """The name, with a number behind it as long as it is one of those `taken`."""
    while name in taken:
        name = f"{name} (2)"
    return name
