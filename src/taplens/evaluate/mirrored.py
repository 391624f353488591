"""Test cases and requirements as the mirror has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from taplens.evaluate.labelled import parts_of
from taplens.evaluate.model import Case, Requirement
from taplens.filters import And, Node, Query, parse
from taplens.mirror.compile import compile_query
from taplens.mirror.dialects import among
from taplens.mirror.landing.project import unpacked
from taplens.mirror.reads_find import page_of
from taplens.mirror.rows import light_rows
from taplens.mirror.schema import item, raw, relation
from taplens.tapd.rich_text import to_text

if TYPE_CHECKING:
    from taplens.mirror.rows import Row
    from taplens.mirror.scope import Scope

MOST_CASES = 50_000
MOST_REQUIREMENTS = 5_000
_CHUNK = 1_000


def read_cases(connection: Connection, scope: Scope, where: str) -> list[Case]:
    """TAPD's test cases that the filter `where` means, with the stories they are linked to.

    Raises FilterError.
    """
    found = []
    for keys, rows in _rows(connection, scope, "type:tcase", where, MOST_CASES):
        payloads = _payloads(connection, keys)
        stories = _stories(connection, keys)
        for key, row in zip(keys, rows, strict=True):
            found.append(_case(row, payloads.get(key, {}), stories.get(row.id, ())))
    return found


def read_requirements(connection: Connection, scope: Scope, where: str) -> list[Requirement]:
    """The stories that the filter `where` means. Raises FilterError."""
    found = []
    for keys, rows in _rows(connection, scope, "type:story", where, MOST_REQUIREMENTS):
        payloads = _payloads(connection, keys)
        for key, row in zip(keys, rows, strict=True):
            found.append(_requirement(row, payloads.get(key, {})))
    return found


def _rows(
    connection: Connection, scope: Scope, kind: str, where: str, most: int
) -> Iterator[tuple[list[int], list[Row]]]:
    """Keys and rows of the items of a kind, in the order of their ids, chunk by chunk."""
    parts: list[Node] = [node for text in (kind, where) if (node := parse(text).where) is not None]
    compiled = compile_query(connection, Query(And(parts) if len(parts) > 1 else parts[0]), scope)
    keys = sorted(page_of(connection, compiled, most, 0)[1])
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        yield chunk, light_rows(compiled.catalogue, chunk)


def _payloads(connection: Connection, keys: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    held = select(raw.c.item, raw.c.payload).where(among(raw.c.item, keys, connection.dialect.name))
    return {row.item: unpacked(row.payload) for row in connection.execute(held)}


def _stories(connection: Connection, keys: Sequence[int]) -> Mapping[str, list[str]]:
    """The stories of each test case, by its id."""
    linked = (
        select(relation.c.target, relation.c.source)
        .join(
            item,
            (item.c.workspace == relation.c.workspace) & (item.c.id == relation.c.target),
        )
        .where(
            relation.c.kind == "story_tcase",
            among(item.c.key, keys, connection.dialect.name),
        )
        .order_by(relation.c.source)
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(linked):
        found.setdefault(row.target, []).append(row.source)
    return found


def _requirement(row: Row, told: Mapping[str, Any]) -> Requirement:
    """A story; where its description has a part that says what must hold, that is kept apart."""
    parts = parts_of(to_text(told.get("description")))
    return Requirement(
        id=row.id,
        title=row.title,
        description=parts.get("description", ""),
        status=row.status_label or row.status,
        priority=row.priority_label or row.priority,
        creator=row.creator,
        business_value=str(told.get("business_value") or parts.get("business_value", "")),
        acceptance_criteria=parts.get("acceptance_criteria", ""),
    )


def _case(row: Row, told: Mapping[str, Any], stories: Sequence[str]) -> Case:
    return Case(
        id=row.id,
        title=row.title,
        folder=str(told.get("category_id") or ""),
        automated=str(told.get("is_automated") or ""),
        priority=row.priority_label or row.priority,
        precondition=to_text(told.get("precondition")),
        steps=to_text(told.get("steps")),
        expected=to_text(told.get("expectation")),
        requirement=", ".join(stories),
    )
