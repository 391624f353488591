"""Landing what a workspace says of itself: fields, options, statuses, people, named things."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import func, insert, select, update

from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.landing import Place
from taplens.mirror.landing.items import custom_field_keys, custom_fields, reread_values
from taplens.mirror.landing.project import Row, reads_alike, text
from taplens.mirror.schema import (
    custom_field,
    field_label,
    field_option,
    reference,
    workflow_status,
    workflow_transition,
    workspace,
)
from taplens.mirror.workflow import fixed_rows, relabel
from taplens.tapd.values import parse_options


def ensure_workspace(connection: Any, row: Row) -> int:
    """The key of a workspace; its row (TAPD's `Workspace`) is stored or brought up to date."""
    values = {
        "name": str(row.get("name") or row["id"]),
        "category": text(row.get("category")),
        "status": text(row.get("status")),
        "company": (text(row.get("company_id")) or "").strip() or None,
        "payload": orjson.dumps(row).decode(),
    }
    key = connection.scalar(select(workspace.c.key).where(workspace.c.id == str(row["id"])))
    if key is None:
        key = (connection.scalar(select(func.max(workspace.c.key))) or 0) + 1
        connection.execute(insert(workspace).values(key=key, id=str(row["id"]), **values))
    else:
        connection.execute(update(workspace).where(workspace.c.key == key).values(**values))
    return int(key)


def land_references(place: Place, kind: str, rows: Iterable[Row], name: str = "name") -> None:
    """Let `rows` be all the workspace has of `kind` (module, category, member...)."""
    landed = {
        str(row.get("id") or row[name]): {
            "kind": kind,
            "id": str(row.get("id") or row[name]),
            "name": str(row.get(name) or ""),
            "parent": text(row.get("parent_id")),
            "payload": orjson.dumps(row).decode(),
        }
        for row in rows
    }
    place.replace(reference, landed.values(), kind=kind)


def land_custom_fields(place: Place, item_type: str, rows: Sequence[Row]) -> None:
    """Labels, types and options of the custom fields (TAPD's `CustomFieldConfig`).

    Items that landed under another type of a field have its values read anew.
    """
    type_code = TYPE_CODES[item_type]
    before = custom_fields(place, item_type)
    kinds = {str(row["custom_field"]): str(row.get("type") or "") for row in rows}
    keys = custom_field_keys(place, item_type, before, kinds)
    for row in rows:
        place.connection.execute(
            update(custom_field)
            .where(custom_field.c.key == keys[str(row["custom_field"])])
            .values(
                label=text(row.get("name")) or str(row["custom_field"]),
                kind=str(row.get("type") or ""),
                enabled=str(row.get("enabled")) == "1",
            )
        )
    reread_values(
        place,
        {
            keys[name]: (name, kind)
            for name, kind in kinds.items()
            if name in before and not reads_alike(before[name].kind, kind)
        },
    )
    options = [
        option
        for row in rows
        for option in _options(str(row["custom_field"]), parse_options(row.get("options")))
    ]
    place.replace(
        field_option,
        [option | {"type": type_code} for option in options],
        type=type_code,
        name=list(kinds),
    )


def land_field_info(place: Place, item_type: str, info: Mapping[str, Mapping[str, Any]]) -> None:
    """Labels and options of the fields as TAPD's `get_fields_info` tells them."""
    type_code = TYPE_CODES[item_type]
    labels = [
        {
            "type": type_code,
            "name": name,
            "label": str(field.get("label") or name),
            "html_type": text(field.get("html_type")),
        }
        for name, field in info.items()
    ]
    place.replace(field_label, labels, type=type_code)
    # The settings of custom fields tell their options better.
    names = [name for name in info if not name.startswith("custom_")]
    options = [
        option | {"type": type_code}
        for name in names
        for option in _options(name, info[name].get("options") or ())
    ]
    place.replace(field_option, options, type=type_code, name=names)


def _options(name: str, options: Iterable[tuple[str, str, str | None]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "position": position, "value": value, "label": label, "parent": parent}
        for position, (value, label, parent) in enumerate(options)
    ]


def land_statuses(
    place: Place,
    maps: Mapping[tuple[str, str], Mapping[str, str]],
    ends: Mapping[tuple[str, str], Iterable[str]],
    firsts: Mapping[tuple[str, str], Iterable[str]],
) -> None:
    """The statuses of each (item type, work-item type): label by key, end and first states.

    Without `firsts` the first states stay as they are known. Items are relabelled in the same
    transaction where anything changed.
    """
    stored = place.connection.execute(
        select(workflow_status).where(workflow_status.c.workspace == place.workspace)
    ).all()
    known_firsts = {(row.type, row.workitem_type, row.status) for row in stored if row.is_first}
    rows = fixed_rows(place.workspace)
    for (item_type, workitem_type), labels in maps.items():
        last, first = (
            set(ends.get((item_type, workitem_type), ())),
            set(firsts.get((item_type, workitem_type), ())),
        )
        rows += [
            {
                "workspace": place.workspace,
                "type": TYPE_CODES[item_type],
                "workitem_type": workitem_type,
                "status": status,
                "label": label,
                "position": position,
                "is_first": status in first
                if firsts
                else (TYPE_CODES[item_type], workitem_type, status) in known_firsts,
                "is_end": status in last,
            }
            for position, (status, label) in enumerate(labels.items())
        ]
    columns = [column.name for column in workflow_status.columns]
    if {tuple(row) for row in stored} != {tuple(row[name] for name in columns) for row in rows}:
        place.replace(workflow_status, rows)
        relabel(place.connection, place.terms, place.workspace)


def land_transitions(
    place: Place, item_type: str, workitem_type: str, transitions: Iterable[Row]
) -> None:
    """The allowed moves of one workflow (TAPD's `all_transitions`)."""
    rows = {
        (str(row.get("StepPrevious")), str(row.get("StepNext"))): orjson.dumps(row).decode()
        for row in transitions
    }
    place.replace(
        workflow_transition,
        [
            {
                "type": TYPE_CODES[item_type],
                "workitem_type": workitem_type,
                "previous": previous,
                "next": after,
                "payload": payload,
            }
            for (previous, after), payload in rows.items()
        ],
        type=TYPE_CODES[item_type],
        workitem_type=workitem_type,
    )
