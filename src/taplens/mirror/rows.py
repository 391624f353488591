"""Items as light rows with the team's words: what lists show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from taplens.mirror.catalogue import Catalogue, Custom
from taplens.mirror.dialects import among
from taplens.mirror.fields import BY_NAME, REMOVALS, TYPES
from taplens.mirror.labels import Labels
from taplens.mirror.schema import item, item_value

_COLUMNS = (
    "key",
    "workspace",
    "type",
    "id",
    "number",
    "title",
    "status",
    "status_label",
    "is_open",
    "removed",
    "priority",
    "severity",
    "iteration",
    "creator",
    "created",
    "modified",
    "due",
    "deadline",
    "fetched_at",
)
_CODED = ("status", "status_label", "priority", "severity", "iteration", "creator")
_WEB_PATHS = {
    "story": "prong/stories/view",
    "task": "prong/tasks/view",
    "bug": "bugtrace/bugs/view",
    "iteration": "prong/iterations/card_view",
    "tcase": "sparrow/tcase/view",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One item in a list.

    `status` is TAPD's key and `status_label` the team's word; `priority` and `severity` likewise.
    Instants are UTC epoch seconds, `due` is an ISO date (of a bug without one its deadline).
    `removed` is one of fields.REMOVAL_CODES or None. `customs` maps the labels of custom fields
    to their values' labels. `fetched_at` is when the row was read from TAPD.
    """

    type: str
    id: str
    number: int
    workspace_id: str
    title: str
    status: str
    status_label: str
    is_open: bool
    priority: str
    priority_label: str
    severity: str
    severity_label: str
    owners: tuple[str, ...]
    creator: str
    iteration: str
    iteration_id: str
    labels: tuple[str, ...]
    created: int | None
    modified: int | None
    due: str | None
    removed: str | None
    fetched_at: int
    customs: dict[str, tuple[str, ...]]


def web_link(web_base_url: str, workspace_id: str, item_type: str, item_id: str) -> str:
    """The address of an item's page under `web_base_url` (TAPD's web links, sheet 2.27)."""
    return f"{web_base_url.rstrip('/')}/{workspace_id}/{_WEB_PATHS[item_type]}/{item_id}"


def light_rows(catalogue: Catalogue, keys: Sequence[int]) -> list[Row]:
    """The items of these keys, in their order, as light rows."""
    wanted = list(keys)
    query = select(*(item.c[name] for name in _COLUMNS)).where(
        among(item.c.key, wanted, catalogue.dialect)
    )
    found = {row["key"]: dict(row) for row in catalogue.connection.execute(query).mappings()}
    values = _values(catalogue, wanted)
    codes = {row[name] for row in found.values() for name in _CODED}
    codes.update(code for parts in values.values() for _, code in parts)
    texts = catalogue.texts(codes)
    labels = Labels(catalogue)
    customs = {custom.key: custom for custom in catalogue.customs}
    met = {field for parts in values.values() for field, _ in parts}
    names = [customs[field].name for field in met if field in customs]
    catalogue.options(["priority", "priority_label", "severity", *names])  # all in one query
    rows = []
    for key in wanted:
        if key in found:
            coded = {name: texts.get(found[key][name], "") for name in _CODED}
            parts = [(field, texts[code]) for field, code in values.get(key, ())]
            rows.append(_row(catalogue, labels, customs, found[key] | coded, parts))
    return rows


def _values(catalogue: Catalogue, keys: list[int]) -> dict[int, list[tuple[int, int]]]:
    """Item -> (field, code) of everything that stands in item_value."""
    table = item_value.c
    query = (
        select(table.item, table.field, table.term)
        .where(among(table.item, keys, catalogue.dialect))
        .order_by(table.item, table.field, table.term)
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for key, field, code in catalogue.connection.execute(query).all():
        found.setdefault(key, []).append((field, code))
    return found


def _row(
    catalogue: Catalogue,
    labels: Labels,
    customs: dict[int, Custom],
    row: dict[str, Any],
    parts: list[tuple[int, str]],
) -> Row:
    item_type, workspace = TYPES[row["type"]], row["workspace"]
    return Row(
        type=item_type,
        id=row["id"],
        number=row["number"],
        workspace_id=catalogue.workspaces[workspace],
        title=row["title"] or "",
        status=row["status"],
        status_label=row["status_label"],
        is_open=row["is_open"],
        priority=row["priority"],
        priority_label=labels.priority(workspace, item_type, row["priority"]),
        severity=row["severity"],
        severity_label=labels.option(workspace, item_type, "severity", row["severity"]),
        owners=_of(parts, "owner"),
        creator=row["creator"],
        iteration=labels.reference(workspace, "iteration", row["iteration"]) or row["iteration"],
        iteration_id=row["iteration"],
        labels=_of(parts, "label"),
        created=row["created"],
        modified=row["modified"],
        due=row["due"] or row["deadline"],
        removed=REMOVALS.get(row["removed"]),
        fetched_at=row["fetched_at"],
        customs=_customs(labels, customs, parts),
    )


def _of(parts: list[tuple[int, str]], name: str) -> tuple[str, ...]:
    return tuple(text for field, text in parts if field == BY_NAME[name].code)


def _customs(
    labels: Labels, customs: dict[int, Custom], parts: list[tuple[int, str]]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for field, text in parts:
        custom = customs.get(field)
        if custom:
            label = labels.option(custom.workspace, custom.type, custom.name, text)
            found[custom.label] = (*found.get(custom.label, ()), label)
    return found
