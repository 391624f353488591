"""What an evaluation speaks of: cases, requirements, and the marks that a case's elements get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Element = Literal["requirement", "title", "precondition", "steps", "expected", "priority"]
ELEMENTS: tuple[Element, ...] = (
    "requirement", "title", "precondition", "steps", "expected", "priority",
)  # fmt: skip
BEST = 10
MISSING_OPTIONAL = -1  # the score of an element that isn't there and needn't be

MOST_DRAFTS = 20  # new cases that can be asked for of a requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A test case as its source gives it, all texts plain.

    `requirement` is what the case itself says it belongs to (an id or a title, or ""); `steps`
    and `expected` keep their lines; `priority` is P0, P1, P2... as written; `other` are the columns
    that aren't known here, by their heading; `place` is the row in the sheet, from 1, or 0 for a
    case of TAPD.
    """

    id: str
    title: str = ""
    uuid: str = ""
    folder: str = ""
    automated: str = ""
    priority: str = ""
    precondition: str = ""
    steps_kind: str = ""
    steps: str = ""
    expected: str = ""
    requirement: str = ""
    other: Mapping[str, str] = field(default_factory=dict)
    place: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What cases are to cover: a story of the mirror, or one written or read from a file."""

    id: str
    title: str
    description: str = ""
    status: str = ""
    priority: str = ""
    creator: str = ""
    business_value: str = ""
    acceptance_criteria: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The score of one element: 0 to BEST, or MISSING_OPTIONAL, with what would better it.

    `suggestion` has at most 100 characters and is empty only at BEST; `rules` are the names of the
    rules that took points, `by` says who scored.
    """

    element: Element
    score: int
    suggestion: str = ""
    by: Literal["rule", "model"] = "rule"
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A case with a mark for each element, the requirement that it belongs to, and why."""

    case: Case
    marks: tuple[Mark, ...]
    requirement_id: str = ""
    requirement_reason: str = ""
