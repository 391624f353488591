"""Counting items by category."""

from __future__ import annotations

from taplens.sandbox.server import ids
from taplens.sandbox.server.call import Call
from taplens.sandbox.server.columns import condition
from taplens.sandbox.server.envelope import Result
from taplens.sandbox.server.site import Endpoint, Site


def count_by(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """Category id -> number of items."""
    workspace_id = call.get("workspace_id")
    wanted = [ids.canonical(one, workspace_id) for one in call.every("category_id")]
    return Result({
        one: site.store.count(
            endpoint.entity, workspace_id,
            *condition(endpoint.entity, "category_id", "ids", one, workspace_id),
        )
        for one in wanted
    })  # fmt: skip
