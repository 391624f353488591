"""Lists and counts: filters, order, paging and columns over the rows of one entity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from taplens.sandbox.server.call import Call
from taplens.sandbox.server.columns import condition, expression
from taplens.sandbox.server.documented import COLUMN_OF, operator_kind
from taplens.sandbox.server.envelope import Refusal, Result
from taplens.sandbox.server.operators import Condition
from taplens.sandbox.server.site import Endpoint, Site
from taplens.sandbox.server.special import PRESENTED, SPECIAL
from taplens.sandbox.shapes import EMPTY, INTERNAL, complete
from taplens.tapd.entities import DEPTH_CAP

DEFAULT_LIMIT = 30
_LOGS = frozenset({"story_change", "task_change", "bug_change"})


def rows(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """One page of rows, newest first unless `order` says otherwise."""
    asked = frozenset((name, *values) for name, values in call.parameters.items())
    return Result(
        site.kept.page(
            (endpoint.path, asked, call.conditions, call.account, call.hidden_workspaces),
            site.store.version,
            lambda: rows_where(site, call, endpoint, *filters(site, call, endpoint.entity)).data,
        )
    )


def rows_where(
    site: Site, call: Call, endpoint: Endpoint, wheres: list[str], arguments: list[str]
) -> Result:
    """One page of the rows that the given SQL holds for."""
    order = _order(call, endpoint.entity)
    offset, limit = page_of(call, endpoint) if endpoint.paged else (0, None)
    cursor = call.get("cursor")
    if cursor:
        wheres, arguments = _after_cursor(cursor, order, wheres, arguments)
        offset = 0
    found = site.store.select(
        endpoint.entity,
        call.get("workspace_id"),
        " AND ".join(wheres),
        arguments,
        order,
        limit,
        offset,
    )
    return Result(list(wrapped(presented(site, call, endpoint.entity, found), endpoint.wrapper)))


def count(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """How many rows the filters leave; `page`, `limit`, `fields` and `order` mean nothing."""
    wheres, arguments = filters(site, call, endpoint.entity)
    number = site.store.count(
        endpoint.entity, call.get("workspace_id"), " AND ".join(wheres), arguments
    )
    return Result({"count": number})


def filters(site: Site, call: Call, entity: str) -> tuple[list[str], list[str]]:
    """The SQL conditions and their arguments of all parameters that filter `entity`.

    Parameters that filter nothing and those with an empty value are ignored.
    """
    conditions: list[Condition] = []
    special = SPECIAL.get(entity, {})
    for name in call.parameters:
        value, kind = call.get(name), operator_kind(entity, name)
        if kind and value and name not in special:
            column = COLUMN_OF.get((entity, name), name)
            conditions.append(condition(entity, column, kind, value, call.get("workspace_id")))
    for make in special.values():
        made = make(site, call)
        if made is not None:
            conditions.append(made)
    return [f"({sql})" for sql, _ in conditions], [a for _, some in conditions for a in some]


def presented(
    site: Site, call: Call, entity: str, found: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Rows as they go out: every column, what the parameters add, only the asked `fields`."""
    whole = [complete(entity, row) for row in found]
    for present in PRESENTED.get(entity, ()):
        present(site, call, whole)
    asked = call.every("fields")
    if not asked or not whole:
        return whole
    known = [name for name in asked if name in whole[0]]
    if not known:  # unknown names only: TAPD then sends every column, internal ones too
        return [INTERNAL.get(entity, {}) | row for row in whole]
    return [{name: row[name] for name in known if name in row} for row in whole]


def wrapped(found: Iterable[dict[str, Any]], wrapper: str | None) -> Iterable[dict[str, Any]]:
    """Each row under its wrapper key; bare where there is none."""
    return found if wrapper is None else ({wrapper: row} for row in found)


def page_of(call: Call, endpoint: Endpoint) -> tuple[int, int]:
    """Offset and limit of the asked page. Raises Refusal (422) beyond the depth cap."""
    limit = min(_positive(call.get("limit"), DEFAULT_LIMIT), endpoint.page_cap)
    page = _positive(call.get("page"), 1)
    if page * limit > DEPTH_CAP:
        raise Refusal(422, f"page * limit must not exceed {DEPTH_CAP}")
    return (page - 1) * limit, limit


def _positive(text: str, default: int) -> int:
    """A number from a parameter; zero, negative and malformed ones mean the default."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    return number or default


def _order(call: Call, entity: str) -> str:
    """The SQL of `order=<field> asc|desc`; equal keys are ordered by id, the same way."""
    column, _, direction = call.get("order").partition(" ")
    ascending = direction.strip().lower() == "asc"
    way = "ASC" if ascending else "DESC"
    if not column or column == "id" or column not in EMPTY.get(entity, {}):
        # Logs only grow, so this is the same order, and the index on `created` gives it.
        grows = entity in _LOGS and call.get("created") and not call.get("cursor")
        return f"created {way}, id {way}" if grows else f"id {way}"
    return f"{expression(entity, column)} {way}, id {way}"


def _after_cursor(
    cursor: str, order: str, wheres: list[str], arguments: list[str]
) -> tuple[list[str], list[str]]:
    """The page after the row with the id `cursor`. Only an order by id has one."""
    if not order.startswith("id "):
        raise Refusal(422, "cursor needs an order by id")
    sign = ">" if order == "id ASC" else "<"
    return [*wheres, f"id {sign} ?"], [*arguments, cursor]
