"""What the provider answers: texts, reasoning, choices, tools, JSON, usage."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from taplens.sandbox.provider.answers import split_tokens
from taplens.sandbox.provider.handle import RunningProvider
from taplens.sandbox.provider.samples import sample
from tests.sandbox.provider.conftest import Chat, tool

USAGE = {"include_usage": True}


@pytest.mark.parametrize(("text", "word"), [("登录失败🙂？", "沙箱"), ("What now?", "sandbox")])
def test_an_answer_says_that_it_comes_from_a_sandbox_in_the_language_asked(
    api: Chat, text: str, word: str
) -> None:
    reply = api.complete(text)
    assert reply.status == 200
    assert word in reply.message["content"]
    assert text in reply.message["content"]
    assert "reasoning_content" not in reply.message
    assert reply.json["object"] == "chat.completion"
    assert reply.json["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("model", ["sandbox/plain", "Qwen/QwQ-32B"])
def test_a_stream_says_the_same_as_the_whole_answer(api: Chat, model: str) -> None:
    whole = api.complete("登录 ｆａｉｌｓ 🙂", model)
    streamed = api.complete("登录 ｆａｉｌｓ 🙂", model, stream=True)
    assert streamed.headers["content-type"] == "text/event-stream"
    assert streamed.joined("content") == whole.message["content"]
    assert streamed.joined("reasoning_content") == whole.message.get("reasoning_content", "")
    assert streamed.events[-1] == "[DONE]"
    assert streamed.events[-2]["choices"][0]["finish_reason"] == "stop"
    assert {one["object"] for one in streamed.events[:-1]} == {"chat.completion.chunk"}


@pytest.mark.parametrize(
    ("model", "switch", "thinks"),
    [("Qwen/QwQ-32B", None, True), ("Qwen/QwQ-32B", False, True), ("Qwen/Qwen3-8B", None, True),
     ("Qwen/Qwen3-8B", False, False), ("deepseek-ai/DeepSeek-V3", None, False),
     ("deepseek-ai/DeepSeek-V3", True, True), ("deepseek-reasoner", None, True)],
)  # fmt: skip
def test_models_think_by_their_family_and_by_the_switch(
    api: Chat, model: str, switch: bool | None, thinks: bool
) -> None:
    message = api.complete(model=model, enable_thinking=switch).message
    assert ("reasoning_content" in message) is thinks


def test_reasoning_comes_before_content(api: Chat) -> None:
    deltas = api.complete(model="sandbox/reasoner", stream=True).deltas
    kinds = [name for one in deltas for name in ("reasoning_content", "content") if one.get(name)]
    assert kinds == sorted(kinds, reverse=True)
    assert len(set(kinds)) == 2


def test_several_choices_are_told_apart_streamed_and_not(api: Chat) -> None:
    whole = api.complete(n=3)
    texts = [choice["message"]["content"] for choice in whole.json["choices"]]
    assert len(set(texts)) == 3
    streamed = api.complete(n=3, stream=True)
    assert [streamed.joined("content", index) for index in range(3)] == texts


@pytest.mark.parametrize("stop", ["不是", ["没有的", "不是"], ["不是", "模型"]])
def test_a_stop_sequence_ends_the_text_and_is_not_part_of_it(api: Chat, stop: Any) -> None:
    assert api.complete(stop=stop).message["content"] == "这是沙箱的回答，"
    assert api.complete(stop=stop, stream=True).joined("content") == "这是沙箱的回答，"


def test_max_tokens_cuts_the_answer_and_says_so(api: Chat) -> None:
    reply = api.complete(max_tokens=4)
    assert reply.message["content"] == "这是沙箱"
    assert reply.json["choices"][0]["finish_reason"] == "length"
    assert reply.json["usage"]["completion_tokens"] == 4
    thinking = api.complete(model="sandbox/reasoner", max_tokens=4).message
    assert (thinking["reasoning_content"], thinking["content"]) == ("沙箱不需", "")


def test_usage_adds_up_and_counts_every_choice(api: Chat) -> None:
    one, three = (api.complete(n=n).json["usage"] for n in (1, 3))
    for usage in (one, three):
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert three["prompt_tokens"] == one["prompt_tokens"]
    assert three["completion_tokens"] > 2 * one["completion_tokens"]


def test_a_streams_usage_comes_last_without_choices_and_only_when_asked(api: Chat) -> None:
    asked = api.complete(stream=True, stream_options=USAGE).events
    assert asked[-2]["choices"] == []
    assert asked[-2]["usage"] == api.complete().json["usage"]
    assert not any("usage" in one for one in api.complete(stream=True).events[:-1])


def test_an_id_that_the_request_carries_is_echoed(api: Chat) -> None:
    content = api.complete("echo:soak-17 写一首长诗").message["content"]
    assert content.count("echo:soak-17") == 2


@pytest.mark.parametrize(
    ("text", "fields"),
    [("请调用 get_bug", {}), ("随便", {"tool_choice": "required"}),
     ("随便", {"tool_choice": {"type": "function", "function": {"name": "get_bug"}}})],
)  # fmt: skip
def test_tools_are_called_when_the_request_or_the_message_asks(
    api: Chat, text: str, fields: Any
) -> None:
    asked = {"tools": [tool(), tool("count")]} | fields
    reply = api.complete(text, **asked)
    assert reply.json["choices"][0]["finish_reason"] == "tool_calls"
    (call,) = reply.message["tool_calls"]
    assert call["function"]["name"] == "get_bug"
    assert json.loads(call["function"]["arguments"]) == {"id": "sandbox"}
    pieces = [
        delta["tool_calls"][0]
        for delta in api.complete(text, stream=True, **asked).deltas
        if "tool_calls" in delta
    ]
    assert len(pieces) > 2
    assert (pieces[0]["id"], pieces[0]["type"]) == (call["id"], "function")
    joined = "".join(piece["function"]["arguments"] for piece in pieces)
    assert joined == call["function"]["arguments"]


@pytest.mark.parametrize(
    ("text", "fields"), [("随便", {}), ("请调用 get_bug", {"tool_choice": "none"})]
)
def test_tools_are_not_called_otherwise(api: Chat, text: str, fields: Any) -> None:
    message = api.complete(text, tools=[tool()], **fields).message
    assert "tool_calls" not in message


def test_several_tools_are_called_in_parallel_unless_forbidden(api: Chat) -> None:
    asked: Any = {"text": "get_bug 和 count", "tools": [tool(), tool("count")]}
    assert len(api.complete(**asked).message["tool_calls"]) == 2
    assert len(api.complete(**asked, parallel_tool_calls=False).message["tool_calls"]) == 1


def test_a_tools_result_is_answered_in_words(api: Chat) -> None:
    call = api.complete("请调用 get_bug", tools=[tool()]).message["tool_calls"][0]
    messages = [
        {"role": "user", "content": "请调用 get_bug"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "缺陷 1001：登录页报错"},
    ]
    message = api.complete(messages=messages, tools=[tool()]).message
    assert "缺陷 1001：登录页报错" in message["content"]
    assert "tool_calls" not in message


def test_a_json_object_is_json(api: Chat) -> None:
    message = api.complete(response_format={"type": "json_object"}).message
    assert json.loads(message["content"])["source"] == "sandbox"


def test_content_in_parts_is_read(api: Chat) -> None:
    parts = [{"type": "text", "text": "登录"}, {"type": "text", "text": "失败"}]
    content = api.complete(messages=[{"role": "user", "content": parts}]).message["content"]
    assert "登录失败" in content


SCHEMAS: list[dict[str, Any]] = [
    {"type": "object", "properties": {"标题": {"type": "string", "minLength": 20}},
     "required": ["标题", "n"], "additionalProperties": {"type": "string"}},
    {"$ref": "#/$defs/bug", "$defs": {"bug": {
        "type": "object", "required": ["id", "parent"], "properties": {
            "id": {"type": "integer", "minimum": 1000, "multipleOf": 7},
            "parent": {"anyOf": [{"$ref": "#/$defs/bug"}, {"type": "null"}]}}}}},
    {"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True},
    {"allOf": [{"type": "object", "required": ["a"]},
               {"properties": {"a": {"enum": ["高", "低"]}, "b": {"const": 1}}}]},
    {"type": ["null", "string"], "format": "date"},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    {"type": "integer", "maximum": -3},
    {"prefixItems": [{"type": "string"}, {"type": "boolean"}], "items": False},
    {"oneOf": [{"type": "boolean"}, {"type": "string"}]},
    {},
]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: "-".join(schema) or "empty")
def test_an_answer_by_schema_satisfies_it(api: Chat, schema: dict[str, Any]) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    jsonschema.validate(json.loads(api.complete(response_format=wanted).message["content"]), schema)


def test_lists_of_lists_do_not_multiply_without_end() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(6):
        schema = {"type": "array", "items": schema, "minItems": 1000}
    assert len(json.dumps(sample(schema))) < 1_000_000


LEAVES = st.one_of(
    st.integers(0, 30).map(lambda n: {"type": "string", "minLength": n, "maxLength": n + 3}),
    st.tuples(st.integers(-50, 50), st.integers(1, 50)).map(
        lambda pair: {"type": "integer", "minimum": pair[0], "maximum": pair[0] + pair[1]}
    ),
    st.lists(st.text(max_size=4), min_size=1, max_size=4, unique=True).map(lambda v: {"enum": v}),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"const": "优先"}, {"type": "number"}]),
)


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(st.text(min_size=1, max_size=4), inner, max_size=4)
    return st.one_of(
        properties.map(
            lambda p: {"type": "object", "properties": p, "required": list(p)[:2],
                       "additionalProperties": False}
        ),
        st.tuples(inner, st.integers(0, 4)).map(
            lambda pair: {"type": "array", "items": pair[0], "minItems": pair[1]}
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda options: {"anyOf": options}),
    )  # fmt: skip


@settings(max_examples=60)
@given(st.recursive(LEAVES, _grown, max_leaves=8))
@example({"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 1}, "minItems": 3})
def test_any_schema_of_the_common_keywords_is_satisfied(schema: dict[str, Any]) -> None:
    jsonschema.validate(sample(schema), schema)


@given(st.text())
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(split_tokens(text)) == text


def test_scripted_answers_come_in_order_and_then_the_usual_one(
    api: Chat, provider: RunningProvider
) -> None:
    called = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    provider.script(
        [
            "第一句",
            {"content": "二", "reasoning_content": "想", "finish_reason": "content_filter"},
            {"content": None, "tool_calls": [called]},
            {"status": 418, "body": {"message": "茶壶"}, "headers": {"X-Tea": "1"}},
        ]
    )
    provider.script(["只给另一个模型"], model="deepseek-chat")
    assert api.complete().message["content"] == "第一句"
    second = api.complete().json["choices"][0]
    assert (second["message"]["reasoning_content"], second["finish_reason"]) == (
        "想", "content_filter",
    )  # fmt: skip
    assert api.complete().message["tool_calls"] == [called]
    last = api.complete()
    assert (last.status, last.json, last.headers["x-tea"]) == (418, {"message": "茶壶"}, "1")
    assert "沙箱" in api.complete().message["content"]
    assert api.complete(model="deepseek-chat").message["content"] == "只给另一个模型"


def test_a_scripted_stream_is_sent_as_it_was_told(api: Chat, provider: RunningProvider) -> None:
    provider.script([{"stream": [": x\n", {"a": "字"}, "data: [DONE]\n\n"]}])
    body = api.complete(stream=True).body
    assert body == ': x\ndata: {"a":"字"}\n\ndata: [DONE]\n\n'.encode()


@pytest.mark.parametrize("told", [3, {}, {"content": "x", "status": 200}, {"colour": 1}])
def test_a_script_of_no_known_form_is_refused(provider: RunningProvider, told: Any) -> None:
    with pytest.raises(ValueError, match=r"scripted|unknown"):
        provider.script([told])
