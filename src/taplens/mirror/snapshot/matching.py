"""A compiled filter on the snapshot: rendered for DuckDB, or answered by the mirror itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BinaryExpression,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    TextClause,
    select,
)
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect
from sqlalchemy.sql import visitors
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import custom_op

from taplens.mirror.dialects import gathered
from taplens.mirror.schema import item
from taplens.mirror.snapshot.layout import PARTS

# A list of keys that the mirror found, as the text of a JSON array.
_LISTED = """item.key IN (SELECT unnest(from_json(?, '["INTEGER"]')))"""
_WHERE = "\nWHERE "
_TABLES = frozenset(("item", "item_value"))
_FUNCTIONS = frozenset(("coalesce",))


@dataclass(frozen=True, slots=True)
class Selection:
    """A condition over the table `item`, and the values of its `?`, in order."""

    sql: str
    parameters: tuple[object, ...]


class _Compiler(PGCompiler):
    """DuckDB's SQL is PostgreSQL's, but for the division of whole numbers."""

    def visit_floordiv_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        return f"{left} // {right}"


class _Dialect(PGDialect):
    statement_compiler = _Compiler
    supports_statement_cache = False


@cache
def _dialect() -> PGDialect:
    return _Dialect(paramstyle="qmark")  # type: ignore[no-untyped-call]


def rendered(expression: ColumnElement[Any] | Select[Any]) -> Selection:
    """An expression over the snapshot's tables as DuckDB's SQL."""
    options = {"render_postcompile": True}
    compiled: Any = expression.compile(dialect=_dialect(), compile_kwargs=options)
    values = compiled.params
    return Selection(str(compiled), tuple(values[name] for name in compiled.positiontup or ()))


def _condition(where: ColumnElement[bool]) -> Selection:
    """A condition as it stands in a question about `item`.

    By itself it would be rendered as one about nothing: what an inner question asks of the outer
    one's item, it would ask of a table of its own, and so of any item.
    """
    found = rendered(select(item.c.key).where(where))
    return Selection(found.sql.partition(_WHERE)[2], found.parameters)


def selection(connection: Connection, where: ColumnElement[bool]) -> Selection:
    """The items that `where` means (see Compiled.where), whoever finds them.

    The mirror is asked where the snapshot lacks something: texts, the index of words.
    """
    if _is_held(where):
        return _condition(where)
    query = select(gathered(item.c.key, connection.dialect.name)).where(where)
    return Selection(_LISTED, (connection.scalar(query) or "[]",))


def _is_held(where: ColumnElement[bool]) -> bool:
    """Whether the snapshot has every table, column and function that `where` uses."""
    return all(_is_known(element) for element in visitors.iterate(where))


def _is_known(element: Any) -> bool:
    if isinstance(element, FunctionElement):
        return element.name in _FUNCTIONS
    if isinstance(element, BinaryExpression):
        return not isinstance(element.operator, custom_op)
    if isinstance(element, Column):
        return element.table.name in _TABLES and element.name in PARTS[element.table.name].columns
    if isinstance(element, TextClause):
        return False
    if isinstance(element, FromClause):
        return isinstance(element, Select) or getattr(element, "name", "") in _TABLES
    return True
