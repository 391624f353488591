"""The request table of the documented API, row by row."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from taplens.errors import RequestFault
from taplens.llm.request import (
    DEFAULT_MODEL,
    LIMITS,
    ChatRequest,
    Limits,
    json_schema,
    parse,
    read_object,
)

GOOD: dict[str, Any] = {
    "model": "Qwen/QwQ-32B",
    "messages": [{"role": "user", "content": "你好，世界😀"}],
}
LEFT_OUT = object()


def body(**fields: Any) -> bytes:
    request = {name: value for name, value in (GOOD | fields).items() if value is not LEFT_OUT}
    return json.dumps(request, ensure_ascii=False).encode()


def refused(**fields: Any) -> RequestFault:
    with pytest.raises(RequestFault) as caught:
        parse(body(**fields), "documented")
    return caught.value


def said(**message: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": "好"} | message]


def tool(name: Any = "find", **function: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name} | function}


# row, a value that the table allows
ALLOWED = [
    ("model", "deepseek-ai/DeepSeek-V3"),
    ("messages", said()),
    ("messages", said() * 10),
    ("messages", [{"role": role, "content": ""} for role in ("system", "user", "assistant")]),
    ("stream", True),
    ("stream", False),
    ("max_tokens", 1),
    ("max_tokens", 16384),
    ("enable_thinking", False),
    ("thinking_budget", 128),
    ("thinking_budget", 32768),
    ("min_p", 0),
    ("min_p", 1),
    ("stop", None),
    ("stop", "。"),
    ("stop", ["a", "b", "c", "d"]),
    ("temperature", 0),
    ("temperature", 2.0),
    ("top_p", 1),
    ("top_k", 50),
    ("frequency_penalty", -2),
    ("frequency_penalty", 2),
    ("n", 1),
    ("n", 3),
    ("response_format", {"type": "text"}),
    ("response_format", {"type": "json_object"}),
    ("response_format", {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}),
    ("tools", [tool()] * 128),
    ("tools", [tool("A-z_0" * 12 + "abcd", description="查", parameters={}, strict=None)]),
    ("tools", [tool("<string>", strict=False)]),
]
# row, a value that it doesn't allow, the field that the fault names, a part of what is allowed
REFUSED = [
    ("model", LEFT_OUT, "model", "string"),
    ("model", 3, "model", "string"),
    ("model", "siliconflow/" + "长" * 250, "model", "256"),
    ("messages", LEFT_OUT, "messages", "object[]"),
    ("messages", [], "messages", "at least 1"),
    ("messages", said() * 11, "messages", "1 to 10"),
    ("messages", {"role": "user"}, "messages", "object[]"),
    ("messages", ["你好"], "messages.0", "object"),
    ("messages.role", said(role="robot"), "messages.0.role", "user | assistant | system"),
    ("messages.role", [*said(), {"content": "a"}], "messages.1.role", "user"),
    ("messages.content", [{"role": "user"}], "messages.0.content", "string"),
    ("messages.content", said(content=None), "messages.0.content", "string"),
    ("messages.content", said(content=5), "messages.0.content", "string"),
    ("messages.content", said(content=["a"]), "messages.0.content", "parts"),
    ("stream", "yes", "stream", "boolean"),
    ("max_tokens", 0, "max_tokens", "x >= 1"),
    ("max_tokens", 16385, "max_tokens", "1 <= x <= 16384"),
    ("max_tokens", "512", "max_tokens", "integer"),
    ("max_tokens", True, "max_tokens", "integer"),
    ("max_tokens", 1.5, "max_tokens", "integer"),
    ("enable_thinking", 1, "enable_thinking", "boolean"),
    ("thinking_budget", 127, "thinking_budget", "128 <= x <= 32768"),
    ("thinking_budget", 32769, "thinking_budget", "128 <= x <= 32768"),
    ("min_p", -0.1, "min_p", "0 <= x <= 1"),
    ("min_p", 1.1, "min_p", "0 <= x <= 1"),
    ("stop", ["a"] * 5, "stop", "at most 4"),
    ("stop", [1], "stop", "at most 4"),
    ("stop", 1, "stop", "string"),
    ("temperature", 2.1, "temperature", "0 <= x <= 2"),
    ("temperature", "hot", "temperature", "number"),
    ("top_p", -0.1, "top_p", "0 <= x <= 1"),
    ("top_k", "many", "top_k", "number"),
    ("frequency_penalty", 2.5, "frequency_penalty", "-2 <= x <= 2"),
    ("n", 0, "n", "x >= 1"),
    ("response_format", "json", "response_format", "object"),
    ("response_format", {"type": "xml"}, "response_format.type", "text | json_object"),
    ("tools", [tool()] * 129, "tools", "at most 128"),
    ("tools.type", [tool() | {"type": "retrieval"}], "tools.0.type", "function"),
    ("tools.type", [{"function": {"name": "a"}}], "tools.0.type", "function"),
    ("tools.function", [{"type": "function"}], "tools.0.function", "name"),
    ("tools.function.name", [tool(), tool("找")], "tools.1.function.name", "1 to 64"),
    ("tools.function.name", [tool("a" * 65)], "tools.0.function.name", "1 to 64"),
    ("tools.function.name", [tool("a b")], "tools.0.function.name", "1 to 64"),
    (
        "tools.function.description",
        [tool(description=1)],
        "tools.0.function.description",
        "string",
    ),
    ("tools.function.parameters", [tool(parameters=[])], "tools.0.function.parameters", "object"),
    ("tools.function.strict", [tool(strict=1)], "tools.0.function.strict", "boolean"),
]
# row, its documented default
DEFAULTS = {
    "model": DEFAULT_MODEL,
    "stream": True,
    "max_tokens": 512,
    "enable_thinking": True,
    "thinking_budget": 4096,
    "min_p": 0.05,
    "stop": None,
    "temperature": 0.7,
    "top_p": 0.7,
    "top_k": 50,
    "frequency_penalty": 0.5,
    "n": 1,
}


@pytest.mark.parametrize(
    ("row", "value"), ALLOWED, ids=[f"{row}-{str(value)[:20]}" for row, value in ALLOWED]
)
def test_a_row_takes_what_it_documents(row: str, value: Any) -> None:
    assert parse(body(**{row: value}), "documented").raw[row] == value


@pytest.mark.parametrize(
    ("row", "value", "field", "allowed"),
    REFUSED,
    ids=[f"{row}-{str(value)[:20]}" for row, value, _, _ in REFUSED],
)
def test_a_row_names_the_field_and_what_is_allowed(
    row: str, value: Any, field: str, allowed: str
) -> None:
    fault = refused(**{row.partition(".")[0]: value})
    assert fault.field == field
    assert allowed in fault.allowed
    assert fault.provider_code == 20015
    for locale in ("zh", "en"):
        assert f"`{field}`" in fault.message(locale)
        assert fault.allowed in fault.message(locale)


@pytest.mark.parametrize("row", DEFAULTS)
def test_a_row_documents_its_default(row: str) -> None:
    assert json_schema()["properties"][row]["default"] == DEFAULTS[row]


def test_defaults_are_documentation_and_never_filled_in() -> None:
    request = parse(body())
    assert request.raw == GOOD
    assert request.model_dump(exclude_unset=True) == GOOD


def test_nested_rows_document_their_defaults() -> None:
    kinds = json_schema()["$defs"]
    assert kinds["Message"]["properties"]["role"]["default"] == "user"
    assert "Chinese large model" in kinds["Message"]["properties"]["content"]["default"]
    assert kinds["ResponseFormat"]["properties"]["type"]["default"] == "text"
    assert kinds["Function"]["properties"]["strict"]["default"] is False


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(
            {"role": "tool", "tool_call_id": "a", "content": "3 条"}, id="role tool, tool_call_id"
        ),
        pytest.param(
            {
                "role": "assistant",
                "content": None,
                "reasoning_content": "想",
                "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}],
            },
            id="assistant with tool_calls, reasoning_content and content null",
        ),
        pytest.param(
            {"role": "assistant", "tool_calls": [{"id": "a"}]},
            id="assistant with tool_calls and no content",
        ),
        pytest.param(
            {"role": "user", "content": [{"type": "text", "text": "看"}]}, id="content as parts"
        ),
    ],
)
def test_messages_of_real_clients_pass(message: dict[str, Any]) -> None:
    assert parse(body(messages=[message])).raw["messages"] == [message]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tool_choice", {"type": "function", "function": {"name": "f"}}),
        ("parallel_tool_calls", False),
        ("stream_options", {"include_usage": True}),
        ("seed", 7),
        ("logprobs", True),
        ("presence_penalty", 1.5),
        ("max_completion_tokens", 99999),
        ("user", "用户"),
        ("an_unknown_field", [None, {"raw": "值"}]),
        ("raw", 1),
        ("model_dump", 2),
    ],
)
def test_fields_beyond_the_table_pass_unchecked(field: str, value: Any) -> None:
    assert parse(body(**{field: value}), "documented").raw == GOOD | {field: value}


def test_fields_sent_as_null_count_as_left_out() -> None:
    nulls = dict.fromkeys(
        ("stream", "max_tokens", "temperature", "top_p", "n", "tools", "response_format")
    )
    assert parse(body(**nulls), "documented").raw == GOOD | nulls


def test_the_mode_provider_leaves_messages_and_max_tokens_to_the_provider() -> None:
    request = parse(body(messages=said() * 200, max_tokens=100_000), "provider")
    with pytest.raises(RequestFault) as caught:
        request.check(LIMITS["documented"])
    assert caught.value.field == "messages"


@pytest.mark.parametrize(
    "fields",
    [{"stop": ["a"] * 5}, {"tools": [tool()] * 129}, {"messages": []}, {"max_tokens": 0}],
    ids=["stop", "tools", "no messages", "max_tokens 0"],
)
def test_the_mode_provider_still_holds_the_other_rows(fields: dict[str, Any]) -> None:
    with pytest.raises(RequestFault):
        parse(body(**fields), "provider")


def test_a_model_may_have_limits_of_its_own() -> None:
    request = parse(body(max_tokens=200))
    request.check(Limits(messages=1, max_tokens=200))
    with pytest.raises(RequestFault) as caught:
        request.check(Limits(max_tokens=100))
    assert "1 <= x <= 100" in caught.value.allowed


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b'"a"', b"null", b"\xff\xfe", b'{"temperature": NaN}'],
    ids=["empty", "cut", "list", "text", "null", "not UTF-8", "NaN"],
)
def test_a_body_that_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(RequestFault) as caught:
        read_object(raw)
    assert caught.value.field == ""


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_any_object_is_taken_or_refused_by_a_typed_fault(raw: dict[str, Any]) -> None:
    try:
        parse(json.dumps(GOOD | raw).encode())
    except RequestFault as fault:
        assert fault.field
        assert fault.allowed


@pytest.mark.parametrize("limits", ["documented", "provider"])
def test_the_json_schema_takes_and_refuses_what_the_checks_do(limits: str) -> None:
    validator = Draft202012Validator(json_schema(limits))
    for row, value in ALLOWED:
        assert validator.is_valid(GOOD | {row: value}), (row, value)
    if limits == "documented":
        for row, value, _, _ in REFUSED:
            request = GOOD | {row.partition(".")[0]: value}
            kept = {name: value for name, value in request.items() if value is not LEFT_OUT}
            assert not validator.is_valid(kept), (row, value)


def test_every_field_of_the_table_says_what_is_allowed() -> None:
    for name, field in json_schema()["properties"].items():
        assert field["x-allowed"], name
        assert field["description"], name
    assert set(ChatRequest.model_fields) == {*DEFAULTS, "messages", "response_format", "tools"}
