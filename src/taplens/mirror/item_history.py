"""What happened to single items: comments, changes, statuses over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Row as ResultRow
from sqlalchemy import func, select

from taplens.mirror.catalogue import Catalogue
from taplens.mirror.fields import FIELDS, TYPE_CODES
from taplens.mirror.labels import Labels
from taplens.mirror.schema import change, comment, status_interval, stream, workspace
from taplens.tapd.entities import ENTITIES
from taplens.tapd.rich_text import to_markdown, to_text
from taplens.tapd.values import is_unset

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Place:
    """An item as the history tables name it; `workitem_type` is "" where it has none."""

    workspace: int
    type: str
    id: str
    workitem_type: str = ""

    @property
    def key(self) -> tuple[int, int, str]:
        """The same as columns: workspace, type code, long id."""
        return self.workspace, TYPE_CODES[self.type], self.id


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment: `text` is Markdown, `created` UTC epoch seconds, `reply_to` a comment's id."""

    id: str
    author: str
    created: int | None
    title: str
    text: str
    reply_to: str


@dataclass(frozen=True, slots=True)
class Change:
    """One changed field: what it was and what it became, in the team's words.

    `at` is UTC epoch seconds. Of rich texts the bare text is told; `is_rich` marks them, for they
    can be long. `kind` is TAPD's change_type.
    """

    id: str
    at: int
    author: str
    field: str
    label: str
    old: str
    new: str
    is_rich: bool
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time in one status; `ended` is None while it lasts. Epoch seconds, hours."""

    status: str
    label: str
    began: int
    ended: int | None
    hours: float
    author: str


@dataclass(frozen=True, slots=True)
class History:
    """The changes of one item, newest first; `more` older ones were left out.

    `since` says from when on all changes are mirrored (epoch seconds; None: none are yet).
    """

    changes: list[Change]
    more: int
    since: int | None


def read_comments(
    catalogue: Catalogue, places: Sequence[Place]
) -> dict[tuple[int, int, str], list[Comment]]:
    """The comments of items by Place.key, oldest first; those gone from TAPD are left out."""
    table = comment.c
    wanted = {place.key for place in places}
    rows = catalogue.connection.execute(
        select(comment)
        .where(
            table.workspace.in_({key[0] for key in wanted}),
            table.type.in_({key[1] for key in wanted}),
            table.item_id.in_({key[2] for key in wanted}),
            table.removed.is_(None),
        )
        .order_by(table.created, table.id)
    ).all()
    authors = catalogue.texts(row.author for row in rows)
    found: dict[tuple[int, int, str], list[Comment]] = {key: [] for key in wanted}
    for row in rows:
        key = (row.workspace, row.type, row.item_id)
        if key in found:
            found[key].append(
                Comment(
                    row.id,
                    authors.get(row.author, ""),
                    row.created,
                    row.title or "",
                    to_markdown(row.description),
                    _reply(row.reply_id),
                )
            )
    return found


def _reply(reply_id: str | None) -> str:
    return "" if reply_id in (None, "0") else str(reply_id)


def read_changes(catalogue: Catalogue, labels: Labels, place: Place, most: int) -> History:
    """The newest `most` changes of an item."""
    table = change.c
    workspace_key, type_code, item_id = place.key
    mine = (table.workspace == workspace_key, table.type == type_code, table.item_id == item_id)
    rows = catalogue.connection.execute(
        select(change)
        .where(*mine)
        .order_by(table.created.desc(), table.id.desc(), table.position)
        .limit(most)
    ).all()
    total: int = len(rows)
    if total == most:
        query = select(func.count()).select_from(change).where(*mine)
        total = catalogue.connection.scalar(query) or 0
    texts = catalogue.texts(code for row in rows for code in (row.author, row.field, row.kind))
    changes = [_change(labels, place, row, texts) for row in rows]
    return History(changes, total - len(changes), _since(catalogue, place))


def _change(
    labels: Labels, place: Place, row: ResultRow[tuple[object, ...]], texts: dict[int, str]
) -> Change:
    field = texts.get(row.field, "")
    rich = field in ENTITIES[place.type].html or field == "comment"
    words = (_word(labels, place, field, value) for value in (row.old, row.new))
    old, new = (to_text(word) if rich else word for word in words)
    return Change(
        id=row.id,
        at=row.created,
        author=texts.get(row.author, ""),
        field=field,
        label=labels.field(place.workspace, place.type, field),
        old=old,
        new=new,
        is_rich=rich,
        kind=texts.get(row.kind, ""),
        note=row.note or "",
    )


# TAPD's field -> ours, for those whose values have names of their own.
_REFERENCES = {
    (item_type, source): field.name
    for field in FIELDS
    if field.kind == "reference"
    for item_type, source in field.sources.items()
}


def _word(labels: Labels, place: Place, field: str, value: str | None) -> str:
    """A value of a change in the team's words; "" for TAPD's many forms of unset."""
    if is_unset(value) or value is None:
        return ""
    if field == "status":
        return labels.status(place.workspace, place.type, place.workitem_type, value)
    pointing = _REFERENCES.get((place.type, field))
    if pointing:
        if value in ("0", "-1"):
            return ""
        return labels.reference(place.workspace, pointing, value) or value
    return labels.option(place.workspace, place.type, field, value)


def _since(catalogue: Catalogue, place: Place) -> int | None:
    """From when on the changes of an item's type are mirrored."""
    name = f"{place.type}_change"
    if place.type == "task" and _tasks_are_stories(catalogue, place.workspace):
        name = "story_change"
    table = stream.c
    return catalogue.connection.scalar(
        select(table.history_from).where(table.workspace == place.workspace, table.name == name)
    )


def _tasks_are_stories(catalogue: Catalogue, workspace_key: int) -> bool:
    query = select(workspace.c.task_type).where(workspace.c.key == workspace_key)
    return catalogue.connection.scalar(query) is not None


def read_intervals(
    catalogue: Catalogue,
    labels: Labels,
    place: Place,
    *,
    status: str,
    created: int | None,
    until: int,
) -> list[Interval]:
    """How long an item stood in each status, oldest first.

    Where no move of it is mirrored it has stood in `status` since `created`. `until` (epoch
    seconds) ends what still lasts: now, or when the item was removed.
    """
    table = status_interval.c
    workspace_key, type_code, item_id = place.key
    rows = catalogue.connection.execute(
        select(status_interval)
        .where(table.workspace == workspace_key, table.type == type_code, table.item_id == item_id)
        .order_by(table.position)
    ).all()
    texts = catalogue.texts(code for row in rows for code in (row.status, row.author))
    spans = [
        (texts.get(row.status, ""), row.began, row.ended, texts.get(row.author, "")) for row in rows
    ]
    if not spans and created is not None:
        spans = [(status, created, None, "")]
    return list(_intervals(labels, place, spans, until))


def _intervals(
    labels: Labels, place: Place, spans: Sequence[tuple[str, int, int | None, str]], until: int
) -> Iterator[Interval]:
    for key, began, ended, author in spans:
        seconds = max((until if ended is None else ended) - began, 0)
        label = labels.status(place.workspace, place.type, place.workitem_type, key)
        yield Interval(key, label, began, ended, round(seconds / _HOUR, 2), author)
