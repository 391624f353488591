"""Workflows as the endpoints need them: which one, its labels, its end states."""

from __future__ import annotations

from typing import Any

from taplens.sandbox.server import ids
from taplens.sandbox.server.site import Site
from taplens.sandbox.workflows import TASK_LABELS

Row = dict[str, Any]


def workflows(site: Site, workspace_id: str, system: str) -> list[Row]:
    """The workflows of one system ("story" or "bug"), the first type's first."""
    where = "json_extract(payload, '$.system') = ?"
    return site.store.select("workflow", workspace_id, where, (system,), "id ASC")


def workflow(site: Site, workspace_id: str, system: str, type_id: str) -> Row | None:
    """The workflow of a work-item type; without one, or for bugs, the system's first."""
    found = workflows(site, workspace_id, system)
    wanted = ids.canonical(type_id, workspace_id)
    if system == "bug" or not type_id:
        return found[0] if found else None
    return next((row for row in found if row["workitem_type_id"] == wanted), None)


def labels(row: Row) -> dict[str, str]:
    """State -> the team's word for it."""
    return {state["key"]: state["label"] for state in row["states"]}


def label_maps(site: Site, workspace_id: str, system: str) -> dict[str, dict[str, str]]:
    """Work-item type id -> state -> label; bugs stand under the empty type id."""
    return {row["workitem_type_id"]: labels(row) for row in workflows(site, workspace_id, system)}


def end_states(site: Site, workspace_id: str, entity: str) -> set[str]:
    """The end states of all workflows of an entity."""
    if entity == "task":
        return {list(TASK_LABELS)[-1]}
    return {state for row in workflows(site, workspace_id, entity) for state in row["last"]}
