"""Changes to how a team works: renamed states, new options of fields, the turn of iterations."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from taplens.sandbox.acts import edit_row, fetch, scene_of
from taplens.sandbox.metadata import (
    ITERATION_DAYS,
    iteration_change,
    new_iteration,
    write_field_infos,
)
from taplens.sandbox.scene import Scene
from taplens.sandbox.workspace import Workspace
from taplens.sandbox.world import World

Row = dict[str, Any]

_PLANNED_DAYS = 28  # iterations exist this long before they begin


def rename_status(
    world: World, workspace_id: str, state: str, label: str, *, type_id: str = ""
) -> None:
    """Give a state another label; `type_id` is the work-item type ("": bugs)."""
    workspace = world.workspaces[workspace_id]
    with scene_of(world, workspace) as scene:
        put_status_label(world, scene, type_id, state, label)


def put_status_label(world: World, scene: Scene, type_id: str, state: str, label: str) -> None:
    """Rename a state in the moment of `scene`."""
    workspace = scene.workspace
    workflow = workspace.workflows[type_id]
    if state not in workflow.labels:
        raise KeyError(f"no state {state!r} in {workflow.name}")
    workflow.labels[state] = label
    row = fetch(world, "workflow", workspace, workflow.id)
    row["states"] = [{"key": key, "label": name} for key, name in workflow.labels.items()]
    row["modified"] = scene.at
    workspace.sink("workflow", row)
    write_field_infos(workspace)


def add_option(world: World, workspace_id: str, entity: str, column: str, option: str) -> None:
    """Give a custom field one more option."""
    workspace = world.workspaces[workspace_id]
    with scene_of(world, workspace):
        put_option(workspace, entity, column, option)


def put_option(workspace: Workspace, entity: str, column: str, option: str) -> None:
    """Add an option to a custom field and write its settings."""
    custom = next((one for one in workspace.customs[entity] if one.column == column), None)
    if custom is None or not custom.options:
        raise KeyError(f"no select {column!r} of {entity}")
    if option not in custom.options:
        custom.options.append(option)
    workspace.sink("custom_field", custom.row(workspace.id))
    write_field_infos(workspace)


def turn_iterations(world: World, scene: Scene) -> int:
    """Close the iterations that are over and plan those to come; returns how many changed."""
    workspace, today = scene.workspace, date.fromisoformat(scene.day)
    done = 0
    where = "status = 'open' AND json_extract(payload, '$.enddate') < ?"
    for row in world.store.select("iteration", workspace.id, where, (scene.day,)):
        edit_row(scene, "iteration", row, {"status": "done"}, workspace.crew.lead)
        done += 1
    while date.fromisoformat(workspace.iterations[-1].start) < today + timedelta(_PLANNED_DAYS):
        last = date.fromisoformat(workspace.iterations[-1].start)
        row = new_iteration(workspace, last + timedelta(days=ITERATION_DAYS), today)
        row |= {"created": scene.at, "modified": scene.at}
        change = iteration_change(row, "name", None, at=scene.at)
        change["id"] = workspace.next_id("iteration_change")
        workspace.sink("iteration_change", change)
        workspace.sink("iteration", row)
        done += 1
    if done:
        write_field_infos(workspace)
    return done
