"""The real `openai` library against the server: whole and streamed, sync and async."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest
from pydantic import BaseModel, Field

from tests.gateway.edges.conftest import Gateway

pytestmark = pytest.mark.timeout(10)  # the library itself takes a second to be imported
MODEL = "deepseek-ai/DeepSeek-V3"
USER: Any = [{"role": "user", "content": "你好，介绍一下你自己 🐛"}]
TOOL: Any = {
    "type": "function",
    "function": {"name": "find_items", "parameters": {"type": "object", "properties": {}}},
}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "find_items", "arguments": '{"where": "type:bug 状态:测试中"}'},
}


@pytest.fixture
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{gateway.url}/v1", api_key=gateway.key, max_retries=0, timeout=4
    ) as client:
        yield client


@pytest.fixture
async def async_client(gateway: Gateway) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        base_url=f"{gateway.url}/v1", api_key=gateway.key, max_retries=0, timeout=4
    ) as client:
        yield client


def test_a_chat_is_answered_whole(gateway: Gateway, client: openai.OpenAI) -> None:
    gateway.upstream.script(["我是沙箱。"])
    answer = client.chat.completions.create(model=MODEL, messages=USER)
    assert answer.choices[0].message.content == "我是沙箱。"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens > 0
    assert answer._request_id


def test_a_chat_is_answered_as_it_comes(gateway: Gateway, client: openai.OpenAI) -> None:
    gateway.upstream.script([{"content": "一二三", "reasoning_content": "想一想"}])
    stream = client.chat.completions.create(
        model=MODEL, messages=USER, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "一二三"
    thought = "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)
    assert thought == "想一想"
    assert chunks[-1].usage is not None


async def test_the_async_client_is_answered(
    gateway: Gateway, async_client: openai.AsyncOpenAI
) -> None:
    gateway.upstream.script(["甲", "乙"])
    whole = await async_client.chat.completions.create(model=MODEL, messages=USER)
    stream = await async_client.chat.completions.create(model=MODEL, messages=USER, stream=True)
    text = [c.choices[0].delta.content or "" async for c in stream if c.choices]
    assert (whole.choices[0].message.content, "".join(text)) == ("甲", "乙")


def test_tools_are_called_and_their_outputs_taken(gateway: Gateway, client: openai.OpenAI) -> None:
    gateway.upstream.script([{"content": None, "tool_calls": [CALL]}, "有三个缺陷。"])
    first = client.chat.completions.create(model=MODEL, messages=USER, tools=[TOOL])
    message = first.choices[0].message
    assert message.tool_calls is not None
    assert first.choices[0].finish_reason == "tool_calls"
    output: Any = {"role": "tool", "tool_call_id": "call_1", "content": "3"}
    messages: Any = [*USER, message, output]
    second = client.chat.completions.create(model=MODEL, messages=messages, tools=[TOOL])
    assert second.choices[0].message.content == "有三个缺陷。"


def test_models_are_listed_and_found_with_encoded_names(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert MODEL in names
    assert client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(openai.APIStatusError):
        client.models.retrieve("没有/这个")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("400", openai.BadRequestError),
        # Our own key is refused there: nothing that the client's key could mend.
        ("401", openai.InternalServerError),
        ("403", openai.InternalServerError),
        ("413", openai.APIStatusError),
        ("429", openai.RateLimitError),
        ("500", openai.InternalServerError),
        ("503", openai.InternalServerError),
        ("504", openai.InternalServerError),
    ],
)
def test_a_providers_fault_is_the_librarys_exception(
    gateway: Gateway, client: openai.OpenAI, kind: str, expected: type[openai.APIStatusError]
) -> None:
    gateway.upstream.fault(kind, model=f"sandbox-{kind}")
    gateway.upstream.add_models(f"sandbox-{kind}")
    with pytest.raises(expected) as caught:
        client.chat.completions.create(model=f"siliconflow/sandbox-{kind}", messages=USER)
    assert caught.value.request_id


def test_a_wrong_key_a_wrong_field_and_an_unknown_path_are_told_apart(
    gateway: Gateway, client: openai.OpenAI
) -> None:
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="falsch").chat.completions.create(model=MODEL, messages=USER)
    with pytest.raises(openai.BadRequestError, match="temperature"):
        client.chat.completions.create(model=MODEL, messages=USER, temperature=9)
    with pytest.raises(openai.BadRequestError) as unknown:
        client.chat.completions.create(model="没有", messages=USER)
    assert unknown.value.body["code"] == 20012  # type: ignore[index]
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model=MODEL, input="x")
    assert gateway.upstream.total() == 0


BREAKS = ("cut", "reset", "error_event", "code_event")


def broken(gateway: Gateway, kind: str) -> str:
    """A model whose streams break after three events."""
    name = f"breaks-{kind}"
    gateway.upstream.add_models(name)
    gateway.upstream.fault(kind, model=name, at=3)
    return f"siliconflow/{name}"


@pytest.mark.parametrize("kind", BREAKS)
def test_a_stream_that_breaks_raises(gateway: Gateway, client: openai.OpenAI, kind: str) -> None:
    seen: list[Any] = []
    with pytest.raises(openai.APIError):
        seen.extend(
            client.chat.completions.create(model=broken(gateway, kind), messages=USER, stream=True)
        )
    assert all(not choice.finish_reason for chunk in seen for choice in chunk.choices)


def test_a_response_is_answered_whole(gateway: Gateway, client: openai.OpenAI) -> None:
    gateway.upstream.script([{"content": "答案", "reasoning_content": "想"}])
    response = client.responses.create(
        model=MODEL, input="问题", instructions="说中文", max_output_tokens=50
    )
    assert response.output_text == "答案"
    assert response.status == "completed"
    assert response.usage is not None
    assert [item.type for item in response.output] == ["reasoning", "message"]
    (request,) = gateway.upstream.requests()
    assert request["body"] == {
        "model": MODEL,
        "messages": [
            {"role": "system", "content": "说中文"}, {"role": "user", "content": "问题"},
        ],
        "stream": False,
        "max_tokens": 50,
    }  # fmt: skip


def test_a_response_is_streamed_in_the_librarys_order(
    gateway: Gateway, client: openai.OpenAI
) -> None:
    gateway.upstream.script(["流式回答"])
    with client.responses.stream(model=MODEL, input="问题") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert final.output_text == "流式回答"
    assert final.usage is not None
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"


async def test_the_async_client_gets_responses(
    gateway: Gateway, async_client: openai.AsyncOpenAI
) -> None:
    gateway.upstream.script(["整", "流"])
    whole = await async_client.responses.create(model=MODEL, input="问题")
    async with async_client.responses.stream(model=MODEL, input="问题") as stream:
        final = await stream.get_final_response()
    assert (whole.output_text, final.output_text) == ("整", "流")


@pytest.mark.parametrize("streamed", [False, True])
def test_a_function_is_called_and_its_output_taken(
    gateway: Gateway, client: openai.OpenAI, streamed: bool
) -> None:
    gateway.upstream.script([{"content": None, "tool_calls": [CALL]}, "有三个缺陷。"])
    tool: Any = {"type": "function", "name": "find_items", "parameters": {}, "strict": False}
    asked: Any = {"model": MODEL, "tools": [tool]}
    if streamed:
        with client.responses.stream(input="几个缺陷？", **asked) as stream:
            first: Any = stream.get_final_response()
    else:
        first = client.responses.create(input="几个缺陷？", **asked)
    (call,) = first.output
    assert (call.name, json.loads(call.arguments)) == (
        "find_items", {"where": "type:bug 状态:测试中"}
    )  # fmt: skip
    items = [item.to_dict() for item in first.output]
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "3"}
    history = [{"role": "user", "content": "几个缺陷？"}, *items, output]
    second = client.responses.create(input=history, **asked)
    assert second.output_text == "有三个缺陷。"
    sent = gateway.upstream.requests()[-1]["body"]["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool"]
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"]


class Score(BaseModel):
    """An answer by schema."""

    points: int = Field(alias="分数")


def test_an_answer_by_schema_is_parsed(gateway: Gateway, client: openai.OpenAI) -> None:
    gateway.upstream.script(['{"分数": 7}'])
    response = client.responses.parse(model=MODEL, input="打分", text_format=Score)
    assert response.output_parsed == Score.model_validate({"分数": 7})
    wanted = gateway.upstream.requests()[0]["body"]["response_format"]
    assert wanted["json_schema"]["name"] == "Score"


def test_an_effort_is_the_switch_of_the_models_family(
    gateway: Gateway, client: openai.OpenAI
) -> None:
    for effort in ("none", "low"):
        client.responses.create(model="Qwen/Qwen3-32B", input="问题", reasoning={"effort": effort})
    off, on = (request["body"] for request in gateway.upstream.requests())
    assert off["enable_thinking"] is False
    assert (on["enable_thinking"], on["thinking_budget"]) == (True, 1024)


def test_what_a_response_can_not_do_is_named(gateway: Gateway, client: openai.OpenAI) -> None:
    for name, value in (
        ("store", True), ("previous_response_id", "resp_1"), ("background", True),
        ("tools", [{"type": "web_search"}]),
    ):  # fmt: skip
        with pytest.raises(openai.BadRequestError, match=name) as caught:
            client.responses.create(model=MODEL, input="x", **{name: value})
        assert caught.value.body["code"] == 20015  # type: ignore[index]
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve("resp_1")
    assert gateway.upstream.total() == 0


@pytest.mark.parametrize("kind", BREAKS)
def test_a_response_that_breaks_raises_and_is_never_complete(
    gateway: Gateway, client: openai.OpenAI, kind: str
) -> None:
    kinds: list[str] = []
    with pytest.raises(openai.APIError):
        kinds.extend(
            event.type
            for event in client.responses.create(
                model=broken(gateway, kind), input="问题", stream=True
            )
        )
    # A fault that comes with the first bytes is answered before there is a stream.
    assert not kinds or kinds[-1] == "response.failed"
    assert "response.completed" not in kinds


def test_a_cut_response_tells_what_came_and_why_it_ended(
    gateway: Gateway, client: openai.OpenAI
) -> None:
    seen: list[Any] = []
    with pytest.raises(openai.APIError):
        seen.extend(
            client.responses.create(model=broken(gateway, "cut"), input="问题", stream=True)
        )
    failed = seen[-1].response
    assert failed.status == "failed"
    assert failed.error.code == "server_error"
    assert failed.output[0].content[0].text


def test_an_answer_that_was_cut_at_the_limit_is_incomplete(
    gateway: Gateway, client: openai.OpenAI
) -> None:
    gateway.upstream.script([{"content": "半", "finish_reason": "length"}])
    response = client.responses.create(model=MODEL, input="问题", max_output_tokens=16)
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
