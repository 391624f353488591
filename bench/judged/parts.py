"""What a generated title is made of: the topic, the thing and the setting that it names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from judged.corpus import Item
from taplens.sandbox import vocabulary

THINGS = tuple(thing for domain in vocabulary.DOMAINS for thing in domain.things)
SETTINGS = (*vocabulary.CLIENTS, *vocabulary.CONDITIONS)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that a title names, "" for those that it doesn't."""

    topic: str
    thing: str
    setting: str


def parts_of(item: Item, topics: Iterable[str]) -> Parts | None:
    """The parts of an item's title; None where it is about none of `topics`."""
    topic = _longest(item.title, topics)
    if not topic:
        return None
    rest = item.title.replace(topic, " ")
    return Parts(topic, _longest(rest, THINGS), _longest(rest, SETTINGS))


def _longest(title: str, choices: Iterable[str]) -> str:
    return max((one for one in choices if one in title), key=len, default="")
