"""What the provider accepts and refuses, with the documented bodies; models and admin paths."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taplens.sandbox.provider import models
from taplens.sandbox.provider.handle import RunningProvider
from tests.conftest import SandboxFactory
from tests.sandbox.provider.conftest import BEARER, Chat, chat, tool

PATH = "/v1/chat/completions"
MANY = [{"role": "user", "content": "第几条？"}] * 11


def test_the_documented_example_is_answered(api: Chat) -> None:
    placeholder = {"description": "<string>", "name": "<string>", "parameters": {}, "strict": False}
    reply = api.complete(
        "What opportunities and challenges will the Chinese large model industry face in 2025?",
        "Qwen/QwQ-32B", stream=False, max_tokens=512, enable_thinking=False, thinking_budget=4096,
        min_p=0.05, stop=None, temperature=0.7, top_p=0.7, top_k=50, frequency_penalty=0.5, n=1,
        response_format={"type": "text"}, tools=[{"type": "function", "function": placeholder}],
    )  # fmt: skip
    assert reply.status == 200
    assert "sandbox" in reply.message["content"]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("model", {"model": 3}),
        ("messages", {"messages": []}),
        ("messages", {"messages": "你好"}),
        ("messages.0", {"messages": ["你好"]}),
        ("messages.1.role", {"messages": [*MANY[:1], {"role": "boss", "content": "?"}]}),
        ("messages.0.content", {"messages": [{"role": "user"}]}),
        ("messages.0.tool_call_id", {"messages": [{"role": "tool", "content": "x"}]}),
        ("stream", {"stream": "true"}),
        ("max_tokens", {"max_tokens": 0}),
        ("max_tokens", {"max_tokens": 1.5}),
        ("max_tokens", {"max_tokens": True}),
        ("enable_thinking", {"enable_thinking": 1}),
        ("thinking_budget", {"thinking_budget": 127}),
        ("thinking_budget", {"thinking_budget": 32769}),
        ("min_p", {"min_p": 1.01}),
        ("stop", {"stop": ["一", "二", "三", "四", "五"]}),
        ("stop", {"stop": [1]}),
        ("temperature", {"temperature": 2.1}),
        ("top_p", {"top_p": -0.1}),
        ("top_k", {"top_k": "50"}),
        ("frequency_penalty", {"frequency_penalty": -2.1}),
        ("n", {"n": 0}),
        ("response_format", {"response_format": "text"}),
        ("response_format.type", {"response_format": {"type": "xml"}}),
        ("response_format.json_schema.schema", {"response_format": {"type": "json_schema"}}),
        ("tools", {"tools": [tool()] * 129}),
        ("tools.0.type", {"tools": [{"type": "plugin"}]}),
        ("tools.0.function", {"tools": [{"type": "function"}]}),
        ("tools.0.function.name", {"tools": [tool("查缺陷")]}),
        ("tools.0.function.name", {"tools": [tool("x" * 65)]}),
        ("tools.0.function.parameters", {"tools": [
            {"type": "function", "function": {"name": "f", "parameters": []}}]}),
        ("tools.0.function.strict", {"tools": [
            {"type": "function", "function": {"name": "f", "strict": "yes"}}]}),
    ],
)  # fmt: skip
def test_a_field_out_of_its_range_is_named_in_the_400(
    api: Chat, field: str, fields: dict[str, Any]
) -> None:
    reply = api.ask("POST", PATH, chat("你好", "sandbox/plain") | fields)
    assert reply.status == 400
    assert (reply.json["code"], reply.json["data"]) == (20015, None)
    assert reply.json["message"].startswith(f"{field} must be ")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", "你好".encode("gbk")])
def test_a_body_that_is_no_json_object_is_refused(api: Chat, body: bytes) -> None:
    reply = api.ask("POST", PATH, body)
    assert (reply.status, reply.json["code"]) == (400, 20015)


def test_unknown_fields_and_nulls_are_accepted(api: Chat) -> None:
    nulls = dict.fromkeys(("stop", "tools", "max_tokens", "stream", "response_format", "n"))
    assert api.complete(**nulls, seed=1, user="测试", colour="blue").status == 200


def test_only_the_documented_limits_count_messages_and_cap_max_tokens(
    api: Chat, provider: RunningProvider
) -> None:
    assert api.complete(messages=MANY, max_tokens=16385).status == 200
    provider.use_limits("documented")
    assert "10" in api.complete(messages=MANY).json["message"]
    assert "16384" in api.complete(max_tokens=16385).json["message"]
    assert api.complete(messages=MANY[:10], max_tokens=16384).status == 200


def test_an_unknown_model_is_20012(api: Chat, provider: RunningProvider) -> None:
    for model in ("nobody/nothing", "sandbox/nothing", ""):
        reply = api.complete(model=model)
        assert reply.status == 400
        assert reply.json == {
            "code": 20012, "message": "Model does not exist. Please check it carefully.",
            "data": None,
        }  # fmt: skip
    provider.add_models("nobody/nothing")
    assert api.complete(model="nobody/nothing").status == 200


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "demo"},
                {"Authorization": "Bearer 错"}],
)  # fmt: skip
def test_any_other_key_is_401_with_a_bare_string(api: Chat, headers: dict[str, str]) -> None:
    sent = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    for method, path in (("POST", PATH), ("GET", "/v1/models")):
        reply = api.ask(method, path, chat("x", "sandbox/plain"), sent)
        assert (reply.status, reply.json) == (401, "Invalid token")


def test_unknown_paths_and_methods_are_refused_in_their_form(api: Chat) -> None:
    for path in ("/v1/images", "/v1/chat", "/v1/models/nobody/nothing"):
        reply = api.ask("GET", path)
        assert (reply.status, reply.json) == (404, "404 page not found")
    reply = api.ask("GET", PATH)
    assert (reply.status, sorted(reply.json)) == (405, ["code", "data", "message"])


def test_the_models_are_listed_and_found_by_their_names(api: Chat) -> None:
    listed = api.ask("GET", "/v1/models").json
    names = [one["id"] for one in listed["data"]]
    assert (listed["object"], len(names)) == ("list", len(set(names)))
    assert len(models.DOCUMENTED) == 41
    assert set(models.DOCUMENTED) <= set(names)
    for path in ("deepseek-ai/DeepSeek-V3", "deepseek-ai%2FDeepSeek-V3"):
        found = api.ask("GET", f"/v1/models/{path}").json
        assert (found["id"], found["object"]) == ("deepseek-ai/DeepSeek-V3", "model")


def test_what_was_received_is_kept_for_the_test(api: Chat, provider: RunningProvider) -> None:
    api.complete("收到了吗", seed=5)
    (request,) = provider.requests()
    assert request["body"] == chat("收到了吗", "sandbox/plain", seed=5)
    assert request["headers"]["authorization"] == "Bearer demo"
    assert (request["path"], request["status"], request["state"]) == (PATH, 200, "finished")
    assert provider.open_answers() == []


def test_without_being_asked_a_sandbox_plays_no_provider(start_sandbox: SandboxFactory) -> None:
    sandbox = start_sandbox()
    with pytest.raises(ValueError, match="provider=True"):
        _ = sandbox.provider


def _admin(api: Chat, method: str, path: str, body: Any = None) -> Any:
    reply = api.ask(method, f"/_sandbox/provider/{path}", body, {})
    return reply.status, reply.json


def test_faults_and_scripts_are_set_over_the_admin_path(api: Chat) -> None:
    fault = {"kind": "429", "times": 1, "retry_after": 2, "limit": "RPM"}
    assert _admin(api, "POST", "faults", fault)[0] == 200
    refused = api.complete()
    assert (refused.status, refused.headers["retry-after"]) == (429, "2")
    ((_, listed),) = (_admin(api, "GET", "faults"),)
    assert (listed[0]["kind"], listed[0]["struck"]) == ("429", 1)
    assert _admin(api, "DELETE", "faults") == (200, {})
    assert _admin(api, "POST", "script", {"answers": ["念稿"]}) == (200, {"waiting": 1})
    assert api.complete().message["content"] == "念稿"
    assert _admin(api, "PUT", "limits", {"limits": "documented"}) == (200, {})
    assert api.complete(messages=MANY).status == 400
    assert _admin(api, "DELETE", "everything") == (200, {})
    assert api.complete(messages=MANY).status == 200


def test_the_admin_log_shows_no_key(api: Chat) -> None:
    api.ask("POST", PATH, chat("x", "sandbox/plain"), BEARER | {"Authorization": "Bearer sk-real"})
    status, told = _admin(api, "GET", "requests")
    assert (status, told["total"], told["requests"][0]["status"]) == (200, 1, 401)
    assert "sk-real" not in json.dumps(told)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [("POST", "faults", {"kind": "boredom"}, 422), ("POST", "faults", {"kind": "cut", "x": 1}, 422),
     ("POST", "faults", {"kind": "cut", "at": "2"}, 422), ("POST", "faults", {"at": 1}, 422),
     ("POST", "faults", {"kind": "cut", "every": 0}, 422), ("POST", "script", {}, 422),
     ("POST", "script", {"answers": [1]}, 422), ("PUT", "limits", {"limits": "none"}, 422),
     ("GET", "nothing", None, 404)],
)  # fmt: skip
def test_a_malformed_admin_request_is_refused(
    api: Chat, method: str, path: str, body: Any, status: int
) -> None:
    assert _admin(api, method, path, body)[0] == status
