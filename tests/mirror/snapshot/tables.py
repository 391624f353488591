"""What a snapshot must hold, read row by row from the mirror's tables: slow and plain."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.schema import change, item, item_value, removal, status_interval, term
from taplens.mirror.snapshot.opened import Snapshot
from taplens.mirror.workflow import Workflows

LEFT_OUT = ("title", "account", "fetched_at")
ITEM = [column.name for column in item.columns if column.name not in LEFT_OUT] + ["removed_at"]
QUERIES = {
    "item": f"SELECT {', '.join(ITEM)} FROM item",
    "item_value": "SELECT item, field, term, number, instant FROM item_value",
    "interval": "SELECT item, position, status, began, ended, author, is_end, label FROM interval",
    "iteration_change": "SELECT item, changed, old, new FROM iteration_change",
}
Tables = dict[str, list[tuple[Any, ...]]]


def held(snapshot: Snapshot) -> Tables:
    """Every row of every table of a snapshot, sorted."""
    return {name: ordered(snapshot.rows(query)) for name, query in QUERIES.items()}


def wanted(connection: Connection) -> Tables:
    """The same from the mirror's tables."""
    items = connection.execute(select(item)).mappings().all()
    texts = {row.key: row.text for row in connection.execute(select(term))}
    codes = {text: key for key, text in texts.items()}
    by_place = {(row["workspace"], row["type"], row["id"]): row for row in items}
    tombstones = {
        (row.workspace, row.type, row.id): row.removed_at
        for row in connection.execute(select(removal))
    }
    workflows = {row["workspace"]: Workflows(connection, row["workspace"]) for row in items}
    iterations = [row for row in items if row["type"] == TYPE_CODES["iteration"]]

    def removed_at(place: tuple[int, int, str], row: Any) -> int | None:
        return tombstones.get(place) if row["removed"] is not None else None

    def iteration(workspace: int, text: str | None) -> int | None:
        mine = [row for row in iterations if row["workspace"] == workspace]
        if any(row["id"] == text for row in mine):
            return codes.get(text or "")
        named = [codes[row["id"]] for row in mine if row["title"] == text and row["id"] in codes]
        return max(named, default=None)

    intervals = []
    for row in connection.execute(select(status_interval)):
        owner = by_place.get((row.workspace, row.type, row.item_id))
        if owner is not None:
            kind = texts.get(owner["workitem_type"])
            status = workflows[row.workspace].status(row.type, kind, texts[row.status])
            stay = (
                row.position,
                row.status,
                row.began,
                row.ended,
                row.author,
                status.is_end,
                status.label,
            )
            intervals.append((owner["key"], *stay))
    moves = [
        (
            by_place[row.workspace, row.type, row.item_id]["key"],
            row.created,
            iteration(row.workspace, row.old),
            iteration(row.workspace, row.new),
        )
        for row in connection.execute(select(change))
        if texts[row.field] == "iteration_id" and (row.workspace, row.type, row.item_id) in by_place
    ]
    return {
        "item": ordered(
            (*(row[name] for name in ITEM[:-1]), removed_at(place, row))
            for place, row in by_place.items()
        ),
        "item_value": ordered(map(tuple, connection.execute(select(item_value)))),
        "interval": ordered(intervals),
        "iteration_change": ordered(moves),
    }


def ordered(rows: Any) -> list[tuple[Any, ...]]:
    """Rows sorted, whatever is null in them."""
    return sorted((tuple(row) for row in rows), key=lambda row: [(v is None, v or 0) for v in row])
