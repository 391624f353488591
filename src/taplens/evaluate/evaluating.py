"""A set of cases evaluated: marks, shares of priorities, and what covers which requirement."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from taplens import messages
from taplens.evaluate.deciding import Share, decide, fitted, shares
from taplens.evaluate.model import BEST, Case, Evaluation, Mark, Requirement
from taplens.evaluate.rules import Rules
from taplens.evaluate.verdicts import Verdict
from taplens.filters import fold

_NUMBER = re.compile(r"\d{4,}")
_BETWEEN = re.compile(r"[\s,，、;；|/#]+")
_SHORT = 7  # digits at the end of TAPD's long ids, by which people name an item
_PRESENT = 0  # scores below are of what needn't be there


@dataclass(frozen=True, slots=True)
class Covered:
    """A requirement and the ids of the cases that belong to it."""

    requirement: Requirement
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The evaluations in the order of the cases; `coverage` of the requirements that were given."""

    evaluations: tuple[Evaluation, ...]
    shares: tuple[Share, ...]
    coverage: tuple[Covered, ...]

    @property
    def uncovered(self) -> list[Requirement]:
        """The requirements that no case belongs to."""
        return [one.requirement for one in self.coverage if not one.cases]

    def averages(self) -> dict[str, float]:
        """The mean score of each element, of the cases that have it or must."""
        scores: dict[str, list[int]] = defaultdict(list)
        for evaluation in self.evaluations:
            for mark in evaluation.marks:
                if mark.score >= _PRESENT:
                    scores[mark.element].append(mark.score)
        return {name: round(sum(told) / len(told), 2) for name, told in scores.items()}

    def json_object(self) -> dict[str, Any]:
        """All of it as one object."""
        return {
            "cases": [_told(one) for one in self.evaluations],
            "averages": self.averages(),
            "shares": [asdict(one) | {"fits": one.fits} for one in self.shares],
            "coverage": [
                {"id": one.requirement.id, "title": one.requirement.title, "cases": one.cases}
                for one in self.coverage
            ],
        }


def total_of(evaluation: Evaluation) -> float:
    """The mean score of a case's elements, without those that needn't be there and aren't."""
    scores = [mark.score for mark in evaluation.marks if mark.score >= _PRESENT]
    return round(sum(scores) / len(scores), 2) if scores else float(BEST)


def evaluate(
    cases: Sequence[Case],
    rules: Rules,
    requirements: Sequence[Requirement] = (),
    locale: str = "zh",
    verdicts: Mapping[int, Verdict] | None = None,
) -> Evaluated:
    """What the rules decide, and a model's `verdicts` (by the place of the case), where there are.

    A model can take points from an element that is there, and give none back: what code decided
    holds. A case belongs to the requirement that it names, else to the one that the model says.
    """
    named, told = finder(requirements), verdicts or {}
    evaluations, covering = [], defaultdict[str, list[str]](list)
    for place, (case, marks) in enumerate(zip(cases, decide(cases, rules, locale), strict=True)):
        verdict = told.get(place)
        found = [one.id for one in named(case.requirement)]
        reason = case.requirement if found else ""
        if verdict is not None:
            marks = tuple(_lowered(mark, verdict, locale) for mark in marks)  # noqa: PLW2901
            if not found and verdict.requirement_id:
                found, reason = [verdict.requirement_id], verdict.reason
        for requirement_id in found:
            covering[requirement_id].append(case.id)
        evaluations.append(
            Evaluation(
                case=case,
                marks=marks,
                requirement_id=found[0] if found else "",
                requirement_reason=reason,
            )
        )
    coverage = tuple(Covered(one, tuple(covering.get(one.id, ()))) for one in requirements)
    return Evaluated(tuple(evaluations), tuple(shares(cases, rules)), coverage)


def _lowered(mark: Mark, verdict: Verdict, locale: str) -> Mark:
    """A mark with the model's points, where these are fewer and the element is there."""
    score = verdict.scores.get(mark.element, BEST)
    if "missing" in mark.rules or score >= mark.score:
        return mark
    said = verdict.suggestions.get(mark.element, "").strip() or mark.suggestion
    said = said or messages.text(f"evaluate.missing.{mark.element}", locale)
    return replace(mark, score=score, suggestion=fitted([said]), by="model")


def finder(requirements: Sequence[Requirement]) -> Callable[[str], list[Requirement]]:
    """Tells which requirements a text names: by their ids, whole or as people shorten them, or by
    the title.
    """
    by_id: dict[str, Requirement] = {}
    for one in requirements:
        by_id |= {one.id[-_SHORT:].lstrip("0"): one}
    by_id |= {one.id: one for one in requirements}
    by_id.pop("", None)
    by_title: Mapping[str, Requirement] = {fold(one.title): one for one in requirements}

    def find(text: str) -> list[Requirement]:
        named = [*_BETWEEN.split(text), *_NUMBER.findall(text)]
        ids = [by_id[name] for name in named if name in by_id]
        title = by_title.get(fold(text))
        return list(dict.fromkeys([*ids, *([title] if title else [])]))

    return find


def _told(evaluation: Evaluation) -> dict[str, Any]:
    case = evaluation.case
    return {
        "id": case.id,
        "title": case.title,
        "row": case.place,
        "score": total_of(evaluation),
        "requirement_id": evaluation.requirement_id,
        "requirement_reason": evaluation.requirement_reason,
        "marks": [asdict(mark) for mark in evaluation.marks],
    }
