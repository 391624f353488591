"""What a sentence must tell: one thing, in any of its words."""

from __future__ import annotations

from typing import NamedTuple


class Demand(NamedTuple):
    """`words` are folded; they all name the same thing of the dimension."""

    dimension: str
    words: tuple[str, ...]

    def agrees(self, other: Demand) -> bool:
        """Whether both name the same thing."""
        if self.dimension != other.dimension:
            return False
        return not set(self.words).isdisjoint(other.words)
