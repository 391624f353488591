"""Items go and come back: deleted, archived, moved, merged, restored."""

from __future__ import annotations

from typing import Any

from taplens.sandbox import removals
from taplens.sandbox.acts import ITEMS, fetch, scene_of, workspace_of
from taplens.sandbox.bugs import new_bug
from taplens.sandbox.journal import Act
from taplens.sandbox.scene import Scene
from taplens.sandbox.stories import new_story
from taplens.sandbox.trees import attach, detach, plant
from taplens.sandbox.workspace import Workspace
from taplens.sandbox.world import World

Row = dict[str, Any]

# What goes with an item, and comes back with it: entity -> column of the table that names it.
_HANGING = {
    "story": {"relation": "parent", "story_tcase": "parent"},
    "bug": {"relation": "peer"},
    "tcase": {"story_tcase": "peer"},
}
_KINDS = {"story": ("delete", "archive", "move"), "bug": ("delete", "move", "merge")}


def remove(
    world: World,
    entity: str,
    id: str,  # noqa: A002 - TAPD's word
    kind: str = "delete",
    actor: str = "",
    *,
    into: str = "",
) -> list[str]:
    """Remove a row; returns the ids that went (a story takes its descendants along).

    `kind`: delete; archive (stories); move to another workspace (stories, which leaves no
    trace, and bugs); merge (bugs) with the bug `into`. What isn't a story, task or bug vanishes
    without a trace, as in TAPD.
    """
    if kind not in _KINDS.get(entity, ("delete",)):
        raise ValueError(f"a {entity} can't go by {kind!r}")
    workspace = workspace_of(world, id)
    with scene_of(world, workspace) as scene:
        row = fetch(world, entity, workspace, id)
        return remove_row(world, scene, entity, row, Going(kind, actor or world.token_nick, into))


class Going:
    """How a row goes: `kind`, by whom, and for a merge into which bug."""

    __slots__ = ("actor", "into", "kind")

    def __init__(self, kind: str, actor: str, into: str = "") -> None:
        self.kind = kind
        self.actor = actor
        self.into = into


def remove_row(world: World, scene: Scene, entity: str, row: Row, going: Going) -> list[str]:
    """Remove a row in the moment of `scene`."""
    store, workspace = world.store, scene.workspace
    gone = []
    if entity == "story":
        for child in store.select("story", workspace.id, "parent = ?", (row["id"],)):
            gone += remove_row(world, scene, "story", child, going)
        parent = store.get("story", workspace.id, row.get("parent_id", "0"))
        if parent:
            detach(parent, row["id"])
            workspace.sink("story", parent)
    hung = _take_hung(world, workspace, entity, row["id"])
    workspace.sink("trash", removals.trash(entity, row, going.kind, hung))
    store.delete(entity, workspace.id, [row["id"]])
    if entity in ITEMS:
        _leave_trace(world, scene, entity, row, going)
    elif entity == "iteration":
        _forget_iteration(workspace, row["id"])
    return [*gone, row["id"]]


def _take_hung(
    world: World, workspace: Workspace, entity: str, identity: str
) -> dict[str, list[Row]]:
    """Take away what hangs on a row, and return it."""
    hung = {}
    for table, column in _HANGING.get(entity, {}).items():
        rows = world.store.select(table, workspace.id, f"{column} = ?", (identity,))
        keys = [row.get("id") or f"{row['story_id']}:{row['bug_id']}" for row in rows]
        world.store.delete(table, workspace.id, keys)
        if rows:
            hung[table] = rows
    return hung


def _leave_trace(world: World, scene: Scene, entity: str, row: Row, going: Going) -> None:
    """Write what tells of a removed story, task or bug."""
    sink, at, actor = scene.workspace.sink, scene.at, going.actor
    if entity == "task":
        sink("removed_task", removals.removed_task(row, actor, at))
    elif entity == "story":
        if going.kind == "move":
            _move_story(world, scene, row)
        else:
            archived = going.kind == "archive"
            sink("removed_story", removals.removed_story(row, actor, at, archived=archived))
    else:
        successor = ""
        if going.kind == "delete":
            scene.journal.bug_deleted(row, Act(actor, at))
        elif going.kind == "merge":
            successor = removals.bug_url(scene.workspace.id, going.into)
        else:
            successor = _move_bug(world, scene, row)
        removed = removals.removed_bug(row, actor, at, kind=going.kind, successor=successor)
        sink("removed_bug", removed)


def _elsewhere(world: World, scene: Scene) -> Scene:
    """The same moment in the workspace after this one."""
    ids = list(world.workspaces)
    following = ids[(ids.index(scene.workspace.id) + 1) % len(ids)]
    return Scene(world.workspaces[following], scene.rng, scene.at)


def _move_story(world: World, scene: Scene, row: Row) -> None:
    there = _elsewhere(world, scene)
    moved, _ = new_story(there, 1_000_000)
    moved |= {"name": row["name"], "description": row.get("description")}
    there.journal.created("story", moved)
    there.workspace.sink("story", moved)


def _move_bug(world: World, scene: Scene, row: Row) -> str:
    there = _elsewhere(world, scene)
    moved = new_bug(there, 1_000_000)
    moved |= {"title": row["title"], "description": row.get("description")}
    there.journal.created("bug", moved)
    there.workspace.sink("bug", moved)
    return removals.bug_url(there.workspace.id, moved["id"])


def _forget_iteration(workspace: Workspace, identity: str) -> None:
    left = [iteration for iteration in workspace.iterations if iteration.id != identity]
    if not left:
        raise ValueError("the last iteration must stay")
    workspace.iterations[:] = left


def restore(world: World, entity: str, id: str) -> Row:  # noqa: A002 - TAPD's word
    """Bring back what was deleted, archived or merged as it was; returns it.

    Its `modified` doesn't move: only its presence in the lists tells. What hung on it comes
    back as far as the other end still exists.
    """
    workspace = workspace_of(world, id)
    with scene_of(world, workspace):
        kept = fetch(world, "trash", workspace, removals.trash_id(entity, id))
        if kept["kind"] == "move":
            raise ValueError(f"{entity} {id} was moved: it goes on under another id")
        return restore_kept(world, workspace, kept)


def restore_kept(world: World, workspace: Workspace, kept: Row) -> Row:
    """Bring back what the trash row `kept` holds."""
    entity, row = kept["entity"], kept["row"]
    if entity == "story":
        _rejoin_tree(world, workspace, row)
    elif entity == "iteration":
        workspace.add_iteration(row)
    workspace.sink(entity, row)
    world.store.delete(f"removed_{entity}", workspace.id, [row["id"]])
    world.store.delete("trash", workspace.id, [kept["id"]])
    for table, rows in kept["hung"].items():
        for hung in rows:
            if _ends_exist(world, workspace, hung):
                workspace.sink(table, hung)
    return dict(row)


def _rejoin_tree(world: World, workspace: Workspace, row: Row) -> None:
    """Fit a restored story to the tree as it is now."""
    row.pop("children_id", None)
    parent_id = row.pop("parent_id", "0")
    row.pop("level", None)
    plant(row)
    parent = world.store.get("story", workspace.id, parent_id)
    if parent:
        attach(parent, row)
        workspace.sink("story", parent)


def _ends_exist(world: World, workspace: Workspace, hung: Row) -> bool:
    ends = {"story": "story_id", "bug": "bug_id", "tcase": "tcase_id"}
    return all(
        world.store.get(entity, workspace.id, hung[column]) is not None
        for entity, column in ends.items()
        if column in hung
    )
