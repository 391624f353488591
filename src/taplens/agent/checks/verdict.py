"""What a check says of a sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """A sentence as it may leave, with its marks, and what is wrong with it, for the model."""

    text: str
    faults: tuple[str, ...] = ()
