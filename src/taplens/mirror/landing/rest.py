"""Landing comments, relations and tombstones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from taplens.mirror.dialects import among
from taplens.mirror.fields import REMOVAL_CODES, TYPE_CODES
from taplens.mirror.index.keeping import keep
from taplens.mirror.landing import Place
from taplens.mirror.landing.project import Row, text
from taplens.mirror.schema import change, comment, item, relation, removal
from taplens.tapd.entities import COMMENT_ENTRY_TYPES
from taplens.tapd.values import parse_instant


def land_comments(place: Place, rows: Sequence[Row]) -> int:
    """Put a page of comments into the mirror; returns how many.

    Where tasks are kept as stories, TAPD files their comments under the stories too: what the
    mirror knows of the item tells which it is.
    """
    tasks = known_tasks(place, sorted({str(row.get("entry_id") or "") for row in rows}))
    authors = {str(row["author"]) for row in rows if row.get("author")}
    codes = place.codes(authors | {place.account})
    landed = [
        {
            "id": str(row["id"]),
            "type": _comment_type(row, tasks),
            "item_id": str(row.get("entry_id") or ""),
            "entry_type": str(row.get("entry_type") or ""),
            "author": codes.get(str(row.get("author") or "")),
            "created": parse_instant(row.get("created")),
            "modified": parse_instant(row.get("modified")),
            "title": text(row.get("title")),
            "description": text(row.get("description")),
            "reply_id": text(row.get("reply_id")),
            "root_id": text(row.get("root_id")),
            "removed": None,
            "fetched_at": place.at,
            "account": codes[place.account],
        }
        for row in rows
    ]
    ids = [row["id"] for row in landed]
    owners = commented(place, comment.c.id.in_(ids))  # also those that the comments leave
    place.replace(comment, landed, id=ids)
    owners |= commented(place, comment.c.id.in_(ids))
    keep(place.connection, place.workspace, sorted(owners))
    return len(landed)


def commented(place: Place, which: ColumnElement[bool]) -> set[int]:
    """The keys of the items that these comments stand under."""
    return set(
        place.connection.scalars(
            select(item.c.key)
            .join(
                comment,
                and_(
                    comment.c.workspace == item.c.workspace,
                    comment.c.type == item.c.type,
                    comment.c.item_id == item.c.id,
                ),
            )
            .where(comment.c.workspace == place.workspace, which)
        )
    )


def _comment_type(row: Row, tasks: set[str]) -> int | None:
    item_type = COMMENT_ENTRY_TYPES.get(str(row.get("entry_type") or ""), "")
    if item_type == "story" and str(row.get("entry_id") or "") in tasks:
        item_type = "task"
    return TYPE_CODES.get(item_type)


def move_comments(place: Place, old: str, new: str, item_ids: Sequence[str]) -> None:
    """File the comments on these items, known to be of type `new` by now, under that type."""
    place.connection.execute(
        update(comment)
        .where(
            comment.c.workspace == place.workspace,
            comment.c.type == TYPE_CODES[old],
            among(comment.c.item_id, item_ids, place.connection.dialect.name),
        )
        .values(type=TYPE_CODES[new])
    )


def land_relations(
    place: Place, kind: str, story_ids: Sequence[str], targets: Iterable[tuple[str, str]]
) -> int:
    """Let `targets` (story id, other id) be all relations of `kind` that these stories have."""
    pairs = sorted({pair for pair in targets if all(pair)})
    rows = [{"source": source, "target": target} for source, target in pairs]
    scoped = {"kind": kind, "source": list(story_ids)}
    place.replace(relation, [row | {"kind": kind} for row in rows], **scoped)
    return len(rows)


@dataclass(frozen=True, slots=True)
class Removal:
    """One tombstone; `kind` is one of fields.REMOVAL_CODES, `removed_at` UTC epoch seconds."""

    id: str
    kind: str
    title: str | None = None
    actor: str | None = None
    removed_at: int | None = None
    moved_to: str | None = None


def land_removals(
    place: Place, item_type: str, removals: Sequence[Removal], *, listed: bool = True
) -> int:
    """Put tombstones into the mirror; returns how many it took.

    An item that was read after the recycle bin is present, whatever the bin said before. Where
    tasks are kept as stories, the stories' bin holds both and doesn't tell which: what the mirror
    knows of an id does. `listed` says whether a bin holds them.
    """
    tasks = known_tasks(place, [entry.id for entry in removals]) if item_type == "story" else set()
    others = [entry for entry in removals if entry.id not in tasks]
    landed = _land_removals(place, item_type, others, listed)
    if tasks:
        moved = [entry for entry in removals if entry.id in tasks]
        landed += _land_removals(place, "task", moved, listed)
    return landed


def known_tasks(place: Place, ids: Sequence[str]) -> set[str]:
    """Those of `ids` that are tasks, where the workspace keeps tasks as stories."""
    if not place.task_type:
        return set()
    code = TYPE_CODES["task"]
    items = select(item.c.id).where(
        item.c.workspace == place.workspace, item.c.type == code, item.c.id.in_(ids)
    )
    changed = select(change.c.item_id).where(
        change.c.workspace == place.workspace, change.c.type == code, change.c.item_id.in_(ids)
    )
    return set(place.connection.scalars(items.union(changed)))


def retype_task_removals(place: Place, ids: Sequence[str]) -> None:
    """File the tombstones of these ids, known to be tasks by now, under the tasks."""
    place.connection.execute(
        update(removal)
        .where(
            removal.c.workspace == place.workspace,
            removal.c.type == TYPE_CODES["story"],
            removal.c.id.in_(ids),
        )
        .values(type=TYPE_CODES["task"])
    )


def _land_removals(place: Place, item_type: str, removals: Sequence[Removal], listed: bool) -> int:
    type_code = TYPE_CODES[item_type]
    ids = [entry.id for entry in removals]
    newer = set(
        place.connection.scalars(
            select(item.c.id).where(
                item.c.workspace == place.workspace,
                item.c.type == type_code,
                item.c.id.in_(ids),
                item.c.fetched_at > place.at,
            )
        )
    )
    taken = {entry.id: entry for entry in removals if entry.id not in newer}
    rows: list[dict[str, Any]] = [
        {
            "type": type_code,
            "id": entry.id,
            "kind": REMOVAL_CODES[entry.kind],
            "title": entry.title,
            "actor": entry.actor,
            "removed_at": entry.removed_at,
            "moved_to": entry.moved_to,
            "listed": listed,
        }
        for entry in taken.values()
    ]
    place.touch(item_type, _news(place, type_code, taken))
    place.replace(removal, rows, type=type_code, id=list(taken))
    for kind, code in REMOVAL_CODES.items():
        gone = [entry.id for entry in taken.values() if entry.kind == kind]
        if gone:
            _mark(place, type_code, gone, code)
    return len(taken)


def _news(place: Place, type_code: int, removals: Mapping[str, Removal]) -> list[str]:
    """The ids of those of these tombstones that the mirror has otherwise or not at all."""
    rows = place.connection.execute(
        select(removal.c.id, removal.c.kind, removal.c.removed_at).where(
            removal.c.workspace == place.workspace,
            removal.c.type == type_code,
            removal.c.id.in_(removals),
        )
    )
    stored = {row.id: (row.kind, row.removed_at) for row in rows}
    return [
        entry.id
        for entry in removals.values()
        if stored.get(entry.id) != (REMOVAL_CODES[entry.kind], entry.removed_at)
    ]


def _mark(place: Place, type_code: int, ids: list[str], code: int) -> None:
    place.connection.execute(
        update(item)
        .where(
            item.c.workspace == place.workspace,
            item.c.type == type_code,
            item.c.id.in_(ids),
            or_(item.c.removed.is_(None), item.c.removed != code),
        )
        .values(removed=code)
    )


def removal_of(item_type: str, row: Row, *, archived: bool = False) -> Removal:
    """The tombstone that a row of a recycle bin means (TAPD: get_removed_*)."""
    kinds = {"delete": "deleted", "move": "moved", "merge": "merged"}
    kind = kinds.get(str(row.get("type") or "delete"), "deleted")
    is_archived = archived or str(row.get("is_archived") or "0") == "1"
    return Removal(
        id=str(row["id"]),
        kind="archived" if is_archived and item_type != "bug" else kind,
        title=text(row.get("name") or row.get("title")),
        actor=text(row.get("operation_user")),
        removed_at=parse_instant(row.get("deleted") or row.get("modified")),
        moved_to=text(row.get("new_bug_url")),
    )
