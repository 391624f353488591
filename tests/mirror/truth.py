"""What a workspace holds, in one plain form: as the sandbox has it and as the mirror has it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, select

from taplens.clock import tapd_time
from taplens.mirror.fields import REMOVALS, TYPES
from taplens.mirror.landing.history import _changes
from taplens.mirror.landing.project import unpacked
from taplens.mirror.landing.rest import removal_of
from taplens.mirror.schema import (
    change,
    comment,
    custom_field,
    item,
    raw,
    relation,
    removal,
    status_interval,
    term,
    workspace,
)
from taplens.sandbox import RunningSandbox

Facts = dict[str, Any]
ITEM_ENTITIES = ("story", "bug", "task", "tcase", "iteration")
CHANGE_ENTITIES = {"story_change": "story", "bug_change": "bug", "task_change": "task"}


def set_columns(row: Facts) -> Facts:
    """A row without its unset columns: TAPD's null and "" mean the same."""
    return {name: value for name, value in row.items() if value is not None and value != ""}


def sandbox_facts(sandbox: RunningSandbox, workspace_id: str) -> Facts:
    """Everything the mirror should hold of a workspace, from the sandbox's own store."""

    def rows(entity: str) -> list[Facts]:
        return sandbox.truth(workspace_id, entity)

    task_types = {row["id"] for row in rows("workitem_type") if row.get("english_name") == "TASK"}
    facts: Facts = {entity: {} for entity in ITEM_ENTITIES}
    for entity in ITEM_ENTITIES:
        for row in rows(entity):
            kept_as = "task" if row.get("workitem_type_id") in task_types else entity
            facts[kept_as][row["id"]] = set_columns(row)
    facts["comment"] = {row["id"]: row.get("description") or None for row in rows("comment")}
    facts["relation"] = {("story_bug", row["story_id"], row["bug_id"]) for row in rows("relation")}
    facts["relation"] |= {
        ("story_tcase", row["story_id"], row["tcase_id"]) for row in rows("story_tcase")
    }
    present = set(facts["story"])
    facts["relation"] = {entry for entry in facts["relation"] if entry[1] in present}
    # The bin of the stories doesn't tell which of its rows are tasks; what was thrown away does.
    binned_tasks = {
        entry["row"]["id"]
        for entry in rows("trash")
        if entry["row"].get("workitem_type_id") in task_types
    }
    facts["removal"] = {}
    for entity in ("story", "bug", "task"):
        for row in rows(f"removed_{entity}"):
            entry = removal_of(entity, row)
            kept_as = "task" if entry.id in binned_tasks else entity
            facts["removal"][kept_as, entry.id] = entry.kind
    facts["change"] = defaultdict(set)
    moments: dict[tuple[str, str], str] = {}
    for entity, item_type in CHANGE_ENTITIES.items():
        for row in rows(entity):
            kept_as = "task" if row.get("workitem_type_id") in task_types else item_type
            if row.get("field") == "add_bug":  # TAPD leaves creations out unless asked
                continue
            moments[kept_as, row["id"]] = row["created"]
            for field in _changes(item_type, row):
                facts["change"][kept_as].add(
                    (field["id"], field["item_id"], field["field"], field["old"], field["new"])
                )
    # Tasks that are kept as stories have the stories' fields.
    sources = {entity: entity for entity in ITEM_ENTITIES} | (
        {"task": "story"} if task_types else {}
    )
    facts["label"] = {
        (item_type, entry["custom_field"]): entry["name"]
        for item_type, source in sources.items()
        for entry in rows("custom_field")
        if entry["entry_type"] == source
    }
    lived_in = sandbox.world.workspaces[workspace_id]
    for item_type in ("story", "bug", "task"):
        entity = "story" if item_type == "task" and task_types else item_type
        for row in facts[item_type].values():
            labels = lived_in.status_labels(entity, row)
            facts["label"][item_type, row["id"]] = labels[row["status"]]
    facts["interval"] = {
        (item_type, row["id"]): _stays(item_type, row, facts["change"][item_type], moments)
        for item_type in ("story", "bug", "task")
        for row in facts[item_type].values()
    }
    facts["interval"] = {key: stays for key, stays in facts["interval"].items() if stays}
    return facts


def _stays(
    item_type: str, row: Facts, changes: set[Any], moments: dict[tuple[str, str], str]
) -> list[tuple[str, str]]:
    """(status, since when) of every stay of an item in a status, from its changes alone."""
    mine = [change for change in changes if change[1] == row["id"] and change[2] == "status"]
    if not mine:
        return []
    mine.sort(key=lambda change: (moments[item_type, change[0]], change[0]))
    first = [(mine[0][3], row["created"])] if mine[0][3] else []
    return first + [(change[4], moments[item_type, change[0]]) for change in mine if change[4]]


def mirror_facts(connection: Connection, workspace_id: str) -> Facts:
    """The same of the mirror."""
    key = connection.scalar(select(workspace.c.key).where(workspace.c.id == workspace_id))
    texts = {row.key: row.text for row in connection.execute(select(term))}
    facts: Facts = {entity: {} for entity in ITEM_ENTITIES}
    items = connection.execute(
        select(item.c.type, item.c.id, raw.c.payload)
        .join(raw, raw.c.item == item.c.key)
        .where(item.c.workspace == key, item.c.removed.is_(None))
    )
    for row in items:
        facts[TYPES[row.type]][row.id] = unpacked(row.payload)
    facts["comment"] = {
        row.id: row.description
        for row in connection.execute(
            select(comment).where(comment.c.workspace == key, comment.c.removed.is_(None))
        )
    }
    relations = connection.execute(select(relation).where(relation.c.workspace == key))
    present = set(facts["story"])
    facts["relation"] = {
        (row.kind, row.source, row.target) for row in relations if row.source in present
    }
    removals = connection.execute(select(removal).where(removal.c.workspace == key))
    facts["removal"] = {(TYPES[row.type], row.id): REMOVALS[row.kind] for row in removals}
    facts["change"] = defaultdict(set)
    for row in connection.execute(select(change).where(change.c.workspace == key)):
        facts["change"][TYPES[row.type]].add(
            (row.id, row.item_id, texts[row.field], row.old, row.new)
        )
    facts["label"] = _labels(connection, key, texts)
    facts["interval"] = _intervals(connection, key, texts, facts)
    return facts


def _labels(connection: Connection, key: int | None, texts: dict[int, str]) -> Facts:
    """What the team calls each custom field, and the status of each item."""
    fields = connection.execute(select(custom_field).where(custom_field.c.workspace == key))
    found = {(TYPES[row.type], row.name): row.label for row in fields}
    items = connection.execute(
        select(item.c.type, item.c.id, item.c.status_label).where(
            item.c.workspace == key, item.c.removed.is_(None), item.c.type.in_((1, 2, 3))
        )
    )
    return found | {(TYPES[row.type], row.id): texts[row.status_label] for row in items}


def _intervals(
    connection: Connection, key: int | None, texts: dict[int, str], facts: Facts
) -> Facts:
    found: Facts = defaultdict(list)
    query = (
        select(status_interval)
        .where(status_interval.c.workspace == key)
        .order_by(status_interval.c.item_id, status_interval.c.position)
    )
    for row in connection.execute(query):
        if row.item_id in facts[TYPES[row.type]]:
            stay = (texts[row.status], tapd_time(row.began))
            found[TYPES[row.type], row.item_id].append(stay)
    return dict(found)


def differences(wanted: Facts, found: Facts) -> Facts:
    """What differs, small enough to read in a test's output; {} when nothing does."""
    differing = {}
    for name, expected in wanted.items():
        if expected != found[name]:
            differing[name] = _difference(expected, found[name])
    return differing


def _difference(expected: Any, actual: Any) -> Any:
    if isinstance(expected, set):
        return {"missing": sorted(expected - actual)[:3], "extra": sorted(actual - expected)[:3]}
    keys = [key for key in {*expected, *actual} if expected.get(key) != actual.get(key)]
    return {key: _pair(expected.get(key), actual.get(key)) for key in sorted(keys, key=str)[:3]}


def _pair(expected: Any, actual: Any) -> Any:
    if isinstance(expected, dict) and isinstance(actual, dict):
        keys = {*expected, *actual}
        return {
            key: (expected.get(key), actual.get(key))
            for key in keys
            if expected.get(key) != actual.get(key)
        }
    return _difference(expected, actual) if isinstance(expected, set) else (expected, actual)
