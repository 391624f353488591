"""Single acts on a built world: create, edit, remove, restore, comment, link.

Each happens one second after the last (`World.now` moves on), changes the item, its `modified`
and stamps, and leaves the traces TAPD leaves. Ids are long ids; `actor` and `author` are nicks,
the token's own where they are empty. All raise KeyError where there is no such row, ValueError
for what can't be done.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from taplens.clock import tapd_time
from taplens.sandbox import extras
from taplens.sandbox.bugs import new_bug
from taplens.sandbox.journal import Act
from taplens.sandbox.metadata import iteration_change, label_row, write_field_infos
from taplens.sandbox.scene import Scene
from taplens.sandbox.shapes import EMPTY
from taplens.sandbox.stories import new_story
from taplens.sandbox.tasks import new_task
from taplens.sandbox.trees import attach
from taplens.sandbox.vocabulary import DOMAINS
from taplens.sandbox.workspace import Workspace
from taplens.sandbox.world import World

Row = dict[str, Any]

Maker = Callable[[World, Scene, Row, str], Row]

ITEMS = ("story", "task", "bug")
_UNTOUCHABLE = frozenset(
    ("id", "workspace_id", "parent_id", "children_id", "path", "ancestor_id", "level")
)
_ANY_NUMBER = 1_000_000  # of a story or bug whose title is left to chance


@contextlib.contextmanager
def scene_of(world: World, workspace: Workspace, *, now: int | None = None) -> Iterator[Scene]:
    """A moment in which to act: one second on, or at `now` (UTC epoch seconds).

    All that is written inside becomes visible together.
    """
    with world.lock, world.store.transaction():
        world.acts += 1
        world.now = world.now + 1 if now is None else max(now, world.now)
        rng = Random(f"{world.seed}/{world.acts}")  # noqa: S311 - a believable world, no secret
        yield Scene(workspace, rng, tapd_time(world.now))


def workspace_of(world: World, identity: str, workspace_id: str = "") -> Workspace:
    """The workspace named, or the one whose number stands in a long id."""
    if workspace_id:
        return world.workspaces[workspace_id]
    for workspace in world.workspaces.values():
        if identity[2:].startswith(f"{workspace.id:0>8}"):
            return workspace
    raise KeyError(f"no workspace of {identity!r}")


def fetch(world: World, entity: str, workspace: Workspace, identity: str) -> Row:
    """The row, without its unset columns."""
    row = world.store.get(entity, workspace.id, identity)
    if row is None:
        raise KeyError(f"no {entity} {identity!r} in workspace {workspace.id}")
    return row


def edit(
    world: World,
    entity: str,
    id: str,  # noqa: A002 - TAPD's word
    changes: Mapping[str, Any],
    actor: str = "",
    *,
    remark: str = "",
    workspace_id: str = "",
) -> Row:
    """Change columns of a row; returns the row.

    Stories, tasks, bugs and iterations get their change rows. `remark` (HTML) is what the
    editor says with a change of state: TAPD keeps it in the history and as a comment.
    """
    workspace = workspace_of(world, id, workspace_id)
    forbidden = sorted(_UNTOUCHABLE & set(changes))
    if forbidden:
        raise ValueError(f"not by an edit: {', '.join(forbidden)}")
    with scene_of(world, workspace) as scene:
        row = fetch(world, entity, workspace, id)
        edit_row(scene, entity, row, changes, actor or world.token_nick, remark=remark or None)
    return row


def edit_row(
    scene: Scene,
    entity: str,
    row: Row,
    changes: Mapping[str, Any],
    actor: str,
    *,
    remark: str | None = None,
) -> None:
    """Change a row in the moment of `scene` and write it."""
    if entity in ITEMS:
        previous = row["status"]
        scene.change(entity, row, dict(changes), actor, remark)
        if remark and entity == "bug":
            extras.remark(scene, row, previous, actor, remark)
        elif remark:
            said = extras.comment_row(scene, entity, row, actor, remark)
            scene.workspace.sink("comment", said)
    elif entity == "iteration":
        _edit_iteration(scene, row, changes, actor)
    else:
        row |= changes
        stamps = {"modified": scene.at, "modifier": actor, "modified_by": actor}
        row |= {name: value for name, value in stamps.items() if name in EMPTY.get(entity, {})}
    scene.workspace.sink(entity, row)


def _edit_iteration(scene: Scene, row: Row, changes: Mapping[str, Any], actor: str) -> None:
    workspace = scene.workspace
    for name, value in changes.items():
        old, row[name] = row.get(name), value
        change = iteration_change(row, name, old, at=scene.at, kind="edit")
        change |= {"id": workspace.next_id("iteration_change"), "author": actor}
        workspace.sink("iteration_change", change)
    row["modified"] = scene.at
    if changes.get("status") == "done":
        row["completed"] = scene.at
    workspace.add_iteration(row)
    write_field_infos(workspace)


def create(
    world: World,
    entity: str,
    values: Mapping[str, Any] | None = None,
    actor: str = "",
    *,
    workspace_id: str = "",
) -> Row:
    """A new row in a workspace (the first, unless named); returns it.

    What `values` doesn't say is left to chance (story, bug, task, tcase) or unset. A story's
    `parent_id` and the `story_id` of a task or tcase must exist.
    """
    workspace = world.workspaces[workspace_id] if workspace_id else world.first
    with scene_of(world, workspace) as scene:
        return create_row(world, scene, entity, dict(values or {}), actor or world.token_nick)


def create_row(world: World, scene: Scene, entity: str, values: Row, actor: str) -> Row:
    """A new row in the moment of `scene`."""
    makers: dict[str, Maker] = {"story": _create_story, "bug": _create_bug, "task": _create_task,
              "tcase": _create_case, "label": _create_label}  # fmt: skip
    row = makers.get(entity, _create_other(entity))(world, scene, values, actor)
    scene.workspace.sink(entity, row)
    return row


def _create_story(world: World, scene: Scene, values: Row, actor: str) -> Row:
    parent_id = values.pop("parent_id", "0")
    row, _ = new_story(scene, _ANY_NUMBER)
    row |= {"creator": actor, **values}
    if "workitem_type_id" in values and "status" not in values:
        row["status"] = scene.workspace.workflows[row["workitem_type_id"]].first
    if parent_id not in ("0", ""):
        parent = fetch(world, "story", scene.workspace, parent_id)
        attach(parent, row)
        scene.workspace.sink("story", parent)
    scene.journal.created("story", row)
    return row


def _create_bug(world: World, scene: Scene, values: Row, actor: str) -> Row:
    del world
    row = new_bug(scene, _ANY_NUMBER)
    row |= {"reporter": actor, "te": f"{actor};", **values}
    row["priority_label"] = row["priority"]
    scene.journal.created("bug", row)
    return row


def _create_task(world: World, scene: Scene, values: Row, actor: str) -> Row:
    story_id = values.pop("story_id", "0")
    story: Row = {"id": "0", "name": "日常事务"}
    if story_id not in ("0", ""):
        story = fetch(world, "story", scene.workspace, story_id)
    row = new_task(scene, story, actor) | values
    scene.journal.created("task", row)
    return row


def _create_case(world: World, scene: Scene, values: Row, actor: str) -> Row:
    story_id = values.pop("story_id", "")
    row = extras.new_case(scene, scene.one_of(DOMAINS), actor) | values
    if story_id:
        extras.tie_case(scene, fetch(world, "story", scene.workspace, story_id)["id"], row)
    return row


def _create_label(world: World, scene: Scene, values: Row, actor: str) -> Row:
    del world
    row = label_row(scene.workspace, values["name"], actor, scene.at) | values
    scene.workspace.labels.append(row["name"])
    write_field_infos(scene.workspace)
    return row


def _create_other(entity: str) -> Maker:
    def make(_world: World, scene: Scene, values: Row, actor: str) -> Row:
        if "id" not in EMPTY.get(entity, {}):
            raise ValueError(f"can't create {entity!r}")
        stamps = {"workspace_id": scene.workspace.id, "creator": actor, "author": actor,
                  "modifier": actor, "owner": actor, "created": scene.at,
                  "modified": scene.at}  # fmt: skip
        known = {name: value for name, value in stamps.items() if name in EMPTY[entity]}
        return {"id": scene.workspace.next_id(entity)} | known | values

    return make


def comment(
    world: World,
    entity: str,
    id: str,  # noqa: A002 - TAPD's word
    text: str = "",
    author: str = "",
    *,
    reply_to: str = "",
) -> Row:
    """Comment on a story, task or bug (`text` is HTML), or answer the comment `reply_to`."""
    workspace = workspace_of(world, id)
    with scene_of(world, workspace) as scene:
        item = fetch(world, entity, workspace, id)
        nick = author or world.token_nick
        text = text or scene.writer.remark(world.token_nick)
        row = extras.comment_row(scene, entity, item, nick, text)
        if reply_to:
            said = fetch(world, "comment", workspace, reply_to)
            row |= {"reply_id": reply_to, "root_id": said.get("root_id", reply_to)}
        workspace.sink("comment", row)
    return row


def link(world: World, story_id: str, bug_id: str, actor: str = "") -> bool:
    """Tie a bug to a story; False where they were tied already."""
    workspace = workspace_of(world, story_id)
    with scene_of(world, workspace) as scene:
        story = fetch(world, "story", workspace, story_id)
        fetch(world, "bug", workspace, bug_id)
        if world.store.get("relation", workspace.id, f"{story_id}:{bug_id}"):
            return False
        extras.tie(scene, story, bug_id, actor or world.token_nick)
    return True


def unlink(world: World, story_id: str, bug_id: str, actor: str = "") -> bool:
    """Untie a bug from a story; False where they weren't tied."""
    workspace = workspace_of(world, story_id)
    with scene_of(world, workspace) as scene:
        story = fetch(world, "story", workspace, story_id)
        key = f"{story_id}:{bug_id}"
        if world.store.get("relation", workspace.id, key) is None:
            return False
        world.store.delete("relation", workspace.id, [key])
        act = Act(actor or world.token_nick, scene.at)
        scene.journal.linked(story, bug_id, act, cut=True)
    return True


def touch_child(
    world: World,
    entity: str,
    id: str,  # noqa: A002 - TAPD's word
    child: str = "comment",
) -> Row:
    """Let what hangs on an item change without the item's `modified`; returns the child.

    `child` is comment (the newest is edited, or one is written), attachment or timesheet.
    """
    workspace = workspace_of(world, id)
    with scene_of(world, workspace) as scene:
        item = fetch(world, entity, workspace, id)
        if child == "comment":
            found = world.store.select("comment", workspace.id, "parent = ?", (id,), limit=1)
            row = found[0] if found else extras.comment_row(
                scene, entity, item, world.token_nick, ""
            )  # fmt: skip
            text = f"{row['description']}<p>{scene.at} 补充</p>"
            row |= {"description": text, "modified": scene.at}
        elif child == "attachment":
            row = extras.attachment_row(scene, entity, item, world.token_nick)
        elif child == "timesheet":
            row = extras.timesheet_row(scene, entity, item, hours=1)
        else:
            raise ValueError(f"no child {child!r}: comment, attachment or timesheet")
        workspace.sink(child, row)
    return row
