"""Landing TAPD's rows in the mirror's tables: always inside the one write transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, select

from taplens.mirror.bulk import insert_rows
from taplens.mirror.dialects import among
from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.schema import item
from taplens.mirror.terms import LONGEST, Terms
from taplens.mirror.versions import touch

_SIBLINGS = {"story": "task", "task": "story"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows land: an open write transaction, a workspace, and who fetched them when.

    `workspace` is the workspace's key; `workspace_id` its TAPD id; `account` the account that
    fetched the rows; `at` the UTC epoch seconds at which their request was sent; `task_type` the
    work-item type of tasks where the workspace keeps them as stories.
    """

    connection: Connection
    terms: Terms
    workspace: int
    workspace_id: str
    account: str
    at: int
    task_type: str | None = None

    def codes(self, texts: set[str]) -> dict[str, int]:
        """The codes of `texts` in the dictionary; new ones are added."""
        return self.terms.codes(self.connection, texts)

    def code(self, text: str | None) -> int | None:
        """The code of one text; None stays None."""
        return None if text is None else self.codes({text})[text[:LONGEST]]

    def sibling(self, item_type: str) -> str | None:
        """The type that an item of `item_type` may have been before, None where it has no other.

        Where tasks are kept as stories, TAPD lets one be turned into the other.
        """
        return _SIBLINGS.get(item_type) if self.task_type else None

    def touch(self, item_type: str, item_ids: Iterable[str]) -> None:
        """Note that what the snapshot holds of these items (long ids) is changed."""
        keys = self.connection.scalars(
            select(item.c.key).where(
                item.c.workspace == self.workspace,
                item.c.type == TYPE_CODES[item_type],
                among(item.c.id, sorted(set(item_ids)), self.connection.dialect.name),
            )
        )
        touch(self.connection, keys)

    def replace(self, table: Table, rows: Iterable[Mapping[str, Any]], **scope: object) -> None:
        """Let `rows` be all that `table` holds of this workspace within `scope`.

        `scope` maps columns to a value, or to a list of values.
        """
        conditions = [table.c.workspace == self.workspace]
        for name, value in scope.items():
            column = table.c[name]
            conditions.append(column.in_(value) if isinstance(value, list) else column == value)
        self.connection.execute(delete(table).where(*conditions))
        insert_rows(self.connection, table, [{"workspace": self.workspace, **row} for row in rows])
