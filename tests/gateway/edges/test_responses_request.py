"""Responses requests become chat requests that ask the same; what can't be done is named."""

from __future__ import annotations

from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)

from taplens.errors import RequestFault
from taplens.gateway import responses_request
from taplens.gateway.responses_events import answered
from taplens.gateway.responses_request import chat_request, response_of

MODEL = "deepseek-ai/DeepSeek-V3"
USER = {"role": "user", "content": "你好"}


def asked(**fields: Any) -> dict[str, Any]:
    return {"model": MODEL, "input": "你好", **fields}


def messages(*items: Any) -> Any:
    return chat_request(asked(input=list(items)))["messages"]


def test_every_parameter_of_the_library_is_translated_or_answered_by_name() -> None:
    known = set(get_type_hints(ResponseCreateParamsNonStreaming))
    known |= set(get_type_hints(ResponseCreateParamsStreaming))
    assert known <= responses_request.OWN


def test_a_text_becomes_the_users_message() -> None:
    assert chat_request(asked()) == {"model": MODEL, "messages": [USER], "stream": False}


def test_instructions_and_developers_speak_as_the_system() -> None:
    request = chat_request(
        asked(instructions="说中文", input=[{"role": "developer", "content": "短"}])
    )
    assert request["messages"] == [
        {"role": "system", "content": "说中文"},
        {"role": "system", "content": "短"},
    ]


def test_the_fields_go_by_the_names_of_chat_completions() -> None:
    schema = {"type": "object", "properties": {"分数": {"type": "integer"}}}
    request = chat_request(
        asked(
            stream=True,
            max_output_tokens=300,
            temperature=0.2,
            top_p=0.9,
            user="小王",
            parallel_tool_calls=False,
            text={
                "verbosity": "low",
                "format": {
                    "type": "json_schema", "name": "score", "schema": schema, "strict": True
                },
            },
            reasoning={"effort": "low", "summary": "auto"},
            metadata={"case": "7"},
            prompt_cache_key="k",
            store=False,
        )
    )  # fmt: skip
    assert request == {
        "model": MODEL,
        "messages": [USER],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 300,
        "temperature": 0.2,
        "top_p": 0.9,
        "user": "小王",
        "parallel_tool_calls": False,
        "verbosity": "low",
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "score", "schema": schema, "strict": True},
        },
        "reasoning_effort": "low",
    }


def test_an_effort_goes_by_the_switch_of_the_models_family() -> None:
    request = chat_request(
        asked(reasoning={"effort": "none"}), lambda effort: {"enable_thinking": effort != "none"}
    )
    assert request["enable_thinking"] is False
    assert "reasoning_effort" not in request


def test_what_a_provider_has_of_its_own_is_passed_on() -> None:
    request = chat_request(asked(top_k=20, enable_thinking=False, 自己的="值"))
    assert (request["top_k"], request["enable_thinking"], request["自己的"]) == (20, False, "值")


def test_functions_are_the_tools() -> None:
    function = {"name": "find", "description": "找", "parameters": {}, "strict": True}
    request = chat_request(
        asked(
            tools=[{"type": "function", **function}, {"type": "function", "name": "count"}],
            tool_choice={"type": "function", "name": "find"},
        )
    )
    assert request["tools"] == [
        {"type": "function", "function": function},
        {"type": "function", "function": {"name": "count"}},
    ]
    assert request["tool_choice"] == {"type": "function", "function": {"name": "find"}}


def test_allowed_tools_are_the_only_ones_offered() -> None:
    tools = [{"type": "function", "name": name} for name in ("find", "count", "get")]
    choice = {"type": "allowed_tools", "mode": "required", "tools": [tools[1]]}
    request = chat_request(asked(tools=tools, tool_choice=choice))
    assert [tool["function"]["name"] for tool in request["tools"]] == ["count"]
    assert request["tool_choice"] == "required"


def test_items_of_one_turn_are_one_message() -> None:
    found = messages(
        USER,
        {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "想"}], "summary": []},
        {"type": "message", "role": "assistant",
         "content": [{"type": "output_text", "text": "我查一下"}]},
        {"type": "function_call", "call_id": "c1", "name": "find", "arguments": '{"id":1}'},
        {"type": "function_call", "call_id": "c2", "name": "find", "arguments": '{"id":2}'},
        {"type": "function_call_output", "call_id": "c1", "output": "缺陷一"},
        {"type": "function_call_output", "call_id": "c2",
         "output": [{"type": "input_text", "text": "缺陷二"}]},
    )  # fmt: skip
    calls = [
        {"id": f"c{n}", "type": "function",
         "function": {"name": "find", "arguments": f'{{"id":{n}}}'}}
        for n in (1, 2)
    ]  # fmt: skip
    assert found == [
        USER,
        {
            "role": "assistant",
            "reasoning_content": "想",
            "content": "我查一下",
            "tool_calls": calls,
        },
        {"role": "tool", "tool_call_id": "c1", "content": "缺陷一"},
        {"role": "tool", "tool_call_id": "c2", "content": "缺陷二"},
    ]  # fmt: skip


def test_two_answers_in_a_row_stay_two_messages() -> None:
    found = messages({"role": "assistant", "content": "一"}, {"role": "assistant", "content": "二"})
    assert [message["content"] for message in found] == ["一", "二"]


def test_reasoning_alone_says_nothing() -> None:
    assert messages(USER, {"type": "reasoning", "summary": []}) == [USER]


def test_images_go_along() -> None:
    (message,) = messages(
        {"role": "user", "content": [
            {"type": "input_text", "text": "这是什么？"},
            {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"},
        ]}
    )  # fmt: skip
    assert message["content"] == [
        {"type": "text", "text": "这是什么？"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
    ]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"store": True}, "store"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"background": True}, "background"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"include": ["web_search_call.results"]}, "include"),
        ({"max_tool_calls": 3}, "max_tool_calls"),
        ({"truncation": "auto"}, "truncation"),
        ({"service_tier": "flex"}, "service_tier"),
        ({"top_logprobs": 5}, "top_logprobs"),
        ({"context_management": [{"type": "compaction"}]}, "context_management"),
        ({"moderation": {"model": "m"}}, "moderation"),
        ({"tools": [{"type": "web_search"}]}, "tools.0.type"),
        ({"tools": [{"type": "function", "name": "f"}, {"type": "mcp"}]}, "tools.1.type"),
        ({"tools": [{"type": "custom", "name": "f"}]}, "tools.0.type"),
        ({"tool_choice": {"type": "file_search"}}, "tool_choice"),
        ({"messages": [USER]}, "messages"),
        ({"n": 2}, "n"),
        ({"max_tokens": 5}, "max_tokens"),
        ({"response_format": {"type": "text"}}, "response_format"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
        ({"reasoning": {"effort": {}}}, "reasoning.effort"),
        ({"text": {"format": {"type": "grammar"}}}, "text.format.type"),
        ({"text": "short"}, "text"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_obfuscation": True}}, "stream_options.include_obfuscation"),
        ({"instructions": ["x"]}, "instructions"),
        ({"metadata": []}, "metadata"),
        ({"input": None}, "input"),
        ({"input": [None]}, "input.0.type"),
        ({"input": [USER, {"type": "item_reference", "id": "x"}]}, "input.1.type"),
        ({"input": [{"type": "web_search_call"}]}, "input.0.type"),
        ({"input": [{"role": "tool", "content": "x"}]}, "input.0.role"),
        ({"input": [{"role": "user"}]}, "input.0.content"),
        ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]},
         "input.0.content.0.type"),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
         "input.0.content.0.image_url"),
        ({"input": [{"type": "function_call", "name": "f", "arguments": "{}"}]},
         "input.0.call_id"),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "input.0.call_id"),
    ],
)  # fmt: skip
def test_what_can_not_be_done_is_refused_by_name(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(RequestFault) as caught:
        chat_request(asked(**fields))
    assert caught.value.field == named
    assert f"`{named}`" in caught.value.message("en")
    assert caught.value.allowed in caught.value.message("zh")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
item_fields = st.sampled_from(
    ("type", "role", "content", "text", "name", "arguments", "call_id", "output", "image_url")
)
words = st.sampled_from(
    ("message", "reasoning", "function_call", "function_call_output", "user", "assistant",
     "input_text", "output_text", "input_image", "reasoning_text", "refusal")
)  # fmt: skip
items = st.dictionaries(item_fields, words | json_values, max_size=6)
nested = st.dictionaries(item_fields, words | st.lists(items, max_size=2), max_size=6)


@given(
    st.dictionaries(st.sampled_from(sorted(responses_request.OWN)), json_values, max_size=6),
    st.text(max_size=5) | st.lists(items | nested | json_values, max_size=4),
)
def test_whatever_is_sent_is_translated_or_refused(fields: dict[str, Any], given: Any) -> None:
    try:
        request = chat_request({**fields, "input": given})
    except RequestFault as fault:
        assert fault.field and fault.allowed
    else:
        assert isinstance(request["messages"], list)
        assert all(message["role"] for message in request["messages"])


texts = st.text(min_size=1, max_size=20)
calls = st.lists(
    st.fixed_dictionaries({
        "id": texts,
        "type": st.just("function"),
        "function": st.fixed_dictionaries({"name": texts, "arguments": texts}),
    }),
    min_size=1, max_size=3, unique_by=lambda call: call["id"],
)  # fmt: skip


@given(content=st.none() | texts, calls=st.none() | calls, reasoning=st.none() | texts)
def test_an_answer_sent_back_as_input_is_the_models_own_message(
    content: str | None, calls: list[dict[str, Any]] | None, reasoning: str | None
) -> None:
    message: dict[str, Any] = {"role": "assistant", "content": content}
    message |= {"tool_calls": calls} if calls else {}
    message |= {"reasoning_content": reasoning} if reasoning else {}
    answer = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    output = answered(answer, response_of(asked(), "resp_1", 1))["output"]
    found = messages(USER, *output, USER)
    said = content is not None or calls
    assert found == ([USER, message, USER] if said else [USER, USER])
