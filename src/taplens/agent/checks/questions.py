"""What a tool was asked, as what a sentence about its answer must tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taplens.agent.checks.demand import Demand
from taplens.agent.checks.lexicon import folded, lexicon
from taplens.agent.checks.times import Span, range_of
from taplens.errors import FilterError
from taplens.filters import And, Condition, Not, Or, Words, date_bounds, parse

if TYPE_CHECKING:
    from taplens.agent.checks.vocabulary import Vocabulary
    from taplens.filters import Node

_FAR = 2**37  # later than any date that is told
# Fields that hold times, and what a condition on one says of the items.
_TIMES = {
    "created": "created", "modified": "modified", "closed": "closed", "resolved": "closed",
    "completed": "finished", "due": "", "begin": "",
}  # fmt: skip
_IS = {"open": "open", "closed": "closed", "done": "closed"}
_FLAGS = {"overdue": ("overdue", "逾期", "过期", "超期", "延期", "past due")}


@dataclass(frozen=True, slots=True)
class Question:
    """`demands` are the conditions, `spans` the stretches of time that it was about, `by` what it
    was grouped by. `negated` are what was left out.
    """

    demands: tuple[Demand, ...] = ()
    spans: tuple[Span, ...] = ()
    by: tuple[str, ...] = ()
    negated: tuple[Demand, ...] = ()


def question_of(
    tool: str, arguments: Mapping[str, Any], vocabulary: Vocabulary, now: int
) -> Question:
    """The call `tool(arguments)` as a question."""
    try:
        tree = parse(str(arguments.get("where") or "")).where
    except FilterError:
        tree = None
    reading = _Reading(vocabulary, now)
    if tree is not None:
        reading.read(tree)
    by = arguments.get("by") or ()
    grouped = (by,) if isinstance(by, str) else tuple(map(str, by))
    metric = arguments.get("metric")
    if tool == "flow_metrics" and metric in lexicon()["dimensions"]["metric"]:
        reading.demands.append(vocabulary.demand("metric", metric))
    return Question(tuple(reading.demands), tuple(reading.times), grouped, tuple(reading.negated))


def stretch_of(arguments: Mapping[str, Any], now: int) -> Span | None:
    """The stretch from `since` to `until`, where a call names one."""
    since, until = str(arguments.get("since") or ""), str(arguments.get("until") or "")
    begin = range_of(since, now) if since else None
    end = range_of(until, now) if until else None
    if begin is None and end is None:
        return None
    return (begin[0] if begin else 0), (end[1] if end else _FAR)


class _Reading:
    """Collects what a filter's tree demands."""

    def __init__(self, vocabulary: Vocabulary, now: int) -> None:
        self._vocabulary = vocabulary
        self._now = now
        self.demands: list[Demand] = []
        self.negated: list[Demand] = []
        self.times: list[Span] = []

    def read(self, node: Node) -> None:
        """Takes a node and all below it."""
        if isinstance(node, And | Or):
            for part in node.parts:
                self.read(part)
        elif isinstance(node, Not):
            inner = _Reading(self._vocabulary, self._now)
            inner.read(node.part)
            self.negated += inner.demands
        elif isinstance(node, Words):
            self.demands.append(Demand("words", (folded(node.text),)))
        else:
            self._condition(node)

    def _condition(self, condition: Condition) -> None:
        name = condition.field.casefold()
        if name in _TIMES:
            self._time(condition, _TIMES[name])
        elif name in ("is", "open"):
            self._is(condition)
        elif condition.operator in ("set", "unset"):
            unset = self._vocabulary.demand(name, None)
            (self.demands if condition.operator == "unset" else self.negated).append(unset)
        else:
            found = [self._vocabulary.demand(name, value.text) for value in condition.values]
            (self.negated if condition.operator == "!=" else self.demands).extend(found)

    def _is(self, condition: Condition) -> None:
        for value in condition.values:
            text = value.text.casefold()
            if state := _IS.get(text):
                self.demands.append(Demand("state", _state(state)))
            else:
                self.demands.append(Demand("flag", _FLAGS.get(text, (text,))))

    def _time(self, condition: Condition, state: str) -> None:
        if state:
            self.demands.append(Demand("state", _state(state)))
        for values in (
            [condition.values]
            if condition.operator == "range"
            else [(value,) for value in condition.values]
        ):
            try:
                low, high = date_bounds(condition.operator, values, self._now)
            except FilterError:
                continue
            self.times.append((0 if low is None else low, _FAR if high is None else high))


def _state(name: str) -> tuple[str, ...]:
    return tuple(lexicon()["dimensions"]["state"][name])
