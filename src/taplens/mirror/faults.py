"""Faults of a filter that only the mirror can see, each with its place and what would do."""

from __future__ import annotations

from collections.abc import Iterable

from taplens.errors import FilterError
from taplens.filters import nearest

_SHOWN = 8  # known words that are told where none is near


def fault(code: str, position: int, **parameters: object) -> FilterError:
    """The error `code` at `position` (characters, from 0); `place` counts from 1, for people."""
    return FilterError(code, position=position, place=position + 1, **parameters)


def unknown_field(name: str, known: Iterable[str], position: int) -> FilterError:
    """No field answers to `name`; `known` are the names that mean something."""
    return fault("unknown_field", position, name=name, nearest=suggestion(name, known))


def unknown_value(name: str, value: str, known: Iterable[str], position: int) -> FilterError:
    """The field `name` neither offers nor holds `value`; `known` are the words it offers."""
    return fault(
        "unknown_value", position, name=name, value=value, nearest=suggestion(value, known)
    )


def suggestion(word: str, known: Iterable[str]) -> str:
    """The known words nearest to `word`, or the first of them where none is near."""
    words = [entry for entry in dict.fromkeys(known) if entry]
    return ", ".join(nearest(word, words) or words[:_SHOWN] or ("none", "any"))
