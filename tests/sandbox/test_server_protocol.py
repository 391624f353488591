"""Transport, credentials, envelope, refusals: what a client meets before any row."""

from __future__ import annotations

import base64

import pytest

from taplens.sandbox import RunningSandbox
from taplens.sandbox.server.endpoints import ENDPOINTS
from tests.sandbox.conftest import BEARER, Web, basic, projects


def test_both_kinds_of_credentials_are_accepted(web: Web, first: str) -> None:
    for headers in (BEARER, basic("demo", "demo"), {"authorization": "bearer demo"}):
        assert web.ask("stories/count", headers, workspace_id=first).data["count"] > 0


def test_a_token_in_the_query_is_accepted(web: Web, first: str) -> None:
    reply = web.ask("stories/count", {}, workspace_id=first, access_token="demo")
    assert reply.data["count"] > 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("demo", "wrong"),
        basic("nobody", "demo"),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()},
        {"Authorization": "Digest x"},
    ],
)
def test_wrong_credentials_are_401_with_a_challenge(web: Web, headers: dict[str, str]) -> None:
    reply = web.ask("stories", headers, workspace_id="1")
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"] == "Basic realm='TAPD API'"
    assert reply.envelope["status"] == 401
    assert reply.envelope["data"] == ""
    assert reply.info == "401 Unauthorized"
    assert len(reply.envelope["meta"]["request_id"]) == 32


@pytest.mark.parametrize("place", ["header", "query"])
def test_a_wrong_token_is_422_without_a_challenge(web: Web, first: str, place: str) -> None:
    headers = {"Authorization": "Bearer gone"} if place == "header" else {}
    query = {} if place == "header" else {"access_token": "gone"}
    reply = web.ask("stories", headers, workspace_id=first, **query)
    assert reply.status == 422
    assert "WWW-Authenticate" not in reply.headers
    assert reply.info == "The access token provided is invalid"


@pytest.mark.parametrize("path", ["storys", "webhooks", "labels", "wiki", "", "nothing/at/all"])
def test_an_unknown_top_level_path_greets_even_without_credentials(web: Web, path: str) -> None:
    reply = web.ask(f"/{path}", {})
    assert reply.data.startswith("Hello world from TAPD API. ")
    assert reply.info.startswith("Documents can be found in https://www.tapd.cn/help/")


def test_an_unknown_sub_path_asks_for_credentials_first(web: Web, first: str) -> None:
    assert web.ask("stories/xyz", {}).status == 401
    assert web.ask("stories/xyz", workspace_id=first).status == 404


@pytest.mark.parametrize("workspace_id", ["99999999", "abc", "1' OR 1=1 --"])
def test_an_unknown_workspace_is_404(web: Web, workspace_id: str) -> None:
    reply = web.ask("stories", workspace_id=workspace_id)
    assert (reply.status, reply.envelope["status"]) == (404, 404)
    assert reply.info == f"workspace {workspace_id} not existed"


def test_a_workspace_out_of_sight_is_refused_like_a_missing_one(
    web: Web, sandbox: RunningSandbox
) -> None:
    visible, hidden = projects(sandbox)[1]["id"], projects(sandbox)[0]["id"]
    guest = {"Authorization": "Bearer guest"}
    assert web.ask("bugs/count", guest, workspace_id=visible).status == 200
    reply = web.ask("bugs/count", guest, workspace_id=hidden)
    assert (reply.status, reply.info) == (404, f"workspace {hidden} not existed")


def test_a_missing_parameter_is_422_and_named(web: Web, first: str) -> None:
    for path, missing in (("stories", "workspace_id"), ("iteration_changes", "iteration_id")):
        given = {} if missing == "workspace_id" else {"workspace_id": first}
        reply = web.ask(path, **given)
        assert reply.status == 422
        assert missing in reply.info


def test_paths_may_have_doubled_slashes_and_a_json_suffix(web: Web, first: str) -> None:
    expected = web.count("stories", workspace_id=first)
    for path in ("//stories//count", "/stories/count.json", "/stories/count/"):
        assert web.ask(path, workspace_id=first).data["count"] == expected


def test_a_parameter_sent_twice_counts_once(web: Web, first: str) -> None:
    assert web.ask("stories/count", workspace_id=[first, first]).data["count"] > 0
    assert web.ask("bugs/count", workspace_id=["1", first]).status == 200


def test_a_get_may_have_a_body_which_is_ignored(web: Web, first: str) -> None:
    headers = BEARER | {"Content-Type": "application/json", "Via": "mcp"}
    body = {"workspace_id": "other", "filler": "正文" * 50_000}
    for _ in range(3):  # the connection stays usable
        reply = web.ask("tcases/count", headers, body=body, workspace_id=first, s="mcp")
        assert reply.data["count"] > 0


def test_unknown_parameters_are_ignored(web: Web, first: str) -> None:
    plain = web.count("stories", workspace_id=first)
    extra = {"s": "mcp", "entity_type": "stories", "iteration_name": "x", "colour": "1", "name": ""}
    assert web.count("stories", workspace_id=first, **extra) == plain


def test_answers_carry_the_headers_live_ones_carry(web: Web, first: str) -> None:
    for reply in (web.ask("roles", workspace_id=first), web.ask("stories", {}), web.ask("xyz", {})):
        assert reply.headers["X-RateLimit-Limit"] == "10000"
        assert int(reply.headers["X-RateLimit-Remaining"]) <= 10_000
        assert reply.headers["X-Powered-By"].startswith("PHP/")
        assert reply.headers["Set-Cookie"].startswith("tapdsession=")
        assert reply.headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("path", ["stories", "bugs/batch_update_bug", "relations", "check_lists"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_writing_is_refused_in_the_envelope(web: Web, first: str, path: str, method: str) -> None:
    reply = web.ask(path, method=method, body={"workspace_id": first})
    assert (reply.status, reply.envelope["status"]) == (405, 405)
    assert web.ask(path, {}, method=method, body={}).status == 401


def test_paths_for_people_need_a_personal_token(web: Web, first: str) -> None:
    personal = [path for path, endpoint in ENDPOINTS.items() if endpoint.personal]
    assert "users/info" in personal
    for path in personal:
        assert web.ask(path, basic("demo", "demo"), workspace_id=first).status == 403
        assert web.ask(path, workspace_id=first).status == 200


def test_status_is_an_integer_in_success_and_refusal(web: Web, first: str) -> None:
    for reply in (web.ask("stories", workspace_id=first), web.ask("stories"), web.ask("", {})):
        assert type(reply.envelope["status"]) is int
