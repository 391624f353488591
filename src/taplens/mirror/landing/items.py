"""Landing items: a page replaces what the mirror had of them, unless the mirror knows better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select

from taplens.mirror.bulk import insert_tuples
from taplens.mirror.dialects import among
from taplens.mirror.fields import CUSTOM_FIELD_BASE, TYPE_CODES
from taplens.mirror.index.keeping import keep
from taplens.mirror.landing import Place
from taplens.mirror.landing.history import begin_intervals, move_history
from taplens.mirror.landing.project import (
    Projection,
    Row,
    custom_values,
    project,
    text,
    unpacked,
)
from taplens.mirror.landing.rest import move_comments
from taplens.mirror.schema import custom_field, item, item_value, raw, removal
from taplens.mirror.terms import LONGEST
from taplens.mirror.versions import touch
from taplens.mirror.workflow import Status, Workflows
from taplens.tapd.values import parse_instant

_CHUNK = 500
_COLUMNS = [column.name for column in item.columns]


def land_items(place: Place, item_type: str, rows: Sequence[Row]) -> int:
    """Put a page of rows of `item_type` into the mirror; returns how many it took.

    A row older than the mirror's own (a slow page after a fresh single read) is left out. An
    item that is listed again is not removed any more. One that was of another type before takes
    what hangs on it along.
    """
    found = {str(row["id"]): row for row in rows}
    if not found:
        return 0
    sibling = place.sibling(item_type)
    types = [TYPE_CODES[name] for name in (item_type, sibling) if name]
    known = _known(place, types, found)
    keys = _keys(place, found, known)
    fresh = [found[item_id] for item_id in keys]
    customs = custom_fields(place, item_type)
    kinds = {name: field.kind for name, field in customs.items()}
    page = project(item_type, fresh, place.workspace_id, kinds)
    changed = _changed(place, types[0], keys, known, page.payloads)
    _clear(place, types, keys, known)
    _write(place, item_type, page, list(keys.values()), customs)
    if sibling:
        moved = [key for key in keys if key not in known or known[key].type != types[0]]
        move_comments(place, sibling, item_type, moved)
        move_history(place, sibling, item_type, moved)
    begin_intervals(place, item_type, [item_id for item_id in keys if item_id not in known])
    keep(place.connection, place.workspace, keys.values())
    touch(place.connection, changed)
    return len(fresh)


def _known(place: Place, types: list[int], found: Iterable[str]) -> dict[str, Any]:
    """Key, type, removal and version of those of these items that the mirror has, by id."""
    table = item.c
    rows = place.connection.execute(
        select(
            table.id, table.key, table.type, table.removed, table.modified, table.fetched_at
        ).where(
            table.workspace == place.workspace,
            table.type.in_(types),
            among(table.id, list(found), place.connection.dialect.name),
        )
    )
    return {row.id: row for row in rows}


def _keys(place: Place, found: Mapping[str, Row], known: Mapping[str, Any]) -> dict[str, int]:
    """The key of each row to be taken: the item's own, or the next free one."""
    last: int = place.connection.scalar(select(func.max(item.c.key))) or 0
    keys = {}
    for item_id, row in found.items():
        own = known.get(item_id)
        if own is None:
            last += 1
            keys[item_id] = last
        elif _version(row, place.at) >= (own.modified or 0, own.fetched_at):
            keys[item_id] = own.key
    return keys


def _version(row: Row, at: int) -> tuple[int, int]:
    return parse_instant(row.get("modified")) or 0, at


def _changed(
    place: Place,
    type_code: int,
    keys: Mapping[str, int],
    known: Mapping[str, Any],
    payloads: Sequence[bytes],
) -> list[int]:
    """The keys of the items that aren't as the mirror has them: each cycle reads some again."""
    same = [row.key for row in known.values() if row.type == type_code and row.removed is None]
    if not same:
        return list(keys.values())
    rows = place.connection.execute(
        select(raw.c.item, raw.c.payload).where(
            among(raw.c.item, same, place.connection.dialect.name)
        )
    )
    stored = {row.item: row.payload for row in rows}
    pairs = zip(keys.values(), payloads, strict=True)
    return [key for key, payload in pairs if stored.get(key) != payload]


def _clear(
    place: Place, types: list[int], keys: Mapping[str, int], known: Mapping[str, Any]
) -> None:
    """Drop what the mirror has of these items, and their tombstones."""
    dialect = place.connection.dialect.name
    codes = [key for item_id, key in keys.items() if item_id in known]
    if codes:
        for table, column in (
            (item, item.c.key),
            (item_value, item_value.c.item),
            (raw, raw.c.item),
        ):
            place.connection.execute(delete(table).where(among(column, codes, dialect)))
    place.connection.execute(
        delete(removal).where(
            removal.c.workspace == place.workspace,
            removal.c.type.in_(types),
            among(removal.c.id, list(keys), dialect),
        )
    )


def _write(
    place: Place,
    item_type: str,
    page: Projection,
    keys: list[int],
    customs: Mapping[str, CustomField],
) -> None:
    statuses = _statuses(place, item_type, page, len(keys))
    texts = {text for column in page.coded.values() for text in column if text is not None}
    texts.update(text for _, _, text, _, _ in page.values)
    texts.update((place.account, *(status.label for status in statuses)))
    codes: dict[Any, int] = place.codes(texts)
    columns: dict[str, Iterable[Any]] = {
        **page.plain,
        **{name: map(codes.get, column) for name, column in page.coded.items()},
        "key": keys,
        "workspace": repeat(place.workspace),
        "type": repeat(TYPE_CODES[item_type]),
        "is_open": [not status.is_end for status in statuses],
        "status_label": [codes[status.label] for status in statuses],
        "account": repeat(codes[place.account]),
        "fetched_at": repeat(place.at),
    }
    insert_tuples(
        place.connection,
        item,
        list(zip(*(columns.get(name, repeat(None)) for name in _COLUMNS), strict=False)),
    )
    fields = _custom_keys(place, item_type, customs, page)
    # Texts that are equal once cut to their longest share a code.
    values = {
        (keys[position], fields.get(field, field), codes[text]): (number, instant)
        for position, field, text, number, instant in page.values
    }
    insert_tuples(place.connection, item_value, [key + rest for key, rest in values.items()])
    insert_tuples(place.connection, raw, list(zip(keys, page.payloads, strict=True)))


def _statuses(place: Place, item_type: str, page: Projection, rows: int) -> list[Status]:
    """What the status of each row means in its workflow."""
    workflows = Workflows(place.connection, place.workspace)
    types = page.coded.get("workitem_type", [None] * rows)
    pairs = list(zip(types, page.coded["status"], strict=True))
    known = {
        (kind, key): workflows.status(TYPE_CODES[item_type], kind, key or "")
        for kind, key in set(pairs)
    }
    return [known[pair] for pair in pairs]


class CustomField(NamedTuple):
    """A custom column that the mirror knows: its key, and TAPD's type of it."""

    key: int
    kind: str


def custom_fields(place: Place, item_type: str) -> dict[str, CustomField]:
    """The custom columns of a type, by name."""
    table = custom_field.c
    rows = place.connection.execute(
        select(table.name, table.key, table.kind).where(
            table.workspace == place.workspace, table.type == TYPE_CODES[item_type]
        )
    )
    return {row.name: CustomField(row.key, row.kind) for row in rows}


def _custom_keys(
    place: Place, item_type: str, known: Mapping[str, CustomField], page: Projection
) -> Mapping[Any, int]:
    """The key of each custom column in use; one that no setting names yet gets a row."""
    names = {field for _, field, *_ in page.values if isinstance(field, str)}
    return custom_field_keys(place, item_type, known, names)


def reread_values(place: Place, fields: Mapping[int, tuple[str, str]]) -> None:
    """Read the values of custom fields (key -> name, TAPD's type) anew from the items' payloads."""
    for key, (name, kind) in fields.items():
        holding = select(item_value.c.item).where(item_value.c.field == key)
        last = 0
        while items := place.connection.execute(
            select(raw.c.item, raw.c.payload)
            .where(raw.c.item.in_(holding), raw.c.item > last)
            .order_by(raw.c.item)
            .limit(_CHUNK)
        ).all():
            last = items[-1].item
            texts = {row.item: text(unpacked(row.payload).get(name)) or "" for row in items}
            _replace_values(place, key, texts, kind)


def _replace_values(place: Place, key: int, texts: Mapping[int, str], kind: str) -> None:
    """Let the items' values of the custom field `key` be those of `texts` (by item key)."""
    values = [
        (owner, part[:LONGEST], amount, instant)
        for owner, told in texts.items()
        for part, amount, instant in custom_values(told, kind)
    ]
    codes = place.codes({part for _, part, _, _ in values})
    rows = {(owner, key, codes[part]): (amount, instant) for owner, part, amount, instant in values}
    owners = among(item_value.c.item, list(texts), place.connection.dialect.name)
    place.connection.execute(delete(item_value).where(item_value.c.field == key, owners))
    insert_tuples(place.connection, item_value, [row + rest for row, rest in rows.items()])
    touch(place.connection, texts)


def custom_field_keys(
    place: Place, item_type: str, known: Mapping[str, CustomField], names: Iterable[str]
) -> dict[str, int]:
    """The keys of custom columns by name; those not `known` get rows, named by their column."""
    table = custom_field.c
    type_code = TYPE_CODES[item_type]
    keys = {name: field.key for name, field in known.items()}
    missing = sorted(set(names) - keys.keys())
    if missing:
        last = place.connection.scalar(select(func.max(table.key))) or CUSTOM_FIELD_BASE
        new = {name: last + step for step, name in enumerate(missing, start=1)}
        rows = [
            {
                "key": key,
                "workspace": place.workspace,
                "type": type_code,
                "name": name,
                "label": name,
                "kind": "",
                "enabled": False,
            }
            for name, key in new.items()
        ]
        place.connection.execute(insert(custom_field), rows)
        keys |= new
    return keys
