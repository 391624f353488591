"""Comparing priorities and severities: a team lists them from the gravest down."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

from taplens.filters import Value
from taplens.mirror.catalogue import Catalogue, Option
from taplens.mirror.faults import unknown_value
from taplens.mirror.names import Part
from taplens.mirror.presets import lists_of, meant

RANKED = frozenset(("priority", "severity"))

# What is greater stands earlier in the list.
_COMPARED: dict[str, Callable[[int, int], bool]] = {
    ">": operator.lt, ">=": operator.le, "<": operator.gt, "<=": operator.ge,
}  # fmt: skip


def is_ranked(part: Part) -> bool:
    """Whether the field's values can be compared by their place in the team's list."""
    return part.field is not None and part.field.name in RANKED


def ranked_codes(
    catalogue: Catalogue, part: Part, comparison: str, values: Sequence[Value]
) -> set[int]:
    """The codes of the values that compare so: `>=high` is high and everything graver.

    Each type's list is compared in itself. Raises FilterError `unknown_value`.
    """
    lists = lists_of(catalogue, part)
    chosen = [
        option for options in lists.values() for option in _compared(options, comparison, values)
    ]
    for value in values:
        if not any(_place(options, value) is not None for options in lists.values()):
            words = [word for options in lists.values() for one in options for word in _words(one)]
            name = part.field.name if part.field else ""
            raise unknown_value(name, value.text, words, value.position)
    return set(catalogue.codes(word for option in chosen for word in _words(option)).values())


def _compared(options: Sequence[Option], comparison: str, values: Sequence[Value]) -> list[Option]:
    places = [place for value in values if (place := _place(options, value)) is not None]
    if len(places) < len(values):
        return []
    if comparison == "range":
        return [option for option in options if min(places) <= option.position <= max(places)]
    compare = _COMPARED[comparison]
    return [option for option in options if compare(option.position, places[0])]


def _place(options: Sequence[Option], value: Value) -> int | None:
    return next((option.position for option in meant(options, value.text)), None)


def _words(option: Option) -> tuple[str, str]:
    return option.value, option.label
