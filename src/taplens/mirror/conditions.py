"""What one condition on a field means in SQL, by the kind of the field."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select

from taplens.errors import FilterError
from taplens.filters import Condition, Value, date_bounds, day_bounds, parse_number
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.dialects import contains
from taplens.mirror.faults import fault
from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.names import Part, Target
from taplens.mirror.ranks import is_ranked, ranked_codes
from taplens.mirror.schema import item, item_value, term
from taplens.mirror.values import codes_containing, holds, status_is, term_codes

_ORDERED = frozenset(("instant", "date", "number"))


def field_condition(
    catalogue: Catalogue, target: Target, condition: Condition, *, probing: bool = False
) -> ColumnElement[bool]:
    """What `condition`, whose field means `target`, means for an item.

    Only items of the types that have the field can match, whatever the operator. With `probing`
    a comparison looks up each item's value instead of first collecting every value that passes:
    cheaper where other conditions leave few items. Raises FilterError where the values or the
    operator don't fit the field.
    """
    affirmed = or_(*_alternatives(catalogue, target, condition, probing))
    if condition.operator in _AFFIRMED:
        types = sorted(TYPE_CODES[name] for name in target.types)
        return and_(item.c.type.in_(types), negated(affirmed))
    return affirmed


def _alternatives(
    catalogue: Catalogue, target: Target, condition: Condition, probing: bool
) -> list[ColumnElement[bool]]:
    """What the condition means for each part of the target that its values make sense for.

    One name can mean a select field of stories and a text field of bugs. Raises FilterError
    where the values make sense for none.
    """
    comparison = _AFFIRMED.get(condition.operator, condition.operator)
    conditions, faults = [], []
    for part in target.parts:
        try:
            conditions.append(_part_condition(catalogue, part, condition, comparison, probing))
        except FilterError as fault:
            faults.append(fault)
    if not conditions:
        raise faults[0]
    return conditions


_AFFIRMED = {"unset": "set", "!=": "="}


def negated(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Everything that `condition` isn't true of, what is unset included."""
    return not_(func.coalesce(condition, false()))


def _part_condition(
    catalogue: Catalogue, part: Part, condition: Condition, comparison: str, probing: bool
) -> ColumnElement[bool]:
    values = condition.values
    if comparison == "set":
        return _has_value(part)
    if part.kind in _ORDERED:
        tests = _tests(catalogue, part, condition, comparison)
        return or_(*(_within(part, test, probing) for test in tests))
    if comparison == "~" or (comparison == "=" and part.kind == "text"):
        return or_(*(_containing(catalogue, part, value.text) for value in values))
    if comparison == "=":
        if part.field is not None and part.field.name == "status":
            return status_is(catalogue, part, values)
        return holds(part, term_codes(catalogue, part, values))
    if is_ranked(part):
        return holds(part, ranked_codes(catalogue, part, comparison, values))
    raise fault("field_not_ordered", condition.position, name=condition.field)


def _has_value(part: Part) -> ColumnElement[bool]:
    if part.column is None:
        return item.c.key.in_(select(item_value.c.item).where(item_value.c.field.in_(part.codes)))
    has: ColumnElement[bool] = part.column.is_not(None)
    return and_(has, part.column != "") if part.kind == "text" else has


def _containing(catalogue: Catalogue, part: Part, text: str) -> ColumnElement[bool]:
    if part.kind == "text":
        assert part.column is not None
        return contains(part.column, text, catalogue.dialect)
    return codes_containing(catalogue, part, text)


_Test = Callable[[ColumnElement[Any]], ColumnElement[bool]]


def _within(part: Part, test: _Test, probing: bool) -> ColumnElement[bool]:
    """Whether a value of the field, wherever it stands, passes `test`."""
    if part.column is not None:
        return test(part.column)
    if part.kind == "date":  # kept as ISO text
        passing: ColumnElement[bool] = item_value.c.term.in_(
            select(term.c.key).where(test(term.c.text))
        )
    else:
        passing = test(item_value.c[part.kind])
    values = select(item_value.c.item).where(item_value.c.field.in_(part.codes), passing)
    if probing:
        return values.where(item_value.c.item == item.c.key).correlate(item).exists()
    return item.c.key.in_(values)


def _tests(
    catalogue: Catalogue, part: Part, condition: Condition, comparison: str
) -> Iterable[_Test]:
    """What a value must pass, one test or the other, to fulfil the condition."""
    if comparison == "~":
        raise fault("field_not_text", condition.position, name=condition.field)
    if part.kind == "number":
        numbers = [_number(value, condition.field) for value in condition.values]
        return _numeric(comparison, numbers)
    bounds = date_bounds if part.kind == "instant" else day_bounds
    values, now = condition.values, catalogue.scope.now
    if comparison == "range":
        return [_between(*bounds(comparison, values, now))]
    return [_between(*bounds(comparison, [value], now)) for value in values]


def _between(low: Any, high: Any) -> _Test:
    """From `low` on, and before `high`; None is no bound."""

    def test(value: ColumnElement[Any]) -> ColumnElement[bool]:
        bounds = [value >= low] if low is not None else []
        return and_(*bounds, value < high) if high is not None else and_(*bounds)

    return test


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _numeric(comparison: str, numbers: Sequence[float]) -> Iterable[_Test]:
    if comparison == "range":
        low, high = sorted(numbers)
        return [lambda value: value.between(low, high)]
    compare = _COMPARISONS[comparison]
    return [partial(_compared, compare, number) for number in numbers]


def _compared(
    compare: Callable[[Any, Any], Any], number: float, value: ColumnElement[Any]
) -> ColumnElement[bool]:
    found: ColumnElement[bool] = compare(value, number)
    return found


def _number(value: Value, field: str) -> float:
    number = parse_number(value.text)
    if number is None:
        raise fault("number_malformed", value.position, name=field, value=value.text)
    return number
