"""The metric `burndown`: scope, done and left of an iteration at the end of each of its days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from taplens.analysis.flow.burn import burn, memberships
from taplens.analysis.flow.codes import places_of
from taplens.analysis.flow.question import Found, Question
from taplens.analysis.flow.spans import named_time
from taplens.analysis.trends.periods import Periods, days_between
from taplens.clock import day_of
from taplens.errors import ArgumentError
from taplens.filters import And, Condition, Node, Not, Or, Query, Value
from taplens.mirror.catalogue import Iteration
from taplens.mirror.names import resolve
from taplens.mirror.snapshot.matching import Selection
from taplens.mirror.values import current_iterations, term_codes

_MOVES = """
SELECT item, changed, COALESCE(old, -1) AS old, COALESCE(new, -1) AS new
FROM iteration_change WHERE item IN (SELECT key FROM item WHERE {where})
ORDER BY item, changed, id, position
"""


def burndown(question: Question) -> Found:
    """The burn-down of the iterations that the filter names, else of those that today lies in.

    The rest of the filter says which items count. Raises ArgumentError where no iteration is
    named or current, where which one is meant can't be told, or it has no days.
    """
    values, rest = _parted(question, question.asked.where.where)
    codes, chosen = _iterations(question, values)
    days = _days_of(question, chosen)
    asked = replace(question.asked, where=Query(rest), interval="day")
    question = Question(question.source, question.scope, asked, days)
    question.selection = _ever_in(question.selection, codes)
    read = question.read
    moves = question.source.snapshot.columns(
        _MOVES.format(where=question.selection.sql), question.selection.parameters
    )
    changes = (
        places_of(read.histories.key, moves["item"]),
        moves["changed"].astype(np.int64),
        moves["old"].astype(np.int64),
        moves["new"].astype(np.int64),
    )
    inside = memberships(read.histories, read.iteration, changes, codes)
    found = burn(read.histories, inside, question.edges[1:])
    scope, done = found.scope.tolist(), found.done.tolist()
    named = [f"{one.name} ({one.begin} – {one.due})" for one in chosen]
    return Found(
        rows=[
            {"period": name, "scope": all_, "done": ready, "left": all_ - ready}
            for name, all_, ready in zip(question.periods.names, scope, done, strict=True)
        ],
        total=scope[-1],
        left_out=read.histories.unplaced,
        span=question.span,
        due=max((one.due for one in chosen if one.due), default=None),
        definitions=(("definition.flow.iterations", {"names": named}), question.rule()),
    )


def _ever_in(selection: Selection, codes: Sequence[int]) -> Selection:
    """The items of a selection that are in one of the iterations, or were."""
    marks = ", ".join("?" for _ in codes) or "NULL"
    moved = f"SELECT item FROM iteration_change WHERE old IN ({marks}) OR new IN ({marks})"  # noqa: S608
    return Selection(
        f"({selection.sql}) AND (item.iteration IN ({marks}) OR item.key IN ({moved}))",
        (*selection.parameters, *codes, *codes, *codes),
    )


def _parted(question: Question, node: Node | None) -> tuple[Sequence[Value], Node | None]:
    """The iterations that a filter asks for, and the filter without them.

    They are those of one condition, or of several joined by `or` with nothing else. Raises
    ArgumentError where the filter speaks of iterations in any other way: of which it means the
    burn-down can't be told then.
    """
    named: list[Sequence[Value]] = []
    others: list[Node] = []
    for part in _joined(node):
        values = _named(question, part)
        if values:
            named.append(values)
        else:
            others.append(part)
    if len(named) > 1 or any(_mentioned(question, part) for part in others):
        raise ArgumentError("iteration_unclear")
    rest = And(others) if len(others) > 1 else next(iter(others), None)
    return next(iter(named), ()), rest


def _joined(node: Node | None) -> Iterator[Node]:
    """The parts that all have to hold."""
    if isinstance(node, And):
        for part in node.parts:
            yield from _joined(part)
    elif node is not None:
        yield node


def _named(question: Question, node: Node) -> Sequence[Value]:
    """The iterations that a part names, if that is all it says; else none."""
    match node:
        case Condition(operator="="):
            return node.values if _is_on_iteration(question, node) else ()
        case Or(parts):
            each = [_named(question, part) for part in parts]
            return [value for values in each for value in values] if all(each) else ()
    return ()


def _mentioned(question: Question, node: Node) -> bool:
    """Whether a part speaks of iterations anywhere."""
    match node:
        case And(parts) | Or(parts):
            return any(_mentioned(question, part) for part in parts)
        case Not(part):
            return _mentioned(question, part)
        case Condition():
            return _is_on_iteration(question, node)
    return False


def _is_on_iteration(question: Question, condition: Condition) -> bool:
    return resolve(question.catalogue, condition.field, condition.position).name == "iteration"


def _iterations(question: Question, values: Sequence[Value]) -> tuple[list[int], list[Iteration]]:
    """The iterations meant, and the codes that items hold of them."""
    catalogue = question.catalogue
    if values:
        (part,) = resolve(catalogue, "iteration").parts
        codes = term_codes(catalogue, part, values)
        ids = set(catalogue.texts(codes).values())
        chosen = [one for one in catalogue.iterations if one.id in ids]
    else:
        chosen = current_iterations(catalogue)
        codes = set(catalogue.codes(one.id for one in chosen).values())
    if not chosen:
        known = ", ".join(one.name for one in catalogue.iterations[-3:] if not one.removed)
        raise ArgumentError("iteration_missing", known=known or "–")
    return sorted(codes), chosen


def _days_of(question: Question, chosen: Sequence[Iteration]) -> Periods:
    """The days, as asked or as the iterations have them, today at the latest."""
    asked, now = question.asked, question.scope.now
    begin = min((one.begin for one in chosen if one.begin), default="")
    due = max((one.due for one in chosen if one.due), default="")
    if not (asked.since or begin) or not (asked.until or due):
        raise ArgumentError("iteration_without_days", name=chosen[0].name)
    today = day_of(now)
    first = day_of(named_time(asked.since, now).start) if asked.since else date.fromisoformat(begin)
    if not asked.since and first > today:
        raise ArgumentError("iteration_not_begun", name=chosen[0].name, begin=begin)
    last = day_of(named_time(asked.until, now).end - 1) if asked.until else date.fromisoformat(due)
    return days_between(first, min(last, today))
