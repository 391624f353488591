"""The admin paths, the request log, and starting and stopping."""

from __future__ import annotations

import gc
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from taplens.errors import ServeError
from taplens.sandbox import RunningSandbox, SandboxOptions, create_app, running, serve
from taplens.sandbox.shapes import complete
from tests.conftest import TODAY, SandboxFactory
from tests.sandbox.conftest import BEARER, Web, basic


def test_faults_are_set_listed_and_cleared_over_http(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    body = {"kind": "429", "path": "stories", "times": 1}
    assert web.ask("_sandbox/faults", {}, method="POST", body=body).envelope["number"] > 0
    listed = json.loads(web.ask("_sandbox/faults", {}).body)
    assert [(one["kind"], one["times"]) for one in listed] == [("429", 1)]
    assert web.ask("stories", workspace_id=first).status == 429
    assert web.ask("_sandbox/faults", {}, method="DELETE").status == 200
    assert sandbox.faults() == []


@pytest.mark.parametrize(
    ("body", "word"),
    [({"kind": "boredom"}, "boredom"), ({"kind": "429", "colour": 1}, "colour"), ([1], "object"),
     ({"path": "x"}, "kind"), ({"kind": "429", "times": "2"}, "times"),
     ({"kind": "latency", "seconds": None}, "seconds")],
)  # fmt: skip
def test_a_malformed_fault_is_refused_with_a_reason(web: Web, body: Any, word: str) -> None:
    reply = web.ask("_sandbox/faults", {}, method="POST", body=body)
    assert reply.status == 422
    assert word in reply.body.decode()


def test_an_unknown_admin_path_is_404(web: Web) -> None:
    assert web.ask("_sandbox/nothing", {}).status == 404
    assert web.ask("_sandbox/truth", {}, method="POST", body={}).status == 404


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.test"}, {"Host": "evil.test:80"}, {"Origin": "https://evil.test"}]
)
def test_web_pages_are_kept_off_the_admin_paths(web: Web, headers: dict[str, str]) -> None:
    assert web.ask("_sandbox/requests", headers).status == 403


def test_the_request_log_tells_when_what_and_who(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    begin = time.time()
    web.ask("stories", workspace_id=first, name="登录", access_token="demo")
    web.ask("//bugs.json", basic("demo", "demo"), workspace_id=first)
    web.ask("stories", {})
    web.ask("storys", {})
    log = sandbox.requests()
    assert [one["path"] for one in log] == ["stories", "bugs", "stories", "storys"]
    assert [one["account"] for one in log] == ["token:demo", "user:demo", "", ""]
    assert [one["status"] for one in log] == [200, 200, 401, 200]
    assert "name=登录" in log[0]["query"]
    assert "demo" not in log[0]["query"]
    assert begin <= log[0]["at"] <= log[-1]["at"] <= time.time()
    over_http = json.loads(web.ask("_sandbox/requests", {}).body)
    assert over_http["total"] == 4
    assert over_http["counts"] == {"stories": 2, "bugs": 1, "storys": 1}
    assert over_http["requests"] == log
    web.ask("_sandbox/requests", {}, method="DELETE")
    assert sandbox.requests() == []


def test_the_truth_is_told_whole_and_in_parts(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    truth = sandbox.truth(first, "story")
    assert [row["id"] for row in truth] == sorted(row["id"] for row in truth)
    assert truth[0] == complete("story", sandbox.store.get("story", first, truth[0]["id"]) or {})
    asked = {"workspace_id": first, "entity": "story", "limit": 40}
    parts = [
        json.loads(web.ask("_sandbox/truth", {}, **asked, offset=offset).body) for offset in (0, 40)
    ]
    assert parts[0] + parts[1] == truth[:80]
    assert web.ask("_sandbox/truth", {}, entity="story").status == 422


def test_ranges_can_be_refused_from_the_start(start_sandbox: SandboxFactory) -> None:
    sandbox = start_sandbox(ranges=False)
    web = Web(sandbox.base_url)
    asked = {"workspace_id": sandbox.world.first.id}
    assert web.ask("bug_changes", **asked, created="2026-01-01~2026-02-01").status == 422
    assert web.ask("bug_changes", **asked, created="2026-01-01").status == 200
    web.close()


def test_two_sandboxes_run_side_by_side_with_the_same_world(start_sandbox: SandboxFactory) -> None:
    one, other = start_sandbox(), start_sandbox()
    assert one.base_url != other.base_url
    workspace_id = one.world.first.id
    assert one.truth(workspace_id, "bug") == other.truth(workspace_id, "bug")
    one.fault("429")
    webs = [Web(one.base_url), Web(other.base_url)]
    assert [web.ask("users/info").status for web in webs] == [429, 200]
    for web in webs:
        web.close()


def test_many_connections_are_answered_at_once(sandbox: RunningSandbox, first: str) -> None:
    def ask(number: int) -> int:
        web = Web(sandbox.base_url)
        status = web.ask("stories", workspace_id=first, page=number % 3 + 1).status
        web.close()
        return status

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(64))) == {200}
    assert len(sandbox.requests()) == 64


def test_stopping_leaves_no_thread_and_no_connection(start_sandbox: SandboxFactory) -> None:
    before = {thread.name for thread in threading.enumerate()}
    with running(SandboxOptions(items=12, today=TODAY)) as sandbox:
        web = Web(sandbox.base_url)
        assert web.ask("users/info").status == 200
    with pytest.raises(OSError):  # reset or refused, as the system pleases
        web.ask("users/info")
        web.ask("users/info")
    web.close()
    assert {thread.name for thread in threading.enumerate()} <= before
    gc.collect()  # an unclosed socket would warn, and warnings are errors


def test_stopping_does_not_wait_for_slow_answers() -> None:
    with running(SandboxOptions(items=12, today=TODAY)) as sandbox:
        sandbox.fault("drip", seconds=30)
        web = Web(sandbox.base_url)
        web._connection.request("GET", "/users/info", headers=BEARER)
        web._connection.getresponse()
        begin = time.monotonic()
    assert time.monotonic() - begin < 1
    web.close()


def test_starting_takes_little_beyond_the_world(shared_sandbox: RunningSandbox) -> None:
    best = 9.0
    for _ in range(3):
        begin = time.perf_counter()
        with running(SandboxOptions(items=12, today=TODAY)):
            best = min(best, time.perf_counter() - begin)
    assert best < 0.6  # the world of five workspaces included


def test_a_taken_port_is_told_with_a_mend(sandbox: RunningSandbox) -> None:
    port = int(sandbox.base_url.rsplit(":", 1)[1])
    with pytest.raises(ServeError, match=f"{port}.*--port"):
        serve(SandboxOptions(items=12, today=TODAY), port=port)


async def test_the_application_follows_the_life_of_any_server() -> None:
    app = create_app(SandboxOptions(items=12, today=TODAY))
    sent: list[Any] = []
    waiting = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await app({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    with pytest.raises(RuntimeError):
        await app.sandbox.in_worker(int)
