"""The directory answers as the public one does: pages without gaps, records of its shape."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from taplens.config import Settings, describe
from taplens.errors import ConfigurationError, RefusalError, RequestFault
from taplens.gateway import manifests
from taplens.gateway.directory import one, page
from taplens.gateway.records import all_records, environment_schema, identifier
from taplens.tools import registry

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = Settings(home=Path())
RECORDS = all_records(SETTINGS)
SEED = ("OneCuriousLearner", "MCPAgentRE")


def test_the_record_of_this_server_lists_its_tools_and_settings() -> None:
    own = one(RECORDS, "taplens", "taplens")
    assert [tool["name"] for tool in own["tools"]] == [tool.name for tool in registry.offered()]
    for tool in own["tools"]:
        Draft202012Validator.check_schema(tool["inputSchema"])
    schema = own["environmentVariablesJsonSchema"]
    assert set(schema["properties"]) == {variable for _, variable, _, _ in describe()}
    assert "TAPD_WORKSPACE_ID" in schema["required"]
    assert "default" not in environment_schema()["properties"]["TAPLENS_HOME"]


def test_the_listed_server_is_found_by_the_names_of_the_public_call() -> None:
    record = one(RECORDS, *SEED)
    assert record["repository"] == {"url": "https://github.com/OneCuriousLearner/MCPAgentRE"}
    tools = {tool["name"]: tool["inputSchema"] for tool in record["tools"]}
    assert len(tools) == 18
    assert tools["search_data"]["required"] == ["query"]
    assert tools["vectorize_data"]["properties"]["chunk_size"]["default"] == 5
    assert one(RECORDS, *(name.lower() for name in SEED)) == record


def test_every_record_has_the_public_shape() -> None:
    for record in RECORDS:
        assert re.fullmatch(r"[a-z0-9]{10}", record["id"])
        assert set(record) == {
            "id", "name", "namespace", "slug", "description", "url", "attributes", "repository",
            "spdxLicense", "tools", "environmentVariablesJsonSchema",
        }  # fmt: skip
        assert all(re.match("hosting:|author:", text) for text in record["attributes"])
        assert json.loads(json.dumps(record)) == record


def test_an_id_stays_the_same() -> None:
    assert identifier("taplens", "taplens") == identifier("taplens", "taplens")
    assert len({record["id"] for record in RECORDS}) == len(RECORDS)


@pytest.mark.parametrize(("namespace", "slug"), [("x", "taplens"), ("taplens", "没有"), ("", "")])
def test_an_unknown_server_is_the_documented_404(namespace: str, slug: str) -> None:
    with pytest.raises(RefusalError) as caught:
        one(RECORDS, namespace, slug)
    assert (caught.value.status, caught.value.message("en")) == (404, "404 page not found")


def test_words_find_servers_whatever_their_width_and_case() -> None:
    def found(query: str) -> list[str]:
        return [record["slug"] for record in page(RECORDS, {"query": query})["servers"]]

    assert found("ＴＡＰＤ fetcher") == ["MCPAgentRE"]
    assert found("tapd") == ["taplens", "MCPAgentRE"]
    assert found("tapd 没有的词") == []


def test_an_empty_page_has_no_cursors() -> None:
    info = page(RECORDS, {"query": "没有的词"})["pageInfo"]
    assert info == {
        "startCursor": None, "endCursor": None, "hasNextPage": False, "hasPreviousPage": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "named"),
    [({"first": "0"}, "first"), ({"first": "101"}, "first"), ({"first": "三"}, "first"),
     ({"first": "-1"}, "first"), ({"first": "1" * 5000}, "first"), ({"first": "²"}, "first"),
     ({"after": "???"}, "after"), ({"after": "eA=="}, "after"), ({"after": "游标"}, "after"),
     ({"query": "长" * 201}, "query")],
)  # fmt: skip
def test_a_parameter_out_of_its_range_is_named(query: dict[str, str], named: str) -> None:
    with pytest.raises(RequestFault) as caught:
        page(RECORDS, query)
    assert caught.value.field == named


def record_of(number: int) -> dict[str, Any]:
    return {"namespace": "n", "slug": f"s{number}", "name": f"服务 {number}",
            "description": "偶数" if number % 2 == 0 else "奇数"}  # fmt: skip


@given(st.integers(0, 25), st.integers(1, 7), st.sampled_from(("", "偶数", "服务")))
def test_pages_hold_every_server_once_and_in_order(count: int, first: int, words: str) -> None:
    records = [record_of(number) for number in range(count)]
    seen: list[Any] = []
    query = {"first": str(first), "query": words}
    while True:
        found = page(records, query)
        info = found["pageInfo"]
        assert info["hasPreviousPage"] == bool(seen)
        seen += found["servers"]
        if not info["hasNextPage"]:
            break
        query["after"] = info["endCursor"]
    expected = [r for r in records if words != "偶数" or r["description"] == "偶数"]
    assert seen == expected


OPERATORS = {
    "servers.json": json.dumps(
        {"servers": [{"namespace": "team", "slug": "wiki", "name": "维基"}]}
    ),
    "servers.toml": '[[servers]]\nnamespace = "team"\nslug = "wiki"\nname = "维基"\n',
}


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operators_file_is_listed_after_the_others(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(OPERATORS[name], encoding="utf-8")
    records = all_records(replace(SETTINGS, servers_file=path))
    assert records[-1]["name"] == "维基"
    assert records[-1]["id"] == identifier("team", "wiki")
    assert records[-1]["tools"] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1"),
        ("[]", "servers"),
        ("[" * 100_000, ""),
        ('{"servers": [{"slug": "a", "name": "b"}]}', "servers.0.namespace"),
        ('{"servers": [{"namespace": "a/b", "slug": "a", "name": "b"}]}', "servers.0.namespace"),
        ('{"servers": [{"namespace": "a", "slug": "a", "name": "b", "x": 1}]}', "servers.0.x"),
        ('{"servers": [{"namespace": "TapLens", "slug": "taplens", "name": "b"}]}', "twice"),
    ],
)
def test_a_faulty_file_is_told_with_the_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "servers.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        all_records(replace(SETTINGS, servers_file=path))
    assert caught.value.code == "servers_file"
    assert told in caught.value.message("zh")
    assert str(path) in caught.value.message("en")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        all_records(replace(SETTINGS, servers_file=tmp_path / "none.toml"))


def test_the_registrys_manifest_is_of_its_shape() -> None:
    found = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))
    assert found == manifests.server()
    assert len(found["description"]) <= 100
    assert re.fullmatch(r"[a-z0-9.-]+/[a-z0-9._-]+", found["name"])
    assert found["repository"]["source"] == "github"
    (package,) = found["packages"]
    assert package["transport"] == {"type": "stdio"}
    assert package["version"] == found["version"]
    variables = {one["name"]: one for one in package["environmentVariables"]}
    assert set(variables) == {variable for _, variable, _, _ in describe()}
    secret = {name for name, one in variables.items() if one["isSecret"]}
    assert secret >= {"TAPD_ACCESS_TOKEN", "TAPD_API_PASSWORD", "TAPLENS_HTTP_TOKEN"}
    assert variables["TAPD_WORKSPACE_ID"]["isRequired"]


def test_the_directorys_manifest_names_the_project_and_nobody() -> None:
    found = json.loads((ROOT / "glama.json").read_text(encoding="utf-8"))
    assert found == {
        "$schema": "https://glama.ai/mcp/schemas/server.json",
        "maintainers": ["taplens"],
    }


@pytest.mark.timeout(20)  # a process of its own that loads every part
def test_what_is_generated_is_not_stale() -> None:
    outcome = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "docs.py"), "--check"],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert outcome.returncode == 0, outcome.stderr
