"""The descriptions of items, as TAPD has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from taplens.filters import parse
from taplens.mirror.compile import Compiled, compile_query
from taplens.mirror.dialects import among
from taplens.mirror.landing.project import unpacked
from taplens.mirror.reads_find import page_of
from taplens.mirror.rows import light_rows
from taplens.mirror.schema import raw
from taplens.mirror.scope import Scope

MOST_ITEMS = 20_000
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Described:
    """An item with its description in HTML."""

    workspace_id: str
    type: str
    id: str
    title: str
    html: str


def described(
    connection: Connection, scope: Scope, where: str, most: int = MOST_ITEMS
) -> list[Described]:
    """The first `most` items of `where`, in its order, that have a description.

    Raises FilterError for what the filter gets wrong.
    """
    compiled = compile_query(connection, parse(where), scope)
    _, keys = page_of(connection, compiled, MOST_ITEMS, 0)
    found: list[Described] = []
    for start in range(0, len(keys), _CHUNK):
        found += _chunk(connection, compiled, keys[start : start + _CHUNK])
        if len(found) >= most:
            break
    return found[:most]


def _chunk(connection: Connection, compiled: Compiled, keys: list[int]) -> Iterator[Described]:
    query = select(raw).where(among(raw.c.item, keys, connection.dialect.name))
    payloads = {row.item: unpacked(row.payload) for row in connection.execute(query)}
    for key, row in zip(keys, light_rows(compiled.catalogue, keys), strict=True):
        html = str(payloads.get(key, {}).get("description") or "")
        if html:
            yield Described(row.workspace_id, row.type, row.id, row.title, html)
