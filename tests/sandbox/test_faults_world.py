"""The world that changes while it is read: time passing, shifts between pages, single acts."""

from __future__ import annotations

import pytest

from tests.conftest import SandboxFactory
from tests.sandbox.conftest import Web


@pytest.mark.parametrize("order", ["id desc", "id asc"])
@pytest.mark.parametrize(("path", "entity"), [("stories", "story"), ("bugs", "bug")])
def test_a_shift_between_pages_makes_a_careless_reader_miss_a_row(
    start_sandbox: SandboxFactory, path: str, entity: str, order: str
) -> None:
    sandbox = start_sandbox(items=120)
    web, first = Web(sandbox.base_url), sandbox.world.first.id
    asked = {"workspace_id": first, "limit": 20, "order": order}
    before = {row["id"] for row in sandbox.truth(first, entity)}
    sandbox.fault("shift", path, after=0, times=1)
    read: list[str] = []
    for page in range(1, 6):
        read += web.ids(path, page=page, **asked)
    after = {row["id"] for row in sandbox.truth(first, entity)}
    assert after - before
    assert before - after
    assert before & after - set(read), "no row that stayed was missed"
    web.close()


def test_a_shift_can_be_told_what_to_do(start_sandbox: SandboxFactory) -> None:
    sandbox = start_sandbox()
    web, first = Web(sandbox.base_url), sandbox.world.first.id
    bug = sandbox.truth(first, "bug")[0]
    act = {"act": "edit", "entity": "bug", "id": bug["id"], "changes": {"title": "改过的标题 ✏️"}}
    sandbox.fault("shift", "bugs", after=1, times=1, acts=(act,))
    titles = [web.rows("bugs", workspace_id=first, id=bug["id"])[0]["title"] for _ in range(3)]
    assert titles == [bug["title"], bug["title"], "改过的标题 ✏️"]
    web.close()


def test_a_child_changes_without_its_parent_being_modified(start_sandbox: SandboxFactory) -> None:
    sandbox = start_sandbox()
    web, first = Web(sandbox.base_url), sandbox.world.first.id
    bug = sandbox.truth(first, "bug")[-1]
    body = {"act": "touch_child", "entity": "bug", "id": bug["id"]}
    reply = web.ask("_sandbox/life", {}, method="POST", body=body)
    assert reply.status == 200
    row = web.rows("bugs", workspace_id=first, id=bug["id"])[0]
    assert row["modified"] == bug["modified"]
    comments = web.rows("comments", workspace_id=first, entry_id=bug["id"])
    assert max(comment["modified"] for comment in comments) > bug["modified"]
    web.close()


def test_days_pass_over_http_and_leave_traces(start_sandbox: SandboxFactory) -> None:
    sandbox = start_sandbox()
    web, first = Web(sandbox.base_url), sandbox.world.first.id
    now = sandbox.world.now
    since = max(row["modified"] for row in sandbox.truth(first, "bug"))
    reply = web.ask("_sandbox/life", {}, method="POST", body={"days": 3, "rate": 30})
    assert sum(reply.envelope.values()) > 30
    assert sandbox.world.now == now + 3 * 86_400
    assert web.count("bugs", workspace_id=first, modified=f">{since}") > 0
    web.close()


def test_what_is_removed_is_gone_and_told_and_comes_back(start_sandbox: SandboxFactory) -> None:
    sandbox = start_sandbox()
    web, first = Web(sandbox.base_url), sandbox.world.first.id
    bug = sandbox.truth(first, "bug")[0]
    removed = "bugs/get_removed_bugs"
    sandbox.act("remove", entity="bug", id=bug["id"])
    assert web.ids("bugs", workspace_id=first, id=bug["id"]) == []
    assert [row["id"] for row in web.rows(removed, workspace_id=first, id=bug["id"])] == [bug["id"]]
    log = web.rows("bug_changes", workspace_id=first, bug_id=bug["id"], field="delete_bug")
    assert [(row["old_value"], row["new_value"], row["memo"]) for row in log] == [
        ("--", "--", "delete bug")
    ]
    sandbox.act("restore", entity="bug", id=bug["id"])
    assert web.rows("bugs", workspace_id=first, id=bug["id"]) == [bug]
    assert web.rows(removed, workspace_id=first, id=bug["id"]) == []
    web.close()


@pytest.mark.parametrize(
    "body",
    [{"act": "dance"}, {"act": "edit"}, {"days": "many"}, {"days": 1, "colour": 2},
     {"act": "edit", "entity": "bug", "id": "12", "changes": {}}, {}],
)  # fmt: skip
def test_an_act_that_can_not_be_is_refused_with_a_reason(
    start_sandbox: SandboxFactory, body: dict[str, object]
) -> None:
    web = Web(start_sandbox().base_url)
    reply = web.ask("_sandbox/life", {}, method="POST", body=body)
    assert reply.status == 422
    assert reply.envelope["error"]
    web.close()


def test_change_logs_only_grow(start_sandbox: SandboxFactory) -> None:
    """What reading them in the order of `created` rests on."""
    sandbox = start_sandbox()
    sandbox.pass_days(2, rate=20)
    for workspace in sandbox.world.workspaces:
        for log in ("story_change", "task_change", "bug_change"):
            rows = sandbox.truth(workspace, log)
            assert [row["created"] for row in rows] == sorted(row["created"] for row in rows)
