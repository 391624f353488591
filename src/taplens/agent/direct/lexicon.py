"""The words that everybody's questions use, from lexicon.toml, and what each may mean."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning of a phrase: what kind of thing, and which.

    Of a value of the workspace (`kind` is "value"), `field` is the field that holds it, `types` the
    item types that have the field, and `name` the value as a filter takes it.
    """

    kind: str
    name: str
    field: str = ""
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A condition with a number inside: what is looked for, and the filter it means."""

    text: re.Pattern[str]
    where: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The phrases with their meanings, the patterns, and how lengths of time are abbreviated.

    `times` and `people` tell of an event, by item type, which fields hold when it was and who did
    it; "any" stands for every type.
    """

    phrases: Mapping[str, tuple[Meaning, ...]]
    patterns: tuple[Pattern, ...]
    units: Mapping[str, str]
    times: Mapping[str, Mapping[str, str]]
    people: Mapping[str, Mapping[str, str]]


@cache
def lexicon() -> Lexicon:
    """The lexicon, read once a process."""
    source = files(__package__).joinpath("lexicon.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(source)
    patterns = tuple(
        Pattern(re.compile(one["text"]), one["where"]) for one in tables.pop("pattern")
    )
    values = tables.pop("values")
    apart = [tables.pop(name) for name in ("units", "event_fields", "event_people")]
    phrases: dict[str, tuple[Meaning, ...]] = {}
    for kind, entries in tables.items():
        for name, texts in entries.items():
            for text in texts:
                known = phrases.get(text, ())
                phrases[text] = (*known, Meaning(kind, name))
    for field, entries in values.items():
        for name, texts in entries.items():
            for text in texts:
                phrases[text] = (*phrases.get(text, ()), Meaning("value", name, field))
    return Lexicon(phrases, patterns, *apart)
