"""Landing change logs, and the status intervals that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import delete, select, update

from taplens.mirror.dialects import among
from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.landing import Place
from taplens.mirror.landing.project import Row, text
from taplens.mirror.landing.rest import retype_task_removals
from taplens.mirror.schema import change, item, status_interval, term
from taplens.tapd.envelope import decoded
from taplens.tapd.values import parse_instant

# The field of a change of iteration; its values are ids, or names, as TAPD happens to tell.
ITERATION_FIELD = "iteration_id"
_ITEM_KEYS = {"story": "story_id", "task": "task_id", "bug": "bug_id"}


def land_changes(place: Place, item_type: str, rows: Sequence[Row]) -> int:
    """Put a page of change rows of `item_type` into the mirror; returns how many.

    Change rows are append-only in TAPD: landing one twice changes nothing. The status intervals
    of the items whose status moved are derived anew. Where tasks are kept as stories, a change is
    one of what its item is now, else of what it was at the time.
    """
    landed: dict[str, list[dict[str, Any]]] = {"story": [], "bug": [], "task": []}
    shared = item_type == "story" and place.task_type
    known = _known_types(place, {str(row["story_id"]) for row in rows}) if shared else {}
    for row in rows:
        kind = item_type
        if shared:
            then = "task" if _type_id(row) == place.task_type else "story"
            kind = known.get(str(row["story_id"]), then)
        landed[kind] += _changes(item_type, row)
    for kind, changes in landed.items():
        if changes:
            _write(place, kind, changes)
    if item_type == "story" and landed["task"]:
        retype_task_removals(place, sorted({row["item_id"] for row in landed["task"]}))
    return len(rows)


def _known_types(place: Place, item_ids: set[str]) -> dict[str, str]:
    """What each of these items is, story or task, as far as the mirror has it."""
    types = {TYPE_CODES[name]: name for name in ("story", "task")}
    rows = place.connection.execute(
        select(item.c.id, item.c.type).where(
            item.c.workspace == place.workspace,
            item.c.type.in_(types),
            among(item.c.id, sorted(item_ids), place.connection.dialect.name),
        )
    )
    return {row.id: types[row.type] for row in rows}


def _type_id(row: Row) -> str:
    return str(row.get("workitem_type_id") or "")


def _changes(item_type: str, row: Row) -> Iterator[dict[str, Any]]:
    """One dict a changed field, with texts not yet coded."""
    shared = {
        "id": str(row["id"]),
        "item_id": str(row[_ITEM_KEYS[item_type]]),
        "author": text(row.get("author") or row.get("creator")),
        "created": parse_instant(row["created"]) or 0,
        "kind": text(row.get("change_type")),
        "note": text(row.get("memo") or row.get("comment")),
    }
    if item_type == "bug":
        yield shared | {
            "position": 0,
            "field": str(row["field"]),
            "old": text(row.get("old_value")),
            "new": text(row.get("new_value")),
        }
        return
    fields = row.get("field_changes") or _parsed(row.get("changes")) or [{}]
    for position, field in enumerate(fields):
        yield shared | {
            "position": position,
            "field": str(field.get("field") or ""),
            "old": text(field.get("value_before")),
            "new": text(field.get("value_after")),
        }


def _parsed(changes: Any) -> list[dict[str, Any]]:
    """The `changes` string of a row without `field_changes`; a broken one tells nothing."""
    parsed = decoded(str(changes or "[]").encode())
    entries = parsed if isinstance(parsed, list) else []
    return [entry for entry in entries if isinstance(entry, dict)]


def _write(place: Place, item_type: str, changes: list[dict[str, Any]]) -> None:
    names = ("author", "field", "kind")
    codes = place.codes({row[name] for row in changes for name in names if row[name] is not None})
    coded = [
        row
        | {"type": TYPE_CODES[item_type]}
        | {name: None if row[name] is None else codes[row[name]] for name in names}
        for row in changes
    ]
    ids = sorted({row["id"] for row in changes})
    place.touch(item_type, _replanned(place, item_type, changes))
    place.replace(change, coded, type=TYPE_CODES[item_type], id=ids)
    moved = sorted({row["item_id"] for row in changes if row["field"] == "status"})
    if moved:
        derive_intervals(place, item_type, moved)


def _replanned(place: Place, item_type: str, changes: list[dict[str, Any]]) -> set[str]:
    """The items that these changes move to another iteration, as far as that is news."""
    moving = {row["id"]: row["item_id"] for row in changes if row["field"] == ITERATION_FIELD}
    if not moving:
        return set()
    stored = place.connection.scalars(
        select(change.c.id).where(
            change.c.workspace == place.workspace,
            change.c.type == TYPE_CODES[item_type],
            change.c.id.in_(moving),
        )
    )
    for change_id in set(stored):
        del moving[change_id]
    return set(moving.values())


def move_history(place: Place, old: str, new: str, item_ids: Sequence[str]) -> None:
    """File the changes of these items, known to be of type `new` by now, under that type.

    Their status intervals are derived anew.
    """
    dialect = place.connection.dialect.name
    theirs = (
        change.c.workspace == place.workspace,
        change.c.type == TYPE_CODES[old],
        among(change.c.item_id, item_ids, dialect),
    )
    moved = sorted(set(place.connection.scalars(select(change.c.item_id).where(*theirs))))
    if not moved:
        return
    there = select(change.c.id).where(
        change.c.workspace == place.workspace, change.c.type == TYPE_CODES[new]
    )
    place.connection.execute(delete(change).where(*theirs, change.c.id.in_(there)))
    place.connection.execute(update(change).where(*theirs).values(type=TYPE_CODES[new]))
    place.replace(status_interval, [], type=TYPE_CODES[old], item_id=moved)
    derive_intervals(place, new, moved)


def begin_intervals(place: Place, item_type: str, item_ids: Sequence[str]) -> None:
    """Derive the intervals of items that landed after their changes: the start is known now."""
    stored = select(status_interval.c.item_id).where(
        status_interval.c.workspace == place.workspace,
        status_interval.c.type == TYPE_CODES[item_type],
        among(status_interval.c.item_id, item_ids, place.connection.dialect.name),
    )
    waiting = sorted(set(place.connection.scalars(stored)))
    if waiting:
        derive_intervals(place, item_type, waiting)


def derive_intervals(place: Place, item_type: str, item_ids: list[str]) -> None:
    """Write the status intervals of these items anew from their status changes."""
    table = change.c
    type_code = TYPE_CODES[item_type]
    moves = place.connection.execute(
        select(table.item_id, table.created, table.old, table.new, table.author)
        .join(term, term.c.key == table.field)
        .where(
            table.workspace == place.workspace,
            table.type == type_code,
            table.item_id.in_(item_ids),
            term.c.text == "status",
        )
        .order_by(table.item_id, table.created, table.id, table.position)
    ).all()
    created = {
        row.id: row.created
        for row in place.connection.execute(
            select(item.c.id, item.c.created).where(
                item.c.workspace == place.workspace,
                item.c.type == type_code,
                item.c.id.in_(item_ids),
            )
        )
    }
    intervals = [
        interval
        for item_id, group in groupby(moves, key=lambda move: move.item_id)
        for interval in _intervals(item_id, list(group), created.get(item_id))
    ]
    codes = place.codes({row["status"] for row in intervals})
    rows: dict[str, list[dict[str, Any]]] = {item_id: [] for item_id in item_ids}
    for row in intervals:
        rows[row["item_id"]].append(row | {"type": type_code, "status": codes[row["status"]]})
    stored = _stored_intervals(place, type_code, item_ids)
    differing = [item_id for item_id in rows if rows[item_id] != stored.get(item_id, [])]
    changed = [row for item_id in differing for row in rows[item_id]]
    place.replace(status_interval, changed, type=type_code, item_id=differing)
    place.touch(item_type, differing)


def _stored_intervals(
    place: Place, type_code: int, item_ids: list[str]
) -> dict[str, list[dict[str, Any]]]:
    """The intervals that the mirror has of these items, by item."""
    columns = [column for column in status_interval.columns if column.name != "workspace"]
    found = place.connection.execute(
        select(*columns)
        .where(
            status_interval.c.workspace == place.workspace,
            status_interval.c.type == type_code,
            status_interval.c.item_id.in_(item_ids),
        )
        .order_by(status_interval.c.item_id, status_interval.c.position)
    )
    stored: dict[str, list[dict[str, Any]]] = {}
    for row in found.mappings():
        stored.setdefault(row["item_id"], []).append(dict(row))
    return stored


def _intervals(item_id: str, moves: list[Any], created: int | None) -> Iterator[dict[str, Any]]:
    """The intervals between an item's status moves, the one before the first included."""
    spans = [(move.new, move.created, move.author) for move in moves if move.new]
    if moves[0].old and created is not None:
        spans.insert(0, (moves[0].old, created, None))
    ends = [began for _, began, _ in spans[1:]] + [None]
    for position, ((status, began, author), ended) in enumerate(zip(spans, ends, strict=True)):
        yield {
            "item_id": item_id,
            "position": position,
            "status": status,
            "began": began,
            "ended": ended,
            "author": author,
        }
