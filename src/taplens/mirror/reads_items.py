"""Single items, whole: every field, comments, history, links, and what became of the removed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, or_, select

from taplens.errors import ArgumentError
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.fields import BY_NAME, FIELDS, REMOVALS, TYPES, Field
from taplens.mirror.item_history import (
    Comment,
    History,
    Interval,
    Place,
    read_changes,
    read_comments,
    read_intervals,
)
from taplens.mirror.item_links import Linked, read_links
from taplens.mirror.labels import Labels
from taplens.mirror.landing.project import unpacked
from taplens.mirror.rows import Row, light_rows, web_link
from taplens.mirror.schema import item, raw, removal
from taplens.mirror.scope import Scope
from taplens.tapd.entities import ENTITIES
from taplens.tapd.ids import SEQUENCE_DIGITS, alternative_ids, short_number
from taplens.tapd.rich_text import to_markdown
from taplens.tapd.values import is_unset, parse_link, split_people, split_pipes

MOST_ITEMS = 50
MOST_CHANGES = 50


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One field as TAPD sent it: its name and value there, and the team's words for both."""

    name: str
    label: str
    value: str
    value_label: str


@dataclass(frozen=True, slots=True)
class RichText:
    """A description, or the steps, precondition or expectation of a case, as Markdown."""

    name: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class RemovalInfo:
    """What became of a removed item: one of fields.REMOVAL_CODES, when (epoch seconds), by whom.

    `moved_to` is the address of its new place where TAPD tells one.
    """

    kind: str
    at: int | None = None
    by: str = ""
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """One item with everything the mirror knows of it.

    `asked` is the id it was asked for by; `row` what lists show of it; an item that was gone
    before the mirror began has a title at most, and `removal`.
    """

    asked: str
    row: Row
    link: str
    removal: RemovalInfo | None = None
    fields: tuple[FieldValue, ...] = ()
    texts: tuple[RichText, ...] = ()
    comments: tuple[Comment, ...] = ()
    history: History = History([], 0, None)
    links: tuple[Linked, ...] = ()
    intervals: tuple[Interval, ...] = ()


def get_items(
    connection: Connection,
    ids: Sequence[tuple[str | None, str]],
    scope: Scope,
    *,
    web_base_url: str,
    changes: int = MOST_CHANGES,
) -> list[ItemDetail]:
    """The items of `ids`, each a type (or None for any) and a full or short id, in that order.

    A short id can be that of a story and of a bug, or of several workspaces: all that match come.
    An id that means nothing in the scope is left out. At most `changes` of the newest changes
    come with each. Raises ArgumentError for more than 50 ids, and for ids that aren't digits.
    """
    if len(ids) > MOST_ITEMS:
        raise ArgumentError("too_many_ids", asked=len(ids), most=MOST_ITEMS)
    catalogue = Catalogue(connection, scope)
    wanted = _wanted(ids)
    keys = _found(catalogue, wanted)
    details = {
        (detail.row.workspace_id, detail.row.type, detail.row.id): detail
        for detail in _details(catalogue, keys, web_base_url, changes)
    }
    for detail in _tombstones(catalogue, wanted, web_base_url):
        details.setdefault((detail.row.workspace_id, detail.row.type, detail.row.id), detail)
    order = {asked: place for place, (_, _, asked) in reversed(list(enumerate(wanted)))}
    return sorted(details.values(), key=lambda detail: order[detail.asked])


def keys_of(catalogue: Catalogue, ids: Sequence[tuple[str | None, str]]) -> list[int]:
    """The keys of the items that the mirror has of `ids`, as `get_items` takes them.

    Raises ArgumentError for ids that aren't digits.
    """
    return list(_found(catalogue, _wanted(ids)))


_Wanted = Sequence[tuple[str | None, str, str]]  # type, digits, as asked


def _wanted(ids: Sequence[tuple[str | None, str]]) -> _Wanted:
    return [(kind, _digits(asked), asked) for kind, asked in ids]


def _digits(asked: str) -> str:
    digits = asked.strip().removeprefix("#")
    if not (digits.isascii() and digits.isdigit()):
        raise ArgumentError("item_id_malformed", id=asked)
    return digits


def _found(catalogue: Catalogue, wanted: _Wanted) -> dict[int, str]:
    """Key -> the id it was asked by, of the items that any of `wanted` means."""
    numbers = {
        short_number(digits, workspace_id)
        for _, digits, _ in wanted
        for workspace_id in catalogue.workspaces.values()
    }
    table = item.c
    rows = catalogue.connection.execute(
        select(table.key, table.workspace, table.type, table.number, table.id)
        .where(
            table.workspace.in_(catalogue.workspaces),
            or_(table.number.in_(numbers), table.id.in_({digits for _, digits, _ in wanted})),
        )
        .order_by(table.workspace, table.type, table.id)
    )
    found: dict[int, str] = {}
    for row in rows:
        workspace_id = catalogue.workspaces[row.workspace]
        for kind, digits, asked in wanted:
            if kind in (None, TYPES[row.type]) and _same(digits, row.id, row.number, workspace_id):
                found.setdefault(row.key, asked)
    return found


def _same(digits: str, item_id: str, number: int, workspace_id: str) -> bool:
    """Whether an id, short or long with whatever prefix, is the item's."""
    if len(digits) <= SEQUENCE_DIGITS:
        return int(digits) == number
    return digits == item_id or digits in alternative_ids(item_id, workspace_id)


def _details(
    catalogue: Catalogue, keys: dict[int, str], web_base_url: str, changes: int
) -> Iterable[ItemDetail]:
    labels = Labels(catalogue)
    rows = dict(zip(keys, light_rows(catalogue, list(keys)), strict=True))
    payloads = {
        row.item: unpacked(row.payload)
        for row in catalogue.connection.execute(select(raw).where(raw.c.item.in_(list(keys))))
    }
    by_id = {workspace_id: key for key, workspace_id in catalogue.workspaces.items()}
    places = {
        key: Place(
            by_id[row.workspace_id],
            row.type,
            row.id,
            str(payloads.get(key, {}).get("workitem_type_id") or ""),
        )
        for key, row in rows.items()
    }
    comments = read_comments(catalogue, list(places.values()))
    links = read_links(catalogue, list(places.values()))
    for key, row in rows.items():
        place, payload = places[key], payloads.get(key, {})
        gone = _removal(catalogue, place, row.removed)
        until = gone.at if gone and gone.at else catalogue.scope.now
        yield ItemDetail(
            asked=keys[key],
            row=row,
            link=web_link(web_base_url, row.workspace_id, row.type, row.id),
            removal=gone,
            fields=tuple(_fields(catalogue, labels, place, payload)),
            texts=tuple(_texts(labels, place, payload)),
            comments=tuple(comments[place.key]),
            history=read_changes(catalogue, labels, place, changes),
            links=tuple(links[place.key]),
            intervals=tuple(
                read_intervals(
                    catalogue, labels, place, status=row.status, created=row.created, until=until
                )
            ),
        )


_FIELDS: dict[tuple[str, str], Field] = {
    (item_type, source): field for field in FIELDS for item_type, source in field.sources.items()
}
# Shown on their own, or without meaning outside TAPD.
_HIDDEN = frozenset(("id", "workspace_id", "children_id", "path", "level", "ancestor_id", "mid"))


def _fields(
    catalogue: Catalogue, labels: Labels, place: Place, payload: dict[str, Any]
) -> Iterable[FieldValue]:
    """Every field of the row that is set, in TAPD's order."""
    entity = ENTITIES[place.type]
    hidden = _HIDDEN | {entity.title, *entity.html}
    kinds = {
        custom.name: custom.kind
        for custom in catalogue.customs
        if (custom.workspace, custom.type) == (place.workspace, place.type)
    }
    for name, value in payload.items():
        if name in hidden or is_unset(value) or not isinstance(value, str | int | float):
            continue
        text = str(value)
        if name.endswith("_id") or name.startswith("custom_plan_field_"):
            text = parse_link(text) or ""
        if text:
            label = labels.field(place.workspace, place.type, name)
            shown = _value_label(labels, place, name, text, kinds.get(name, ""))
            yield FieldValue(name, label, text, shown)


def _value_label(labels: Labels, place: Place, name: str, text: str, custom_kind: str) -> str:
    field = _FIELDS.get((place.type, name))
    kind = field.kind if field else custom_kind
    if field is BY_NAME["status"]:
        return labels.status(place.workspace, place.type, place.workitem_type, text)
    if field is not None and kind == "reference":
        return labels.reference(place.workspace, field.name, text) or text
    if kind == "people":
        return ", ".join(split_people(text))
    if field is BY_NAME["priority"] or name == "priority_label":
        return labels.priority(place.workspace, place.type, text)
    parts = split_pipes(text) if kind == "pipes" else (text,)
    return ", ".join(labels.option(place.workspace, place.type, name, part) for part in parts)


def _texts(labels: Labels, place: Place, payload: dict[str, Any]) -> Iterable[RichText]:
    for name in ENTITIES[place.type].html:
        markdown = to_markdown(payload.get(name))
        if markdown:
            yield RichText(name, labels.field(place.workspace, place.type, name), markdown)


def _removal(catalogue: Catalogue, place: Place, removed: str | None) -> RemovalInfo | None:
    if removed is None:
        return None
    workspace_key, type_code, item_id = place.key
    row = catalogue.connection.execute(
        select(removal).where(
            removal.c.workspace == workspace_key,
            removal.c.type == type_code,
            removal.c.id == item_id,
        )
    ).one_or_none()
    if row is None:
        return RemovalInfo(removed)
    return RemovalInfo(removed, row.removed_at, row.actor or "", row.moved_to or "")


def _tombstones(catalogue: Catalogue, wanted: _Wanted, web_base_url: str) -> Iterable[ItemDetail]:
    """What was gone before the mirror began: known by its tombstone alone."""
    ids = {
        candidate
        for _, digits, _ in wanted
        for workspace_id in catalogue.workspaces.values()
        for candidate in (digits, *alternative_ids(digits, workspace_id))
    }
    rows = catalogue.connection.execute(
        select(removal)
        .where(removal.c.workspace.in_(catalogue.workspaces), removal.c.id.in_(ids))
        .order_by(removal.c.workspace, removal.c.type, removal.c.id)
    )
    for row in rows:
        item_type, workspace_id = TYPES[row.type], catalogue.workspaces[row.workspace]
        number = short_number(row.id, workspace_id)
        for kind, digits, asked in wanted:
            if kind in (None, item_type) and _same(digits, row.id, number, workspace_id):
                known = replace(
                    _NOTHING,
                    type=item_type,
                    id=row.id,
                    number=number,
                    workspace_id=workspace_id,
                    title=row.title or "",
                    removed=REMOVALS[row.kind],
                )
                yield ItemDetail(
                    asked,
                    known,
                    web_link(web_base_url, workspace_id, item_type, row.id),
                    RemovalInfo(
                        REMOVALS[row.kind], row.removed_at, row.actor or "", row.moved_to or ""
                    ),
                )
                break


_NOTHING = Row(
    type="",
    id="",
    number=0,
    workspace_id="",
    title="",
    status="",
    status_label="",
    is_open=False,
    priority="",
    priority_label="",
    severity="",
    severity_label="",
    owners=(),
    creator="",
    iteration="",
    iteration_id="",
    labels=(),
    created=None,
    modified=None,
    due=None,
    removed=None,
    fetched_at=0,
    customs={},
)
