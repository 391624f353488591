"""What an answer is made of, in the order in which it comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A checked piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """What was done to find the answer, as a line of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of the client's own tools, in the protocol's form, by which the turn ends."""

    calls: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The end: the protocol's finish_reason and usage, and what the answer rests on.

    `facts` are the tools that were called, the ids of items that were found, as_of, and how many
    figures could not be verified.
    """

    reason: str = "stop"
    usage: dict[str, int] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


Event = Text | Step | Calls | End
