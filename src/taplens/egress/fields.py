"""Which fields of a result a provider may be sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def withheld_from(provider: str, settings: Iterable[str]) -> frozenset[str]:
    """The fields that `provider` isn't sent: those without a provider's name, and its own."""
    found: set[str] = set()
    for entry in settings:
        owner, _, name = entry.rpartition(":")
        if owner in ("", provider):
            found.add(name)
    return frozenset(found)


def without(value: Any, withheld: frozenset[str]) -> Any:
    """A JSON value without the fields in `withheld`, wherever they stand."""
    if isinstance(value, Mapping):
        return {key: without(part, withheld) for key, part in value.items() if key not in withheld}
    if isinstance(value, list | tuple):
        return [without(part, withheld) for part in value]
    return value


def names_of(value: Any) -> set[str]:
    """The names of all fields that hold anything."""
    if isinstance(value, Mapping):
        inner = (names_of(part) for part in value.values())
        return {str(key) for key in value}.union(*inner)
    if isinstance(value, list | tuple):
        return set().union(*map(names_of, value)) if value else set()
    return set()


def ids_of(value: Any) -> set[str]:
    """The ids of items in a result."""
    if isinstance(value, Mapping):
        own = {str(value["id"])} if str(value.get("id", "")).isdigit() else set()
        listed = {str(one) for one in value.get("item_ids") or ()}
        return own | listed | set().union(*map(ids_of, value.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(ids_of, value)) if value else set()
    return set()
