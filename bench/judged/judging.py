"""Judging answers: recall among the first ten, and how early the first right item comes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from judged.query import KINDS, Query

FIRST = 10
Key = tuple[str, str]
"""What identifies an item: its type and its id."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one query was answered: the right items, and the first ten that came."""

    query: Query
    right: frozenset[Key]
    came: tuple[Key, ...]
    fault: str = ""

    @property
    def recall(self) -> float:
        """The share of the right items that are among the first ten."""
        return len(self.right.intersection(self.came)) / len(self.right)

    @property
    def reciprocal_rank(self) -> float:
        """1 divided by the place of the first right item, 0 where none came."""
        places = (place for place, one in enumerate(self.came, 1) if one in self.right)
        return 1 / next(places, float("inf"))


@dataclass(frozen=True, slots=True)
class Figures:
    """The means over some queries; `faults` were refused with an error and count as 0."""

    queries: int
    recall: float
    mrr: float
    faults: int


def judged(query: Query, right: Collection[Key], came: Sequence[Key], fault: str = "") -> Verdict:
    """The verdict on one answer; what comes twice counts once, at its first place."""
    return Verdict(query, frozenset(right), tuple(dict.fromkeys(came))[:FIRST], fault)


def figures(verdicts: Iterable[Verdict]) -> dict[str, Figures]:
    """The figures by kind of query, of those written by hand and those made, and of all."""
    verdicts = list(verdicts)
    groups = {kind: [one for one in verdicts if one.query.kind == kind] for kind in KINDS}
    groups["written by hand"] = [one for one in verdicts if one.query.written]
    groups["made from items"] = [one for one in verdicts if not one.query.written]
    groups["all"] = verdicts
    return {name: _means(group) for name, group in groups.items() if group}


def _means(verdicts: Sequence[Verdict]) -> Figures:
    return Figures(
        queries=len(verdicts),
        recall=fmean(one.recall for one in verdicts),
        mrr=fmean(one.reciprocal_rank for one in verdicts),
        faults=sum(bool(one.fault) for one in verdicts),
    )
