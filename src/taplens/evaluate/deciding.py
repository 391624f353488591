"""What rules decide of cases: exactly, by code, and for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from taplens import messages
from taplens.evaluate.alike import near, same
from taplens.evaluate.model import BEST, ELEMENTS, MISSING_OPTIONAL, Case, Element, Mark
from taplens.evaluate.rules import Rules
from taplens.evaluate.steps import is_in_order, steps_of

LONGEST_SUGGESTION = 100
_WORST_PRESENT = 1  # what is there has at least this


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a case breaks: how many points it takes, and what its suggestion says."""

    element: Element
    rule: str
    points: int
    told: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Share:
    """How many cases have a priority, in percent of all, and what the rules want of it, if any."""

    priority: str
    count: int
    percent: float
    wanted: tuple[int, int] | None

    @property
    def fits(self) -> bool:
        """Whether it is as the rules want it."""
        return self.wanted is None or self.wanted[0] <= self.percent <= self.wanted[1]


def decide(cases: Sequence[Case], rules: Rules, locale: str = "zh") -> list[tuple[Mark, ...]]:
    """A mark for each element of each case, in the order of ELEMENTS.

    BEST less what broken rules take, at least 1 for what is there; 0 for what must be there and
    isn't, MISSING_OPTIONAL for what needn't. Each case is judged by itself but for its likeness to
    earlier ones.
    """
    doubles, likes = same(cases), near(cases)
    found = []
    for place, case in enumerate(cases):
        broken = [one for check in _CHECKS for one in check(case, rules)]
        broken += _likeness(cases, doubles.get(place), likes.get(place))
        found.append(tuple(_mark(case, one, rules, broken, locale) for one in ELEMENTS))
    return found


def shares(cases: Sequence[Case], rules: Rules) -> list[Share]:
    """The share of each priority, those of the rules first, then others that occur."""
    counts: dict[str, int] = dict.fromkeys(rules.shares, 0)
    for case in cases:
        name = rules.priority_of(case.priority) or "-"
        counts[name] = counts.get(name, 0) + 1
    total = max(len(cases), 1)
    return [
        Share(name, count, round(100 * count / total, 1), rules.shares.get(name))
        for name, count in counts.items()
    ]


def _mark(
    case: Case, element: Element, rules: Rules, broken: Sequence[Finding], locale: str
) -> Mark:
    own = [one for one in broken if one.element == element]
    if not str(getattr(case, element)).strip():
        required = rules.required[element]
        kind = "missing" if required else "optional"
        return Mark(
            element=element,
            score=0 if required else MISSING_OPTIONAL,
            suggestion=messages.text(f"evaluate.{kind}.{element}", locale),
            rules=("missing",),
        )
    texts = [messages.text(f"evaluate.suggestion.{one.rule}", locale, **one.told) for one in own]
    return Mark(
        element=element,
        score=max(_WORST_PRESENT, BEST - sum(one.points for one in own)),
        suggestion=fitted(texts),
        rules=tuple(one.rule for one in own),
    )


def fitted(texts: Sequence[str]) -> str:
    """As many of the texts as a suggestion has room for, at least the begin of the first."""
    said = ""
    for text in texts:
        longer = f"{said} {text}".strip()
        if len(longer) > LONGEST_SUGGESTION:
            return said or text[: LONGEST_SUGGESTION - 1] + "…"
        said = longer
    return said


def _title(case: Case, rules: Rules) -> Iterator[Finding]:
    length = len(case.title)
    if length > rules.title_length:
        told = {"length": length, "most": rules.title_length}
        yield Finding("title", "title_long", 3, told)


def _steps(case: Case, rules: Rules) -> Iterator[Finding]:
    steps = steps_of(case.steps)
    if len(steps) > rules.steps:
        yield Finding("steps", "steps_many", 3, {"count": len(steps), "most": rules.steps})
    if steps and not is_in_order(steps):
        yield Finding("steps", "steps_unnumbered", 2, {"count": len(steps)})
    joined = [number for number, step in enumerate(steps, 1) if step.is_joined]
    if joined:
        yield Finding("steps", "steps_joined", 2, {"step": joined[0]})


def _vague(case: Case, rules: Rules) -> Iterator[Finding]:
    points: dict[Element, int] = {"expected": 5, "steps": 3}
    for element, taken in points.items():
        text = str(getattr(case, element)).casefold()
        word = next((one for one in rules.vague if one.casefold() in text), None)
        if word is not None:
            yield Finding(element, f"{element}_vague", taken, {"word": word[:30]})


def _priority(case: Case, rules: Rules) -> Iterator[Finding]:
    if case.priority.strip() and not rules.is_priority(case.priority):
        told = {"value": case.priority[:20], "known": ", ".join(rules.shares)}
        yield Finding("priority", "priority_unknown", 5, told)


def _likeness(cases: Sequence[Case], double: int | None, like: int | None) -> Iterator[Finding]:
    if double is not None:
        yield Finding("title", "case_doubled", 5, {"id": cases[double].id[:30]})
    elif like is not None:
        yield Finding("title", "case_alike", 3, {"id": cases[like].id[:30]})


_CHECKS: tuple[Callable[[Case, Rules], Iterator[Finding]], ...] = (
    _title, _steps, _vague, _priority,
)  # fmt: skip
