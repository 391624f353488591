"""The acts of life that a request over the admin path, or a `shift` fault, may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from taplens.sandbox import life
from taplens.sandbox.world import World

_ITEMS = {"story": "name", "task": "name", "bug": "title"}
_ENOUGH = 12  # rows below which nothing is removed by a shift


def perform(world: World, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Do what `asked` says: `{"days": 1.5}` or `{"act": "edit", …arguments of that act}`.

    Returns what happened: counts of days that passed, or under `result` what the act returns.
    Raises ValueError for an unknown act, TypeError and KeyError for wrong arguments.
    """
    arguments = dict(asked)
    if "days" in arguments:
        return dict(life.pass_days(world, float(arguments.pop("days")), **arguments))
    name = arguments.pop("act", "")
    act = _ACTS.get(name)
    if act is None:
        raise ValueError(f"unknown act {name!r}; there are: {', '.join(_ACTS)}")
    return {"result": act(world, **arguments)}


def shift(world: World, workspace_id: str = "", entity: str = "bug") -> dict[str, Any]:
    """What makes a reader of pages miss rows or read them twice, in whichever order it reads.

    One item is created, the two newest and the oldest go, and one that stays is edited, so
    that the pages still to come move up by one. Rows that are no items shift with a bug's.
    """
    kind = entity if entity in _ITEMS else "bug"
    workspace_id = workspace_id if workspace_id in world.workspaces else world.first.id
    created = life.create(world, kind, workspace_id=workspace_id)
    done: dict[str, Any] = {"entity": kind, "created": created["id"], "removed": []}
    ids = [row["id"] for row in world.store.select(kind, workspace_id)]
    if len(ids) < _ENOUGH:
        return done
    for goner in (ids[1], ids[2], ids[-1]):
        if world.store.get(kind, workspace_id, goner):  # it may have gone with its parent
            done["removed"] += life.remove(world, kind, goner)
    stays = world.store.select(kind, workspace_id, limit=1, offset=2)[0]
    life.edit(world, kind, stays["id"], {_ITEMS[kind]: f"{stays[_ITEMS[kind]]}·改"})
    return done | {"edited": stays["id"]}


_ACTS: dict[str, Callable[..., Any]] = {
    name: getattr(life, name) for name in life.__all__ if name != "pass_days"
} | {"shift": shift}
