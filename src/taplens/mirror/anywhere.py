"""Values of whichever field: what the name `any` means in a filter, and words in mode `exact`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from taplens.filters import Condition
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.dialects import among, contains, equals
from taplens.mirror.fields import COLUMN_FIELDS
from taplens.mirror.schema import item, item_value, term

Test = Callable[[ColumnElement[Any]], ColumnElement[bool]]

_FEW = 100
_CODED = (
    item.c.status_label,
    *(item.c[field.name] for field in COLUMN_FIELDS if field.kind in ("term", "person")),
)


def any_field(catalogue: Catalogue, condition: Condition) -> ColumnElement[bool]:
    """What a condition on `any` means: some field's value is this, or with `~` holds it."""
    compare = contains if condition.operator == "~" else equals
    tests = [
        partial(compare, text=value.text, dialect=catalogue.dialect) for value in condition.values
    ]
    return or_(*(in_any_value(catalogue, test) for test in tests))


def in_any_value(catalogue: Catalogue, test: Test) -> ColumnElement[bool]:
    """Whether an item's title, id, or one of its chosen or written values or people passes."""
    codes = list(catalogue.connection.scalars(select(term.c.key).where(test(term.c.text))))
    conditions = [test(item.c.title), test(item.c.id)]
    if codes:
        conditions += [_one_of(column, codes, catalogue.dialect) for column in _CODED]
        chosen = _one_of(item_value.c.term, codes, catalogue.dialect)
        conditions.append(item.c.key.in_(select(item_value.c.item).where(chosen)))
    return or_(*conditions)


def _one_of(column: ColumnElement[Any], codes: list[int], dialect: str) -> ColumnElement[bool]:
    """Whether a column holds one of these codes: a few are compared faster than looked up."""
    return column.in_(codes) if len(codes) <= _FEW else among(column, codes, dialect)
