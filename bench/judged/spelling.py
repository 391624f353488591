"""Writing a query wrongly, as it happens at a keyboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

_LONG_ENOUGH = 4  # characters: of fewer, too little would be left to know what is meant


def misspelled(text: str, tables: Mapping[str, Any], chance: Random) -> str:
    """`text` with one mistake; the same text where none of the mistakes is possible."""
    ways: list[Callable[[], str]] = [
        lambda: _replaced(text, tables["same_sound"], chance),
        lambda: _replaced(text, tables["letters"], chance),
        lambda: _looks_alike(text, tables["looks_alike"], chance),
        lambda: _doubled(text, chance),
        lambda: _missing(text, chance),
    ]
    # Other words of the same sound are what input methods get wrong most.
    order = chance.sample(ways, len(ways))
    if chance.random() < 0.6:
        order.insert(0, ways[0])
    return next((wrong for way in order if (wrong := way()) != text), text)


def _replaced(text: str, table: Mapping[str, list[str]], chance: Random) -> str:
    words = [word for word in table if word in text]
    if not words:
        return text
    word = chance.choice(words)
    return text.replace(word, chance.choice(table[word]), 1)


def _looks_alike(text: str, table: Mapping[str, str], chance: Random) -> str:
    places = [place for place, one in enumerate(text) if one in table]
    if not places:
        return text
    place = chance.choice(places)
    return text[:place] + table[text[place]] + text[place + 1 :]


def _doubled(text: str, chance: Random) -> str:
    places = _written(text)
    if not places:
        return text
    place = chance.choice(places)
    return text[: place + 1] + text[place:]


def _missing(text: str, chance: Random) -> str:
    places = _written(text)
    if len(places) <= _LONG_ENOUGH:
        return text
    place = chance.choice(places[1:-1])
    return text[:place] + text[place + 1 :]


def _written(text: str) -> list[int]:
    """The places of letters and characters: marks and digits are seldom mistyped."""
    return [place for place, one in enumerate(text) if one.isalpha()]
