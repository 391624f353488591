"""Finding items: how many match, and one page of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from taplens.errors import ArgumentError
from taplens.filters import Query
from taplens.mirror.columns import read_columns
from taplens.mirror.compile import Compiled, compile_query
from taplens.mirror.dialects import among
from taplens.mirror.rows import Row, light_rows
from taplens.mirror.schema import item
from taplens.mirror.scope import Notice, Scope

MOST_ROWS = 200
# Up to this many matches the page is picked among their keys instead of searching them again.
_MOST_KEYS = 10_000
# In an order that an index has, so small a share of so many matches is met on the way.
_LEAST_WALKED, _SHARE_WALKED = 1_000, 20


@dataclass(frozen=True, slots=True)
class Found:
    """How many items match in all, the asked page of them, and what is to be told beside it."""

    total: int
    rows: list[Row]
    warnings: tuple[Notice, ...] = ()
    definitions: tuple[str, ...] = ()


def find_items(
    connection: Connection, query: Query, scope: Scope, *, limit: int = 50, offset: int = 0
) -> Found:
    """The items that `query` means, in its order, from `offset` on, at most `limit` (1-200).

    Raises FilterError for what the filter gets wrong, ArgumentError for limits out of range.
    """
    check_page(limit, offset)
    compiled = compile_query(connection, query, scope)
    total, page = page_of(connection, compiled, limit, offset)
    rows = light_rows(compiled.catalogue, page)
    return Found(total, rows, compiled.warnings, compiled.definitions)


def check_page(limit: int, offset: int) -> None:
    """Raises ArgumentError for a page that can't be asked for."""
    if not 1 <= limit <= MOST_ROWS:
        raise ArgumentError("limit_out_of_range", limit=limit, most=MOST_ROWS)
    if offset < 0:
        raise ArgumentError("offset_out_of_range", offset=offset)


def page_of(
    connection: Connection, compiled: Compiled, limit: int, offset: int
) -> tuple[int, list[int]]:
    """How many items match in all, and the keys of one page of them in the filter's order."""
    (matching,) = read_columns(connection, compiled.where, [item.c.key])
    return len(matching), _page(connection, compiled, matching, limit, offset)


def _page(
    connection: Connection, compiled: Compiled, matching: list[int], limit: int, offset: int
) -> list[int]:
    """The keys of one page; nothing is sorted where the page lies beyond the end."""
    if offset >= len(matching):
        return []
    count, where = len(matching), compiled.where
    walked = compiled.is_indexed and count > max(_LEAST_WALKED, (offset + limit) * _SHARE_WALKED)
    if count <= _MOST_KEYS and not walked:
        where = among(item.c.key, matching, connection.dialect.name)
    query = select(item.c.key).where(where).order_by(*compiled.order)
    return list(connection.scalars(query.limit(limit).offset(offset)))
