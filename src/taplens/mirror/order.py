"""The order of found items: by any field, and always a total one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, null, select

from taplens.filters import SortKey
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.dialects import sortable
from taplens.mirror.faults import fault
from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.names import Part, Target, resolve
from taplens.mirror.schema import item, item_value, term
from taplens.mirror.values import known_values

# Above this many known values a field is sorted by its texts: a longer CASE costs more.
_MOST_RANKED = 200

_SPECIAL: dict[str, ColumnElement[Any]] = {
    "type": item.c.type,
    "id": item.c.number,
    "workspace": item.c.workspace,
    "removed": item.c.removed,
    "open": item.c.is_open,
    "is": item.c.is_open,
}


def order_by(catalogue: Catalogue, keys: Sequence[SortKey]) -> list[ColumnElement[Any]]:
    """The ORDER BY of a filter: its sort keys, or the newest change first; then type and id.

    Values that a team lists (priorities, statuses, options, iterations) sort in the team's
    order, other texts by their characters; of several values of one item the least counts. Items
    without a value come last, whichever the direction. Raises FilterError `unknown_field`.
    """
    order: list[ColumnElement[Any]] = []
    for key in keys:
        target = resolve(catalogue, key.field, key.position)
        if target.special == "any":
            raise fault("field_not_ordered", key.position, name=key.field)
        order += [_directed(value, key.descending) for value in _values(catalogue, target)]
    if not keys:
        order = [_directed(item.c.modified, True)]
    return [*order, item.c.type, sortable(item.c.id, catalogue.dialect)]


def is_indexed(catalogue: Catalogue, keys: Sequence[SortKey]) -> bool:
    """Whether the order begins with a column that has an index of its own."""
    return not keys or resolve(catalogue, keys[0].field).name in ("created", "modified")


def _directed(value: ColumnElement[Any], descending: bool) -> ColumnElement[Any]:
    return (value.desc() if descending else value.asc()).nulls_last()


def _values(catalogue: Catalogue, target: Target) -> list[ColumnElement[Any]]:
    if target.special:
        return [_SPECIAL[target.special]]
    values = [_value(catalogue, part) for part in target.parts]
    # An item has at most one of the parts, so one expression is right where they compare alike.
    if len({part.kind for part in target.parts}) == 1 and len(values) > 1:
        return [func.coalesce(*values)]
    return values


def _value(catalogue: Catalogue, part: Part) -> ColumnElement[Any]:
    if part.kind in ("instant", "number") or (part.column is not None and part.kind == "date"):
        return _plain(part)
    if part.column is not None and part.kind == "text":
        return sortable(part.column, catalogue.dialect)
    if part.field is not None and part.field.name == "status":
        return _in_workflow(catalogue)
    ranks = {} if part.kind in ("person", "people") else _ranks(catalogue, part)
    if 0 < len(ranks) <= _MOST_RANKED:
        return _coded(part, lambda code: _ranked(code, ranks))
    return _coded(part, lambda code: _text(catalogue, code))


def _plain(part: Part) -> ColumnElement[Any]:
    if part.column is not None:
        return part.column
    return (
        select(func.min(item_value.c[part.kind]))
        .where(item_value.c.item == item.c.key, item_value.c.field.in_(part.codes))
        .scalar_subquery()
    )


def _coded(
    part: Part, value_of: Callable[[ColumnElement[Any]], ColumnElement[Any]]
) -> ColumnElement[Any]:
    if part.column is not None:
        return value_of(part.column)
    return (
        select(func.min(value_of(item_value.c.term)))
        .where(item_value.c.item == item.c.key, item_value.c.field.in_(part.codes))
        .scalar_subquery()
    )


def _in_workflow(catalogue: Catalogue) -> ColumnElement[Any]:
    """The place of a status in the workflows of its type."""
    places: dict[tuple[str, str], int] = {}
    for status in catalogue.statuses:
        known = places.get((status.type, status.label), status.position)
        places[status.type, status.label] = min(known, status.position)
    codes = catalogue.codes(label for _, label in places)
    label = item.c.status_label
    whens = [
        (and_(label == codes[text], item.c.type == TYPE_CODES[item_type]), place)
        for (item_type, text), place in places.items()
        if text in codes
    ]
    return case((label.is_(None), null()), *whens, else_=_MOST_RANKED)


def _text(catalogue: Catalogue, code: ColumnElement[Any]) -> ColumnElement[Any]:
    text = select(term.c.text).where(term.c.key == code).scalar_subquery()
    return sortable(text, catalogue.dialect)


def _ranked(code: ColumnElement[Any], ranks: dict[int, int]) -> ColumnElement[Any]:
    """The place of a coded value in the team's order; what the team doesn't list comes after."""
    places = [(code == known, place) for known, place in ranks.items()]
    return case((code.is_(None), null()), *places, else_=len(ranks))


def _ranks(catalogue: Catalogue, part: Part) -> dict[int, int]:
    """Code -> place, of the values that the team lists for the field."""
    placed = [(known.place, known.text) for known in known_values(catalogue, part)]
    ordered = list(dict.fromkeys(text for _, text in sorted(placed)))
    codes = catalogue.codes(ordered)
    return {codes[text]: place for place, text in enumerate(ordered) if text in codes}
