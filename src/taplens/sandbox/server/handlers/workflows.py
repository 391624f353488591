"""Workflows: status maps, transitions, first and last steps."""

from __future__ import annotations

from typing import Any

from taplens.sandbox.server.call import Call
from taplens.sandbox.server.envelope import Refusal, Result
from taplens.sandbox.server.listing import presented, wrapped
from taplens.sandbox.server.site import Endpoint, Site
from taplens.sandbox.server.workflow import Row, labels, workflow, workflows
from taplens.sandbox.shapes import EMPTY

_SYSTEMS = ("bug", "story")


def status_map(site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """State -> label of one work-item type."""
    return Result(labels(_asked(site, call)))


def transitions(site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """All transitions, with the pseudo-state `start`."""
    return Result(_asked(site, call)["transitions"])


def first_step(site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """The state in which items begin: a map of one."""
    row = _asked(site, call)
    return Result(_map_of(row, [row["first"]]))


def last_steps(site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """The end states with their labels."""
    row = _asked(site, call)
    return Result(_map_of(row, row["last"]))


def all_last_steps(site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """The end states of every workflow, keyed by work-item type or by workflow id."""
    key = "id" if call.get("group_key") == "workflow_id" else "workitem_type_id"
    found = workflows(site, call.get("workspace_id"), _system(call))
    return Result({row[key] or row["id"]: _map_of(row, row["last"]) for row in found})


def step_map(site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """States and their parallel nodes: classic workflows have none."""
    states = labels(_asked(site, call)).items()
    return Result([{"name": key, "label": label, "steps": []} for key, label in states])


def listing(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """The workflows themselves, without the sandbox's own keys."""
    named = {"bugtrace": "bug", "bug": "bug", "story": "story"}
    systems = [named.get(call.get("system_name"), "")] if call.get("system_name") else _SYSTEMS
    found = [
        {name: row[name] for name in EMPTY["workflow"] if name in row}
        for system in systems
        for row in workflows(site, call.get("workspace_id"), system)
    ]
    return Result(list(wrapped(presented(site, call, "workflow", found), endpoint.wrapper)))


def _system(call: Call) -> str:
    system = call.need("system")
    if system not in _SYSTEMS:
        raise Refusal(422, f"system is invalid: {system[:80]}")
    return system


def _asked(site: Site, call: Call) -> Row:
    """The workflow that `system` and `workitem_type_id` name. Raises Refusal (422)."""
    row = workflow(site, call.get("workspace_id"), _system(call), call.get("workitem_type_id"))
    if row is None:
        raise Refusal(422, "workitem_type_id is invalid")
    return row


def _map_of(row: Row, states: list[str]) -> dict[str, Any]:
    named = labels(row)
    return {state: named[state] for state in states}
