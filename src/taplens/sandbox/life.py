"""Time passes: a team's days, deterministic by the world's seed. The single acts are here too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from taplens.sandbox import extras
from taplens.sandbox.acts import (
    comment,
    create,
    create_row,
    edit,
    edit_row,
    link,
    scene_of,
    touch_child,
    unlink,
)
from taplens.sandbox.bugs import move_changes, mover, triage_changes
from taplens.sandbox.custom_fields import CUSTOMERS
from taplens.sandbox.journal import Act
from taplens.sandbox.people import Crew
from taplens.sandbox.removing import Going, remove, remove_row, restore, restore_kept
from taplens.sandbox.rules import (
    add_option,
    put_option,
    put_status_label,
    rename_status,
    turn_iterations,
)
from taplens.sandbox.scene import Scene
from taplens.sandbox.workflows import BUG_TYPE, Workflow
from taplens.sandbox.workspace import Workspace
from taplens.sandbox.world import World

__all__ = [
    "add_option", "comment", "create", "edit", "link", "pass_days", "remove", "rename_status",
    "restore", "touch_child", "unlink",
]  # fmt: skip

Row = dict[str, Any]
Happening = Callable[["Day"], bool]

_DAY = 86_400
_ACTS_OF_ITEMS = 50  # one act a day for so many items, where no rate is given
_FEWEST_ACTS = 8


class Day:
    """One moment of one workspace's life, with what a happening needs."""

    def __init__(self, world: World, scene: Scene) -> None:
        self.world = world
        self.scene = scene
        self.store = world.store
        self.workspace = scene.workspace

    @property
    def crew(self) -> Crew:
        """The workspace's members."""
        return self.workspace.crew

    def some(self, entity: str, where: str = "1", arguments: tuple[Any, ...] = ()) -> Row | None:
        """An item for which `where` holds, the younger the likelier; None where there is none."""
        last = self.workspace.numbers.get(entity, 1_000_000)
        age = int((last - 1_000_000) * self.scene.rng.random() ** 3)
        where = f"({where}) AND number <= ?"
        found = self.store.select(
            entity, self.workspace.id, where, (*arguments, last - age), limit=1
        )
        return found[0] if found else None

    def some_in(self, entity: str, *, ended: bool) -> Row | None:
        """An item that is in an end state, or isn't."""
        states = sorted({state for flow in self.flows(entity) for state in flow.last})
        marks = ",".join("?" * len(states))
        operator = "IN" if ended else "NOT IN"
        return self.some(entity, f"status {operator} ({marks})", tuple(states))

    def flows(self, entity: str) -> list[Workflow]:
        """The workflows that items of an entity run through."""
        flows = self.workspace.workflows.values()
        return [flow for flow in flows if flow.system == entity]


def pass_days(world: World, days: float, *, rate: float | None = None) -> dict[str, int]:
    """Let `days` go by in every workspace; returns how often each kind of thing happened.

    `rate` is the number of acts a day in the first workspace (by default one for every fifty
    items, at least eight); the others have theirs in proportion. Afterwards `World.now` is
    exactly `days` later.
    """
    counts: Counter[str] = Counter()
    daily = max(_FEWEST_ACTS, world.items / _ACTS_OF_ITEMS) if rate is None else rate
    with world.lock:
        begin = world.now
        end = begin + int(days * _DAY)
        for now, workspace in _turns(world, days, daily):
            with scene_of(world, workspace, now=now) as scene:
                counts[_happen(Day(world, scene))] += 1
        for workspace in world.workspaces.values():
            with scene_of(world, workspace, now=end) as scene:
                counts["turn_iterations"] += turn_iterations(world, scene)
        world.now = end
    return dict(+counts)


def _turns(world: World, days: float, daily: float) -> list[tuple[int, Workspace]]:
    """When something happens where, in order."""
    turns = []
    for place, workspace in enumerate(world.workspaces.values()):
        acts = round(daily * days * workspace.plan.share)
        for number in range(acts):
            seconds = int(days * _DAY * (number + 1) / (acts + 1))
            turns.append((world.now + max(seconds, 1), place, workspace))
    return [(now, workspace) for now, _, workspace in sorted(turns, key=lambda turn: turn[:2])]


def _happen(day: Day) -> str:
    """Let one thing happen that can, and say what."""
    names = list(_HAPPENINGS)
    weights = [weight for weight, _ in _HAPPENINGS.values()]
    for name in day.scene.rng.choices(names, weights, k=8):
        if _HAPPENINGS[name][1](day):
            return name
    _create_bug(day)
    return "create_bug"


def _create_bug(day: Day) -> bool:
    row = create_row(day.world, day.scene, "bug", {}, day.scene.one_of(day.crew.tester_nicks))
    story = day.some("story")
    if story and day.scene.chance(0.6):
        extras.tie(day.scene, story, row["id"], row["reporter"])
    return True


def _create_story(day: Day) -> bool:
    values: Row = {}
    parent = day.some("story", "json_extract(payload, '$.children_id') IS NOT NULL")
    if parent and day.scene.chance(0.2):
        values["parent_id"] = parent["id"]
    author = day.scene.one_of(day.crew.product_nicks)
    create_row(day.world, day.scene, "story", values, author)
    return True


def _create_task(day: Day) -> bool:
    story = day.some_in("story", ended=False)
    if story is None or day.workspace.task_type:
        return False
    author = day.scene.one_of(day.crew.developer_nicks)
    create_row(day.world, day.scene, "task", {"story_id": story["id"]}, author)
    return True


def _create_case(day: Day) -> bool:
    story = day.some("story")
    values = {"story_id": story["id"]} if story else {}
    author = day.scene.one_of(day.crew.tester_nicks)
    create_row(day.world, day.scene, "tcase", values, author)
    return True


def _move_story(day: Day) -> bool:
    return _move(day, "story", day.some_in("story", ended=False))


def _move_bug(day: Day) -> bool:
    return _move(day, "bug", day.some_in("bug", ended=False))


def _reopen_story(day: Day) -> bool:
    return _move(day, "story", day.some_in("story", ended=True))


def _reopen_bug(day: Day) -> bool:
    return _move(day, "bug", day.some_in("bug", ended=True))


def _move(day: Day, entity: str, row: Row | None) -> bool:
    """Bring an item into a state that may follow its own, mostly the usual one."""
    flow = day.workspace.workflow_of(entity, row) if row else None
    following = flow.after(row["status"]) if flow and row else ()
    if row is None or flow is None or not following:
        return False
    state = following[0] if day.scene.chance(0.75) else day.scene.one_of(following)
    if entity == "bug":
        actor, changes = mover(day.scene, row), move_changes(day.scene, row, state)
    else:
        nick = day.scene.one_of(day.crew.nicks(flow.owners[state]))
        actor, changes = str(row.get("owner") or nick).split(";")[0], {"owner": f"{nick};"}
    remark = day.scene.writer.cause() if day.scene.chance(0.15) else None
    edit_row(day.scene, entity, row, {"status": state, **changes}, actor, remark=remark)
    return True


def _move_task(day: Day) -> bool:
    row = day.some("task", "status <> 'done'")
    if row is None:
        return False
    state = "progressing" if row["status"] == "open" else "done"
    edit_row(day.scene, "task", row, {"status": state}, str(row["creator"]))
    return True


def _edit_story(day: Day) -> bool:
    row = day.some("story")
    if row is None:
        return False
    scene = day.scene
    custom = day.workspace.customs["story"][0]
    changes: Row = scene.one_of((
        {"priority": scene.one_of("1234")},
        {"name": f"{row['name'].removesuffix('（二期）')}（二期）"},
        {"owner": f"{scene.one_of(day.crew.developer_nicks)};"},
        {"label": scene.one_of(day.workspace.labels)},
        {"due": scene.day, "effort": scene.one_of(("8", "16", "24"))},
        {"description": f"{row.get('description') or ''}<p>{scene.at} 评审补充。</p>"},
        {custom.column: custom.value(scene.rng, day.crew.product_nicks, scene.day)},
    ))  # fmt: skip
    edit_row(scene, "story", row, changes, str(row.get("creator") or day.crew.lead))
    return True


def _edit_bug(day: Day) -> bool:
    row = day.some("bug")
    if row is None:
        return False
    edit_row(day.scene, "bug", row, triage_changes(day.scene, row), day.crew.lead)
    return True


def _edit_case(day: Day) -> bool:
    row = day.some("tcase")
    if row is None:
        return False
    edit_row(day.scene, "tcase", row, extras.case_changes(day.scene), day.crew.lead)
    return True


def _replan(day: Day) -> bool:
    """Give an open item to another iteration, or to none."""
    entity = day.scene.one_of(("story", "bug"))
    row = day.some_in(entity, ended=False)
    if row is None:
        return False
    current = day.workspace.iteration_on(day.scene.day)
    following = day.workspace.iteration_after(current)
    chosen = day.scene.one_of((current.id, following.id, following.id, "0"))
    edit_row(day.scene, entity, row, {"iteration_id": chosen}, day.crew.lead)
    return True


def _comment(day: Day) -> bool:
    entity = day.scene.one_of(("story", "bug", "bug", "task"))
    row = day.some(entity)
    if row is None:
        return False
    author = day.scene.one_of(day.crew.developer_nicks + day.crew.tester_nicks)
    text = day.scene.writer.remark(day.crew.lead)
    said = extras.comment_row(day.scene, entity, row, author, text)
    day.workspace.sink("comment", said)
    return True


def _edit_comment(day: Day) -> bool:
    row = day.some("comment")
    if row is None:
        return False
    changes = {"description": f"{row['description']}<p>（已编辑）</p>"}
    edit_row(day.scene, "comment", row, changes, row["author"])
    return True


def _delete_comment(day: Day) -> bool:
    return _remove(day, "comment", "delete")


def _attach(day: Day) -> bool:
    row = day.some("bug")
    if row:
        day.workspace.sink(
            "attachment", extras.attachment_row(day.scene, "bug", row, day.crew.lead)
        )
    return row is not None


def _link(day: Day) -> bool:
    story, bug = day.some("story"), day.some("bug")
    if story is None or bug is None:
        return False
    if day.store.get("relation", day.workspace.id, f"{story['id']}:{bug['id']}"):
        return False
    extras.tie(day.scene, story, bug["id"], day.crew.lead)
    return True


def _unlink(day: Day) -> bool:
    found = day.store.select("relation", day.workspace.id, order="rowid DESC", limit=1)
    story = day.store.get("story", day.workspace.id, found[0]["story_id"]) if found else None
    if story is None:
        return False
    bug_id = found[0]["bug_id"]
    day.store.delete("relation", day.workspace.id, [f"{story['id']}:{bug_id}"])
    act = Act(day.crew.lead, day.scene.at)
    day.scene.journal.linked(story, bug_id, act, cut=True)
    return True


def _delete(day: Day) -> bool:
    return _remove(day, day.scene.one_of(("story", "bug", "bug", "task", "tcase")), "delete")


def _archive(day: Day) -> bool:
    return _remove(day, "story", "archive")


def _move_away(day: Day) -> bool:
    return _remove(day, day.scene.one_of(("story", "bug")), "move")


def _remove(day: Day, entity: str, kind: str) -> bool:
    childless = "json_extract(payload, '$.children_id') IS NULL"
    row = day.some(entity, childless)
    if row is None or day.store.count(entity, day.workspace.id) < 3:
        return False
    remove_row(day.world, day.scene, entity, row, Going(kind, day.crew.lead))
    return True


def _restore(day: Day) -> bool:
    where = "json_extract(payload, '$.kind') <> 'move'"
    found = day.store.select("trash", day.workspace.id, where, order="rowid DESC", limit=1)
    if found:
        restore_kept(day.world, day.workspace, found[0])
    return bool(found)


def _new_rule(day: Day) -> bool:
    """A label, an option of 客户, or another word for a state."""
    form = day.scene.rng.randrange(3)
    number = day.workspace.numbers.get("label", 0) % 1000
    if form == 0:
        create_row(day.world, day.scene, "label", {"name": f"专项-{number}"}, day.crew.lead)
    elif form == 1:
        for entity in ("story", "bug"):
            custom = next(one for one in day.workspace.customs[entity] if one.name == "客户")
            option = f"{day.scene.one_of(CUSTOMERS)}·{day.scene.day[:4]}"
            put_option(day.workspace, entity, custom.column, option)
    else:
        flow = day.workspace.workflows[BUG_TYPE]
        label = day.scene.one_of(("测试中", "待回归", "回归测试中"))
        put_status_label(day.world, day.scene, flow.type_id, "status_3", label)
    return True


# What happens: (how often, beside the others; how).
_HAPPENINGS: dict[str, tuple[float, Happening]] = {
    "create_bug": (14, _create_bug),
    "create_story": (6, _create_story),
    "create_task": (4, _create_task),
    "create_case": (3, _create_case),
    "move_bug": (22, _move_bug),
    "move_story": (13, _move_story),
    "move_task": (6, _move_task),
    "reopen_bug": (3, _reopen_bug),
    "reopen_story": (1, _reopen_story),
    "edit_bug": (7, _edit_bug),
    "edit_story": (7, _edit_story),
    "edit_case": (2, _edit_case),
    "replan": (3, _replan),
    "comment": (10, _comment),
    "edit_comment": (1, _edit_comment),
    "delete_comment": (0.4, _delete_comment),
    "attach": (1.5, _attach),
    "link": (3, _link),
    "unlink": (1, _unlink),
    "delete": (1.5, _delete),
    "archive": (0.5, _archive),
    "move_away": (0.4, _move_away),
    "restore": (0.8, _restore),
    "new_rule": (0.8, _new_rule),
}
