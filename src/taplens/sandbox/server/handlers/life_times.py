"""How long an item stayed in each state, computed from its change log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from taplens.clock import tapd_time
from taplens.sandbox.server import ids
from taplens.sandbox.server.call import Call
from taplens.sandbox.server.columns import condition
from taplens.sandbox.server.envelope import Refusal, Result
from taplens.sandbox.server.listing import page_of, presented, wrapped
from taplens.sandbox.server.site import Endpoint, Site

Row = dict[str, Any]
_KINDS = ("story", "task", "bug")


def life_times(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """The stays of one item, the latest first; `order=… asc` turns them round."""
    workspace_id, kind = call.get("workspace_id"), call.need("entity_type")
    if kind not in _KINDS:
        raise Refusal(422, f"entity_type is invalid: {kind[:80]}")
    item = site.store.get(kind, workspace_id, ids.canonical(call.need("entity_id"), workspace_id))
    stays = list(_stays(site, kind, workspace_id, item)) if item else []
    if not call.get("order").lower().endswith("asc"):
        stays.reverse()
    offset, limit = page_of(call, endpoint)
    some = stays[offset : offset + limit]
    return Result(list(wrapped(presented(site, call, "life_time", some), endpoint.wrapper)))


def _stays(site: Site, kind: str, workspace_id: str, item: Row) -> Iterator[Row]:
    changes = site.store.select(
        f"{kind}_change", workspace_id,
        *condition(f"{kind}_change", f"{kind}_id", "ids", item["id"], workspace_id),
        order="created ASC, id ASC",
    )  # fmt: skip
    moves = [move for change in changes for move in _moves(kind, change)]
    begins = [(item["created"], "", item["id"])] + [(m["at"], m["actor"], m["id"]) for m in moves]
    states = [m["before"] for m in moves] + [item.get("status", "")]
    ends = [m["at"] for m in moves] + [tapd_time(site.world.now)]
    seen: set[str] = set()
    for (begin, actor, row_id), state, end in zip(begins, states, ends, strict=True):
        yield {
            "id": row_id,
            "workspace_id": workspace_id,
            "entity_type": kind,
            "entity_id": item["id"],
            "status": state,
            "owner": item.get("current_owner" if kind == "bug" else "owner") or "",
            "is_repeated": str(int(state in seen)),
            "begin_date": begin,
            "end_date": end,
            "time_cost": f"{_hours(begin, end):g}",
            "created": begin,
            "operator": actor or None,
        }
        seen.add(state)


def _moves(kind: str, change: Row) -> Iterator[Row]:
    """The moves from state to state in one row of a change log."""
    at = {"at": change["created"], "id": change["id"]}
    if kind == "bug":
        if change["field"] == "status":
            yield at | {"before": change.get("old_value") or "", "actor": change["author"]}
        return
    for part in change.get("field_changes", ()):
        if part["field"] == "status" and part["value_before"]:
            yield at | {"before": part["value_before"], "actor": change["creator"]}


def _hours(begin: str, end: str) -> float:
    spent = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    return round(spent.total_seconds() / 3600, 2)
