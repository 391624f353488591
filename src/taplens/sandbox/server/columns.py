"""The SQL that stands for a column of a row, and the conditions on it."""

from __future__ import annotations

from taplens.sandbox.server import ids, operators
from taplens.sandbox.server.operators import Condition
from taplens.sandbox.shapes import EMPTY
from taplens.sandbox.store import PARENTS, PEERS

_TABLE_COLUMNS = frozenset({"id", "created", "modified"})


def condition(entity: str, column: str, kind: str, value: str, workspace_id: str) -> Condition:
    """The condition that `value`, with operators of `kind`, puts on a column.

    Ids in it may be spelled in any of TAPD's ways. Raises Refusal (422).
    """
    if column in ids.ID_FIELDS:
        value = ids.canonical_list(value, workspace_id)
    where = _indexed(entity, column, value) or expression(entity, column)
    return operators.condition(kind, column, where, value)


def expression(entity: str, column: str) -> str:
    """The SQL of a column's value; columns a sparse row lacks read as their unset value."""
    if column in _TABLE_COLUMNS:  # as they are, so that the indexes serve
        return column
    unset = EMPTY.get(entity, {}).get(column) or ""
    return f"COALESCE(json_extract(payload, '$.{column}'), '{unset}')"


def _indexed(entity: str, column: str, value: str) -> str | None:
    """The indexed table column that holds `column`, where asking it gives the same answer.

    It is NULL where the column is unset, so it can't be asked for the unset value nor negated.
    """
    unset = EMPTY.get(entity, {}).get(column) or ""
    if value.startswith(("<", "!")) or unset in value.replace("|", ",").split(","):
        return None
    if PARENTS.get(entity) == column:
        return "parent"
    return "peer" if PEERS.get(entity) == column else None
