"""What the snapshot holds: its tables, their columns and types, and the queries they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Float,
    FromClause,
    Integer,
    SmallInteger,
    Text,
    and_,
    case,
    cast,
    func,
    join,
    literal,
    outerjoin,
    select,
)

from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.landing.history import ITERATION_FIELD
from taplens.mirror.schema import change, item, item_value, removal, status_interval, term

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.types import TypeEngine

FORMAT = 2  # to be raised with every change of layout or names: older snapshots are made anew
# Facts about how a row was read, and what is only ever shown, aren't analysed.
_LEFT_OUT = frozenset(("title", "account", "fetched_at"))
_LARGEST = 1.7e308  # in place of infinity, which JSON has no word for
# In place of null, which an array of whole numbers has no room for: keys and codes are positive.
_NO_CODE = -1
_NO_NUMBER = -99_999_999_999

Which = Callable[[ColumnElement[Any]], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of column: its type in the snapshot and in numpy, and how the mirror hands it over.

    `restored` is SQL that makes null again of what stands in its place, where `{name}` is.
    """

    sql: str
    numpy: str
    handed: Callable[[ColumnElement[Any]], ColumnElement[Any]]
    restored: str = "{name}"


def _whole(sql: str, unset: int) -> Kind:
    def handed(value: ColumnElement[Any]) -> ColumnElement[Any]:
        number = cast(value, Integer) if isinstance(value.type, Boolean) else value
        return func.coalesce(number, literal(unset, BigInteger))

    return Kind(sql, "int64", handed, f"nullif({{name}}, {unset})")


def _finite(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((value > _LARGEST, _LARGEST), (value < -_LARGEST, -_LARGEST), else_=value)


# By the type of the mirror's column; the first that fits counts.
_KINDS: tuple[tuple[type[TypeEngine[Any]], Kind], ...] = (
    (Boolean, _whole("BOOLEAN", _NO_CODE)),
    (SmallInteger, _whole("TINYINT", _NO_CODE)),
    (BigInteger, _whole("BIGINT", _NO_NUMBER)),
    (Integer, _whole("INTEGER", _NO_CODE)),
    (Float, Kind("DOUBLE", "float64", _finite, "if(isnan({name}), NULL, {name})")),
    (Text, Kind("VARCHAR", "object", lambda value: value)),
)


def kind_of(column: ColumnElement[Any]) -> Kind:
    """How a column is kept."""
    return next(kind for types, kind in _KINDS if isinstance(column.type, types))


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the snapshot: its columns by name, where the mirror has them, and their order.

    `owner` is the key of the item that a row belongs to; None: the table is small and is written
    whole, not in chunks of items. `order` makes the files small and lets queries skip most of
    them; with `merged` it is the order of the whole table, not of each chunk.
    """

    columns: Mapping[str, ColumnElement[Any]]
    source: FromClause
    owner: ColumnElement[Any] | None
    order: str
    where: ColumnElement[bool] | None = None
    merged: bool = False


_TOMBSTONE = (
    select(removal.c.removed_at)
    .where(
        removal.c.workspace == item.c.workspace,
        removal.c.type == item.c.type,
        removal.c.id == item.c.id,
    )
    .scalar_subquery()
)
_BY_ITEM = and_(
    status_interval.c.workspace == item.c.workspace,
    status_interval.c.type == item.c.type,
    status_interval.c.item_id == item.c.id,
)
_CHANGE_BY_ITEM = and_(
    change.c.workspace == item.c.workspace,
    change.c.type == item.c.type,
    change.c.item_id == item.c.id,
)
_ITERATION_CHANGE = change.c.field == (
    select(term.c.key).where(term.c.text == ITERATION_FIELD).scalar_subquery()
)

PARTS: dict[str, Part] = {
    "item": Part(
        {column.name: column for column in item.columns if column.name not in _LEFT_OUT}
        | {"removed_at": case((item.c.removed.is_not(None), _TOMBSTONE))},
        item,
        item.c.key,
        "type, workspace, key",
    ),
    "item_value": Part(
        {column.name: column for column in item_value.columns},
        item_value,
        item_value.c.item,
        "field, item",
        merged=True,
    ),
    # `is_end` and `label` are added where it is written: the workflows tell them.
    "interval": Part(
        {
            "item": item.c.key,
            **{
                name: status_interval.c[name]
                for name in ("position", "status", "began", "ended", "author")
            },
            **{name: item.c[name] for name in ("workspace", "type", "workitem_type")},
        },
        join(item, status_interval, _BY_ITEM),
        item.c.key,
        "item, position",
    ),
    "iteration_move": Part(
        {
            "item": item.c.key,
            "workspace": item.c.workspace,
            "changed": change.c.created,
            "id": change.c.id,
            "position": change.c.position,
            "old": change.c.old,
            "new": change.c.new,
        },
        join(change, item, _CHANGE_BY_ITEM),
        item.c.key,
        "item, changed, id, position",
        where=_ITERATION_CHANGE,
    ),
    # What the texts of an `iteration_move` mean: TAPD tells ids, and names.
    "iteration_name": Part(
        {
            "workspace": item.c.workspace,
            "id": item.c.id,
            "name": item.c.title,
            "term": term.c.key,
        },
        outerjoin(item, term, term.c.text == item.c.id),
        None,
        "workspace, id",
        where=item.c.type == TYPE_CODES["iteration"],
    ),
}
