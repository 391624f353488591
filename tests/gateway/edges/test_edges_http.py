"""The directory and the documents over real HTTP: open to everybody, of the documented shapes."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.gateway.edges.conftest import Gateway

SERVERS = "/api/mcp/v1/servers"
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}


def get(gateway: Gateway, path: str, **more: Any) -> requests.Response:
    return requests.get(gateway.url + path, timeout=4, **more)


def test_the_public_directorys_own_call_is_answered(gateway: Gateway) -> None:
    answer = get(gateway, f"{SERVERS}/OneCuriousLearner/MCPAgentRE")
    assert answer.status_code == 200
    assert answer.json()["slug"] == "MCPAgentRE"
    assert answer.headers["x-request-id"]


def test_the_list_goes_on_behind_its_cursor(gateway: Gateway) -> None:
    first = get(gateway, SERVERS, params={"first": "1"}).json()
    assert first["pageInfo"]["hasNextPage"]
    after = {"first": "1", "after": first["pageInfo"]["endCursor"]}
    second = get(gateway, SERVERS, params=after).json()
    slugs = [record["slug"] for record in first["servers"] + second["servers"]]
    assert slugs == ["taplens", "MCPAgentRE"]
    assert second["pageInfo"]["hasPreviousPage"]


def test_an_unknown_server_and_a_wrong_parameter_have_the_documented_bodies(
    gateway: Gateway,
) -> None:
    unknown = get(gateway, f"{SERVERS}/没有/这个")
    assert (unknown.status_code, unknown.json()) == (404, "404 page not found")
    wrong = get(gateway, SERVERS, params={"first": "many"})
    assert wrong.status_code == 400
    assert wrong.json()["data"] == "first"
    assert "1 to 100" in wrong.json()["message"]


@pytest.mark.parametrize(
    ("headers", "language"), [({}, "en"), (CHINESE, "zh-CN"), ({"Accept-Language": "fr"}, "en")]
)
def test_the_page_is_in_the_readers_language(
    gateway: Gateway, headers: dict[str, str], language: str
) -> None:
    answer = get(gateway, "/docs", headers=headers)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert f'<html lang="{language}">' in answer.text
    assert f"{gateway.url}/v1/chat/completions" in answer.text


def test_the_description_covers_every_path_that_answers(gateway: Gateway) -> None:
    described = get(gateway, "/openapi.json").json()
    assert get(gateway, "/openapi.json", headers=CHINESE).json()["info"] != described["info"]
    filled = {"{model}": "Qwen/QwQ-32B", "{namespace}": "taplens", "{slug}": "taplens"}
    key = {"Authorization": f"Bearer {gateway.key}"}
    for path, methods in described["paths"].items():
        if "get" in methods and path != "/charts/{chart}":  # of answers, which have tests of theirs
            for name, value in filled.items():
                path = path.replace(name, value)  # noqa: PLW2901 - the same path, filled in
            answer = get(gateway, path, headers=key)
            assert answer.status_code == 200, path
            kind = answer.headers["content-type"].partition(";")[0]
            assert kind in methods["get"]["responses"]["200"]["content"], path


def test_every_route_of_the_server_is_described(gateway: Gateway) -> None:
    from taplens.config import Settings
    from taplens.gateway.app import routes
    from taplens.gateway.openapi import OPERATIONS
    from taplens.gateway.services import Services

    described = {operation.path.replace("{model}", "{name:path}") for operation in OPERATIONS}
    served = {route.path for route in routes(Services(Settings()))}
    assert served | {"/mcp"} == described
