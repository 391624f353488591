"""What is tied to what: story and bug, story and test case, item and linked item."""

from __future__ import annotations

from typing import Any

from taplens.sandbox.server.call import Call
from taplens.sandbox.server.columns import condition
from taplens.sandbox.server.envelope import Result
from taplens.sandbox.server.listing import presented, wrapped
from taplens.sandbox.server.site import Endpoint, Site

Row = dict[str, Any]


def related_bugs(site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """The bugs of stories: bare rows whose workspace_id is a number."""
    found = _tied(site, call, "relation", "story_id")
    return Result([
        {"workspace_id": int(row["workspace_id"]), "story_id": row["story_id"],
         "bug_id": row["bug_id"]}
        for row in found
    ])  # fmt: skip


def related_stories(site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """The stories of bugs: bare rows whose workspace_id is text."""
    found = _tied(site, call, "relation", "bug_id")
    return Result([
        {"workspace_id": row["workspace_id"], "bug_id": row["bug_id"],
         "story_id": row["story_id"]}
        for row in found
    ])  # fmt: skip


def story_tcase(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """The test cases of stories; `include_test_plan=0` leaves out ties made in a test plan."""
    found = presented(site, call, "story_tcase", _tied(site, call, "story_tcase", "story_id"))
    if call.get("include_test_plan") == "0":
        found = [row for row in found if row.get("test_plan_id") == "0"]
    return Result(list(wrapped(found, endpoint.wrapper)))


def stories_of_tcases(site: Site, call: Call, _endpoint: Endpoint) -> Result:
    """The stories of test cases: bare rows."""
    found = _tied(site, call, "story_tcase", "tcase_id", parameter="tcase_ids")
    return Result([
        {"workspace_id": call.get("workspace_id"), "tcase_id": row["tcase_id"],
         "story_id": row["story_id"], "test_plan_id": row.get("test_plan_id", "0")}
        for row in found
    ])  # fmt: skip


def links(site: Site, call: Call, endpoint: Endpoint) -> Result:
    """Ties between items of one kind: bare rows."""
    found = _tied(site, call, endpoint.entity, endpoint.need[0])
    return Result(found)


def _tied(site: Site, call: Call, entity: str, column: str, *, parameter: str = "") -> list[Row]:
    workspace_id = call.get("workspace_id")
    wanted = ",".join(call.every(parameter or column))
    where, arguments = condition(entity, column, "ids", wanted, workspace_id)
    return site.store.select(entity, workspace_id, where, arguments, "id ASC")
