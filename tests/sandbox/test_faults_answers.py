"""Every fault on request: what goes over the wire, when it begins and when it ends."""

from __future__ import annotations

import http.client
import json
import socket
import time
from urllib.parse import urlsplit

import pytest

from taplens.sandbox import RunningSandbox
from taplens.sandbox.server.faults import KINDS
from tests.sandbox.conftest import Web, projects


def raw(sandbox: RunningSandbox, target: str) -> bytes:
    """All bytes of one answer, or what came before the connection broke."""
    parts = urlsplit(sandbox.base_url)
    got = b""
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as connection:
        connection.sendall(
            f"GET /{target}&access_token=demo HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        try:
            while chunk := connection.recv(65536):
                got += chunk
        except ConnectionResetError:
            pass
    return got


def test_too_many_requests_names_the_account(web: Web, sandbox: RunningSandbox, first: str) -> None:
    sandbox.fault("429")
    reply = web.ask("stories", workspace_id=first)
    assert (reply.status, reply.envelope["status"]) == (429, 429)
    assert reply.info.startswith("To many requests, api account demo ")
    assert "Retry-After" not in reply.headers


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_fault_is_no_json(
    web: Web, sandbox: RunningSandbox, first: str, status: int
) -> None:
    sandbox.fault("5xx", status=status)
    reply = web.ask("stories", workspace_id=first)
    assert reply.status == status
    assert reply.headers["Content-Type"].startswith("text/html")


def test_a_page_with_200_is_html(web: Web, sandbox: RunningSandbox, first: str) -> None:
    sandbox.fault("html")
    reply = web.ask("stories", workspace_id=first)
    assert reply.status == 200
    assert reply.body.startswith(b"<!DOCTYPE html>")


def test_a_known_path_can_greet(web: Web, sandbox: RunningSandbox, first: str) -> None:
    sandbox.fault("hello", "stories")
    assert web.ask("stories", workspace_id=first).data.startswith("Hello world from TAPD API.")


def test_a_token_can_expire(web: Web, sandbox: RunningSandbox, first: str) -> None:
    sandbox.fault("token", after=1)
    assert web.ask("stories", workspace_id=first).status == 200
    reply = web.ask("stories", workspace_id=first)
    assert (reply.status, reply.info) == (422, "The access token provided is invalid")


def test_a_cut_answer_is_whole_http_and_half_json(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    sandbox.fault("cut")
    reply = web.ask("stories", workspace_id=first)
    assert reply.status == 200
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.body.decode(errors="replace"))


def test_an_envelope_can_fail_under_200(web: Web, sandbox: RunningSandbox, first: str) -> None:
    sandbox.fault("failed")
    reply = web.ask("stories", workspace_id=first)
    assert (reply.status, reply.envelope["status"], reply.envelope["data"]) == (200, 0, "")


def test_rows_can_lose_their_wrapper(web: Web, sandbox: RunningSandbox, first: str) -> None:
    sandbox.fault("unwrapped", "bugs")
    assert "title" in web.ask("bugs", workspace_id=first).data[0]
    assert list(web.ask("stories", workspace_id=first).data[0]) == ["Story"]


def test_a_connection_can_be_reset_before_any_byte(sandbox: RunningSandbox, first: str) -> None:
    sandbox.fault("reset")
    assert raw(sandbox, f"stories?workspace_id={first}") == b""


def test_a_connection_can_be_reset_within_the_body(sandbox: RunningSandbox, first: str) -> None:
    sandbox.fault("reset", at="middle")
    got = raw(sandbox, f"stories?workspace_id={first}")
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(dict(line.split(b": ") for line in head.split(b"\r\n")[1:])[b"content-length"])
    assert len(body) < length


def test_a_reset_leaves_the_server_well(web: Web, sandbox: RunningSandbox, first: str) -> None:
    sandbox.fault("reset", times=1)
    with pytest.raises((http.client.HTTPException, OSError)):
        web.ask("stories", workspace_id=first)
    web.close()
    assert web.ask("stories", workspace_id=first).status == 200


def test_an_answer_can_drip(web: Web, sandbox: RunningSandbox, first: str) -> None:
    expected = web.ask("stories", workspace_id=first).data
    sandbox.fault("drip", seconds=0.2)
    begin = time.monotonic()
    assert web.ask("stories", workspace_id=first).data == expected
    assert time.monotonic() - begin >= 0.2


def test_latency_delays_without_blocking_others(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    sandbox.fault("latency", "stories", seconds=0.25)
    begin = time.monotonic()
    assert web.ask("stories", workspace_id=first).status == 200
    assert time.monotonic() - begin >= 0.25
    waiting = Web(sandbox.base_url)
    parts = urlsplit(sandbox.base_url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as slow:
        slow.sendall(
            f"GET /stories?workspace_id={first}&access_token=demo HTTP/1.1\r\n"
            "Host: localhost\r\n\r\n".encode()
        )
        assert waiting.ask("bugs", workspace_id=first).status == 200
        slow.setblocking(False)
        with pytest.raises(BlockingIOError):
            slow.recv(1)
    waiting.close()


def test_a_sandbox_can_be_slow_from_the_start(start_sandbox: object) -> None:
    sandbox = start_sandbox(latency=0.1)  # type: ignore[operator]
    web = Web(sandbox.base_url)
    begin = time.monotonic()
    web.ask("users/info")
    assert time.monotonic() - begin >= 0.1
    web.close()


def test_a_permission_can_be_withdrawn(web: Web, sandbox: RunningSandbox, first: str) -> None:
    sandbox.fault("forbidden", workspace_id=first, account="demo")
    reply = web.ask("stories", workspace_id=first)
    assert (reply.status, reply.info) == (404, f"workspace {first} not existed")
    nick = web.ask("users/info").data["nick"]
    left = web.rows("workspaces/user_participant_projects", nick=nick)
    assert first not in [row["id"] for row in left]
    other = projects(sandbox)[1]["id"]
    assert web.ask("stories", workspace_id=other).status == 200
    guest = {"Authorization": "Bearer guest"}
    assert web.ask("stories", guest, workspace_id=other).status == 200


def test_a_fault_strikes_its_path_only(web: Web, sandbox: RunningSandbox, first: str) -> None:
    sandbox.fault("429", "stories")
    assert web.ask("stories", workspace_id=first).status == 429
    assert web.ask("//stories.json", workspace_id=first).status == 429
    assert web.ask("stories/count", workspace_id=first).status == 200
    sandbox.clear_faults()
    sandbox.fault("429", "*_changes")
    assert web.ask("bug_changes", workspace_id=first, created="2026-02-02").status == 429
    assert web.ask("bugs", workspace_id=first).status == 200


def test_a_fault_begins_after_some_requests_and_ends(
    web: Web, sandbox: RunningSandbox, first: str
) -> None:
    sandbox.fault("5xx", "bugs", after=1, times=2)
    codes = [web.ask("bugs", workspace_id=first, limit=1).status for _ in range(5)]
    assert codes == [200, 502, 502, 200, 200]
    assert (sandbox.faults()[0]["seen"], sandbox.faults()[0]["struck"]) == (5, 2)


def test_several_faults_strike_one_request(web: Web, sandbox: RunningSandbox, first: str) -> None:
    sandbox.fault("latency", seconds=0.1)
    sandbox.fault("cut", "stories")
    begin = time.monotonic()
    reply = web.ask("stories", workspace_id=first)
    assert time.monotonic() - begin >= 0.1
    assert not reply.body.endswith(b"}")


def test_an_unknown_fault_is_named_with_those_there_are(sandbox: RunningSandbox) -> None:
    with pytest.raises(ValueError, match=r"unknown fault 'boredom'.*latency.*429"):
        sandbox.fault("boredom")


def test_every_kind_can_be_set_and_cleared(web: Web, sandbox: RunningSandbox, first: str) -> None:
    for kind in KINDS:
        sandbox.fault(kind, "nowhere")
    assert [fault["kind"] for fault in sandbox.faults()] == [*KINDS]
    sandbox.clear_faults()
    assert sandbox.faults() == []
    assert web.ask("stories", workspace_id=first).status == 200
