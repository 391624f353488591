"""Chat chunks become the library's events: in its order, of its shapes, whole at the end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from taplens.gateway.responses_events import Event, Translation, answered, usage
from taplens.gateway.responses_request import response_of
from taplens.llm.merge import Merger

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
EMPTY = response_of({"model": "m", "input": "你好"}, "resp_abc", 1_700_000_000)


def chunk(delta: dict[str, Any], finish_reason: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [choice], **more}  # fmt: skip


def events_of(chunks: list[dict[str, Any]]) -> list[Event]:
    translation = Translation(EMPTY)
    events = translation.begin()
    for one in chunks:
        events += translation.add(one)
    return events + translation.finish()


def kinds(events: list[Event]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


def test_a_text_has_the_events_that_the_library_knows() -> None:
    events = events_of(
        [chunk({"role": "assistant", "content": ""}), chunk({"content": "你"}),
         chunk({"content": "好"}), chunk({}, "stop"),
         {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}]
    )  # fmt: skip
    assert kinds(events) == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta",
        "output_text.delta", "output_text.done", "content_part.done", "output_item.done",
        "completed",
    ]  # fmt: skip
    assert [event["sequence_number"] for event in events] == list(range(10))
    assert events[0]["response"]["output"] == []
    assert events[2]["item"]["content"] == []
    last = Response.model_validate(events[-1]["response"])
    assert last.output_text == "你好"
    assert last.usage is not None
    assert last.usage.total_tokens == 5


def test_reasoning_ends_before_the_text_begins() -> None:
    events = events_of(
        [chunk({"reasoning_content": "想"}), chunk({"content": "答"}), chunk({}, "stop")]
    )
    told = kinds(events)
    assert told.index("reasoning_text.done") < told.index("output_text.delta")
    reasoning, message = events[-1]["response"]["output"]
    assert reasoning["content"] == [{"type": "reasoning_text", "text": "想"}]
    assert message["content"][0]["text"] == "答"


def test_calls_whose_pieces_come_in_turns_are_put_together() -> None:
    def call(index: int, arguments: str, **more: Any) -> dict[str, Any]:
        return {"index": index, "function": {"arguments": arguments, **more}}

    first = {**call(0, "", name="find"), "id": "call_a", "type": "function"}
    second = {**call(1, "", name="count"), "id": "call_b", "type": "function"}
    events = events_of(
        [chunk({"tool_calls": [first, second]}), chunk({"tool_calls": [call(0, '{"id":')]}),
         chunk({"tool_calls": [call(1, "{}")]}), chunk({"tool_calls": [call(0, "1}")]}),
         chunk({}, "tool_calls")]
    )  # fmt: skip
    found = [(i["call_id"], i["name"], i["arguments"]) for i in events[-1]["response"]["output"]]
    assert found == [("call_a", "find", '{"id":1}'), ("call_b", "count", "{}")]


@pytest.mark.parametrize(
    ("finish_reason", "status", "reason"),
    [
        ("stop", "completed", None),
        ("tool_calls", "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
    ],
)
def test_the_status_says_why_the_answer_ended(
    finish_reason: str, status: str, reason: str | None
) -> None:
    last = events_of([chunk({"content": "半"}), chunk({}, finish_reason)])[-1]
    assert last["type"] == f"response.{status}"
    assert last["response"]["output"][0]["status"] == status
    details = last["response"]["incomplete_details"]
    assert (details and details["reason"]) == reason


def test_an_answer_without_an_end_is_never_passed_off_as_complete() -> None:
    events = events_of([chunk({"content": "半"})])
    assert kinds(events)[-2:] == ["failed", "error"]
    assert events[-2]["response"]["status"] == "failed"
    assert events[-2]["response"]["output"][0]["status"] == "incomplete"
    assert events[-1]["error"]["message"] == events[-1]["message"]
    assert answered({"choices": []}, EMPTY)["status"] == "failed"


@pytest.mark.parametrize(("locale", "words"), [("en", "broke off"), ("zh", "在结束前中断")])
def test_an_answer_without_an_end_is_told_in_the_clients_language(locale: str, words: str) -> None:
    translation = Translation(EMPTY, locale)
    assert words in translation.finish()[-1]["message"]


def test_what_a_provider_sends_instead_of_objects_breaks_nothing() -> None:
    for broken in (None, "x", 1, [None], [{"index": 0, "delta": None}], [{"delta": []}]):
        assert kinds(events_of([{"choices": broken, "usage": broken}]))[-1] == "error"


def test_the_usage_goes_by_the_protocols_names() -> None:
    counted = {
        "prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }  # fmt: skip
    found = usage(counted)
    assert found["input_tokens_details"]["cached_tokens"] == 4
    assert found["output_tokens_details"]["reasoning_tokens"] == 5
    assert (found["input_tokens"], found["output_tokens"], found["total_tokens"]) == (10, 7, 17)


texts = st.text("你好ab 🐛", min_size=1, max_size=5)
call_heads = st.lists(st.text("find_", min_size=1, max_size=5), max_size=3)


@st.composite
def streams(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The chunks of an answer: reasoning, text, calls in turns, then the end and the usage."""
    chunks = [chunk({"role": "assistant", "content": ""})]
    chunks += [chunk({"reasoning_content": text}) for text in draw(st.lists(texts, max_size=3))]
    chunks += [chunk({"content": text}) for text in draw(st.lists(texts, max_size=4))]
    names = draw(call_heads)
    for index, name in enumerate(names):
        head = {"index": index, "id": f"call_{index}", "type": "function"}
        chunks.append(chunk({"tool_calls": [{**head, "function": {"name": name}}]}))
    if names:
        for index in draw(st.lists(st.integers(0, len(names) - 1), max_size=6)):
            piece = {"index": index, "function": {"arguments": draw(texts)}}
            chunks.append(chunk({"tool_calls": [piece]}))
    chunks.append(chunk({}, draw(st.sampled_from(("stop", "length", "tool_calls")))))
    if draw(st.booleans()):
        counted = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
        chunks.append({"model": "m", "choices": [], "usage": counted})
    return chunks


@given(streams())
def test_streamed_and_whole_are_the_same_response(chunks: list[dict[str, Any]]) -> None:
    merger = Merger()
    for one in chunks:
        merger.add(one)
    whole = answered(merger.answer(), EMPTY)
    assert events_of(chunks)[-1]["response"] == whole


@settings(max_examples=50)  # the library's types are slow to check
@given(streams())
def test_every_event_is_of_the_librarys_shape_and_order(chunks: list[dict[str, Any]]) -> None:
    state: ResponseStreamState[Any] = ResponseStreamState(input_tools=[], text_format=omit)
    for number, event in enumerate(events_of(chunks)):
        assert event["sequence_number"] == number
        state.handle_event(EVENT.validate_python(event))
        if "response" in event:
            Response.model_validate(event["response"])


@given(streams())
def test_the_deltas_add_up_to_the_finished_texts(chunks: list[dict[str, Any]]) -> None:
    parts: dict[str, str] = {}
    for event in events_of(chunks):
        if event["type"].endswith(".delta"):
            parts[event["item_id"]] = parts.get(event["item_id"], "") + event["delta"]
        elif event["type"] in ("response.output_text.done", "response.reasoning_text.done"):
            assert parts[event["item_id"]] == event["text"]
        elif event["type"] == "response.function_call_arguments.done":
            assert parts.get(event["item_id"], "") == event["arguments"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | st.sampled_from(("", "文", "x")),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(
        st.sampled_from(
            ("choices", "usage", "model", "index", "delta", "message", "finish_reason", "content",
             "reasoning_content", "tool_calls", "id", "function", "name", "arguments",
             "prompt_tokens", "completion_tokens_details", "total_tokens", "reasoning_tokens")
        ), inner, max_size=5),
    max_leaves=8,
)  # fmt: skip
deltas = st.fixed_dictionaries({}, optional={"content": anything, "tool_calls": anything})
choices = st.fixed_dictionaries(
    {}, optional={"index": anything, "delta": deltas | anything, "message": deltas | anything,
                  "finish_reason": anything}
)  # fmt: skip
odd_chunks = st.fixed_dictionaries(
    {"choices": st.lists(choices, max_size=2) | anything}, optional={"usage": anything}
)


@settings(max_examples=60)
@given(st.lists(odd_chunks, max_size=3))
def test_whatever_a_provider_sends_the_events_keep_their_shape(
    chunks: list[dict[str, Any]],
) -> None:
    for event in events_of(chunks):
        EVENT.validate_python(event)
    for one in chunks:
        Response.model_validate(answered(one, EMPTY))


def test_arguments_that_are_an_object_are_written_as_text() -> None:
    function = {"name": "find", "arguments": {"状态": "测试中"}}
    message = {"content": None, "tool_calls": [{"id": "c1", "function": function}]}
    answer = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    (call,) = answered(answer, EMPTY)["output"]
    assert call["arguments"] == '{"状态": "测试中"}'
