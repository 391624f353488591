"""The traces of items that are gone: recycle bins, archives, moved and merged bugs."""

from __future__ import annotations

import json
from typing import Any

Row = dict[str, Any]

WEB = "https://www.tapd.cn"


def removed_story(row: Row, actor: str, at: str, *, archived: bool = False) -> Row:
    """The RemovedStory row of a deleted (or archived) story."""
    removed = {
        "id": row["id"],
        "name": row["name"],
        "creator": row["creator"],
        "created": row["created"],
        "operation_user": actor,
        "deleted": at,
    }
    return removed | {"is_archived": "1"} if archived else removed


def removed_task(row: Row, actor: str, at: str) -> Row:
    """The RemovedTask row of a deleted task."""
    return {
        "id": row["id"],
        "name": row["name"],
        "creator": row["creator"],
        "created": row["created"],
        "operation_user": actor,
        "modified": at,
    }


def removed_bug(row: Row, actor: str, at: str, *, kind: str = "delete", successor: str = "") -> Row:
    """The RemovedBug row of a bug that was deleted, moved or merged (`kind`).

    `successor` is the web address of the bug that goes on in its place.
    """
    return {
        "id": row["id"],
        "title": row["title"],
        "reporter": row["reporter"],
        "created": row["created"],
        "operation_user": actor,
        "modified": at,
        "removed_comment": json.dumps({"action": kind}, separators=(",", ":")),
        "type": kind,
        "new_bug_url": successor,
    }


def bug_url(workspace_id: str, bug_id: str) -> str:
    """The web address of a bug."""
    return f"{WEB}/{workspace_id}/bugtrace/bugs/view/{bug_id}"


def trash(entity: str, row: Row, kind: str, hung: dict[str, list[Row]] | None = None) -> Row:
    """What the sandbox keeps of a removed item, to restore it.

    `hung` are the rows that went with it, by entity.
    """
    return {
        "id": trash_id(entity, row["id"]),
        "entity": entity,
        "kind": kind,
        "row": row,
        "hung": hung or {},
    }


def trash_id(entity: str, item_id: str) -> str:
    """The key of a removed item among the trash."""
    return f"{entity}:{item_id}"
