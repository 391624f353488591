"""Statuses: the team's word for each, and the one definition of "open"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.schema import item, term, workflow_status
from taplens.mirror.terms import Terms
from taplens.mirror.versions import touch

# End states where a workspace's workflow hasn't been read: TAPD's built-in ones.
BUILT_IN_ENDS = frozenset(("resolved", "rejected", "closed", "done", "abandon", "workflow_end"))

# Statuses that TAPD fixes and no workflow call tells: (key, label, is an end state).
FIXED_STATUSES: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "task": (
        ("open", "未开始", False),
        ("progressing", "进行中", False),
        ("done", "已完成", True),
    ),
    "iteration": (("open", "开启", False), ("done", "已关闭", True)),
    "tcase": (
        ("normal", "正常", False),
        ("updating", "待更新", False),
        ("abandon", "已废弃", True),
    ),
}


@dataclass(frozen=True, slots=True)
class Status:
    """A status as its workflow defines it: that of `workitem_type`, None where none names it."""

    label: str
    is_end: bool
    workitem_type: str | None


class Workflows:
    """The statuses of one workspace, by type, work-item type and key."""

    def __init__(self, connection: Connection, workspace: int) -> None:
        table = workflow_status.c
        rows = connection.execute(
            select(table.type, table.workitem_type, table.status, table.label, table.is_end)
            .where(table.workspace == workspace)
            .order_by(table.workitem_type)
        )
        self._statuses: dict[tuple[int, str, str], Status] = {}
        for row in rows:
            status = Status(row.label, row.is_end, row.workitem_type)
            self._statuses[row.type, row.workitem_type, row.status] = status
            # A work-item type whose own map isn't known speaks as the others do, the first of them.
            self._statuses.setdefault((row.type, "", row.status), status)

    def status(self, type_code: int, workitem_type: str | None, key: str) -> Status:
        """What `key` means for items of that type; a key no workflow names is its own label.

        An item is open as long as its status is no end state of its workflow.
        """
        found = self._statuses.get((type_code, workitem_type or "", key))
        found = found or self._statuses.get((type_code, "", key))
        return found or Status(key, key in BUILT_IN_ENDS, None)


def relabel(connection: Connection, terms: Terms, workspace: int) -> None:
    """Bring the labels and the openness of all items in step with changed workflows."""
    workflows = Workflows(connection, workspace)
    kinds = connection.execute(
        select(item.c.type, item.c.workitem_type, item.c.status)
        .where(item.c.workspace == workspace)
        .distinct()
    ).all()
    coded = {code for row in kinds for code in (row.workitem_type, row.status) if code is not None}
    texts = _texts(connection, coded)
    for row in kinds:
        key = texts.get(row.status, "")
        status = workflows.status(row.type, texts.get(row.workitem_type), key)
        connection.execute(
            update(item)
            .where(
                item.c.workspace == workspace,
                item.c.type == row.type,
                item.c.workitem_type.is_not_distinct_from(row.workitem_type),
                item.c.status.is_not_distinct_from(row.status),
            )
            .values(
                status_label=terms.codes(connection, {status.label})[status.label],
                is_open=not status.is_end,
            )
        )
    # Also those whose status says the same: which of their earlier ones were ends may be new.
    touch(connection, connection.scalars(select(item.c.key).where(item.c.workspace == workspace)))


def statuses_at(
    connection: Connection, places: Iterable[tuple[int, int, int, int]]
) -> list[Status]:
    """What the status means in each of `places`, in their order.

    A place is the workspace's key, the type's code, and the terms of the work-item type (a
    negative number: none) and of the status key.
    """
    known = list(places)
    texts = _texts(connection, {code for place in known for code in place[2:] if code > 0})
    workflows = {key: Workflows(connection, key) for key in {place[0] for place in known}}
    return [
        workflows[key].status(kind, texts.get(workitem_type), texts.get(status, ""))
        for key, kind, workitem_type, status in known
    ]


def _texts(connection: Connection, codes: Iterable[int]) -> dict[int, str]:
    rows = connection.execute(select(term.c.key, term.c.text).where(term.c.key.in_(codes)))
    return {row.key: row.text for row in rows}


def fixed_rows(workspace: int) -> list[dict[str, object]]:
    """The rows of workflow_status that are the same in every workspace."""
    return [
        {
            "workspace": workspace,
            "type": TYPE_CODES[item_type],
            "workitem_type": "",
            "status": key,
            "label": label,
            "position": position,
            "is_first": position == 0,
            "is_end": is_end,
        }
        for item_type, statuses in FIXED_STATUSES.items()
        for position, (key, label, is_end) in enumerate(statuses)
    ]
