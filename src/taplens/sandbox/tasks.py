"""How tasks come to be and are done, in both of TAPD's ways of keeping them."""

from __future__ import annotations

from typing import Any

from taplens.sandbox import extras, removals
from taplens.sandbox.scene import Scene
from taplens.sandbox.simulation import Script, Simulation
from taplens.sandbox.trees import attach, plant

Row = dict[str, Any]


def tasks_of(sim: Simulation, story: Row, developer: str) -> None:
    """Split a story into tasks: none to three."""
    script = _new_task if sim.workspace.task_type else _task
    for _ in range(int(sim.rng.random() ** 1.4 * 3.3)):
        sim.launch(script(sim, story, developer))


def new_task(scene: Scene, story: Row, developer: str, *, table: str = "task") -> Row:
    """A new task of a story as its owner writes it down; `table` is where its number is from."""
    row: Row = {
        "id": scene.workspace.next_id(table),
        "name": scene.writer.task(story["name"]),
        "workspace_id": scene.workspace.id,
        "creator": developer,
        "created": scene.at,
        "status": "open",
        "owner": f"{developer};",
        "begin": scene.day,
        "due": story.get("due"),
        "effort": scene.one_of(("2", "4", "8", "16")),
    }
    if story.get("iteration_id"):
        row["iteration_id"] = story["iteration_id"]
    row["remain"] = row["effort"]
    if table == "task":
        row["story_id"] = story["id"]
        _decorate(scene, row, developer)
    return row


def _decorate(scene: Scene, row: Row, developer: str) -> None:
    """The columns that only some fill in."""
    if scene.chance(0.4):
        row["priority"] = scene.one_of("1234")
        row["priority_label"] = scene.workspace.plan.priority_labels[int(row["priority"]) - 1]
    for custom in scene.workspace.customs["task"]:
        if scene.chance(custom.share):
            row[custom.column] = custom.value(scene.rng, [developer], scene.day)


def _task(sim: Simulation, story: Row, developer: str) -> Script:
    row = new_task(sim, story, developer)
    sim.begin("task", row)
    if sim.chance(0.02):
        yield sim.wait(1, 30)
        sim.discard(row, "delete")
        sim.workspace.sink("removed_task", removals.removed_task(row, developer, sim.at))
        return
    yield from _work(sim, "task", row, developer)
    sim.finish(row)


def _new_task(sim: Simulation, story: Row, developer: str) -> Script:
    row = new_task(sim, story, developer, table="story")
    row["workitem_type_id"] = sim.workspace.task_type
    row["templated_id"] = sim.workspace.template_ids["task"]
    plant(row)
    attach(story, row)
    sim.begin("story", row)
    yield from _work(sim, "story", row, developer)
    sim.finish(row)


def _work(sim: Simulation, entity: str, row: Row, developer: str) -> Script:
    """From 未开始 to 已完成, hours booked on the way."""
    yield sim.wait(1, 24)
    if sim.chance(0.08):  # forgotten
        return
    sim.change(entity, row, {"status": "progressing"}, developer)
    effort = int(row["effort"])
    spent = 0
    if sim.chance(0.5):
        yield sim.wait(2, 18)
        spent = max(1, effort // 2)
        changes = {
            "effort_completed": str(spent),
            "remain": str(effort - spent),
            "progress": str(100 * spent // effort),
        }
        sim.change(entity, row, changes, developer)
        sim.workspace.sink("timesheet", extras.timesheet_row(sim, entity, row, hours=spent))
    if sim.chance(0.1):
        extras.comment(sim, entity, row, developer, sim.workspace.crew.lead)
    yield sim.wait(2, 30)
    sim.change(entity, row, {"status": "done"}, developer)
    if 0 < spent < effort:
        booked = extras.timesheet_row(sim, entity, row, hours=effort - spent)
        sim.workspace.sink("timesheet", booked)
