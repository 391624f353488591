"""An answerer of this process behaves as a model of the protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
import pytest

from taplens.agent.answer import Piece
from taplens.agent.transport import AgentTransport
from taplens.errors import EmptyMirrorError, NotFoundError
from taplens.llm.entries import Provider, Upstream

UPSTREAM = Upstream(Provider(name="taplens", kind="builtin"), "scripted")
BASIS = {"confidence": "sure"}


class Scripted:
    """Says its pieces; `fault` is raised at the place where it stands."""

    def __init__(self, *pieces: str | Exception) -> None:
        self._pieces = pieces

    async def answer(self, _request: Mapping[str, Any]) -> AsyncIterator[Piece]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield Piece({"content": piece})
        yield Piece({"taplens": BASIS}, "stop")


def body(**fields: Any) -> bytes:
    return orjson.dumps(
        {"model": "scripted", "messages": [{"role": "user", "content": "缺陷？"}]} | fields
    )


async def whole(answerer: Scripted, **fields: Any) -> Any:
    transport = AgentTransport({"scripted": answerer})
    answer = await transport.open(UPSTREAM, body(**fields), streamed=False)
    return orjson.loads(await answer.read())


async def chunks(answerer: Scripted, **fields: Any) -> list[Any]:
    transport = AgentTransport({"scripted": answerer})
    answer = await transport.open(UPSTREAM, body(stream=True, **fields), streamed=True)
    events = (await answer.read()).decode().split("\n\n")
    data = [event.removeprefix("data: ") for event in events if event]
    assert data[-1] == "[DONE]"
    return [orjson.loads(one) for one in data[:-1]]


async def test_the_basis_stands_in_the_message_and_in_the_final_chunk() -> None:
    answer = await whole(Scripted("共 5 个", "。"))
    (choice,) = answer["choices"]
    assert choice["message"] == {"role": "assistant", "content": "共 5 个。", "taplens": BASIS}
    assert choice["finish_reason"] == "stop"
    told = await chunks(Scripted("共 5 个", "。"))
    assert told[-1]["choices"][0]["delta"]["taplens"] == BASIS
    assert told[-1]["choices"][0]["finish_reason"] == "stop"
    assert "".join(one["choices"][0]["delta"].get("content", "") for one in told) == "共 5 个。"


async def test_each_of_n_choices_is_whole_and_all_are_counted() -> None:
    one, three = await whole(Scripted("好")), await whole(Scripted("好"), n=3)
    assert [choice["message"]["content"] for choice in three["choices"]] == ["好"] * 3
    assert three["usage"]["completion_tokens"] > one["usage"]["completion_tokens"]


async def test_a_stop_sequence_and_a_limit_end_the_text_but_not_the_basis() -> None:
    stopped = (await whole(Scripted("一二", "三四"), stop="二三"))["choices"][0]
    assert (stopped["message"]["content"], stopped["finish_reason"]) == ("一", "stop")
    cut = await whole(Scripted("缺陷" * 50), max_tokens=3)
    choice = cut["choices"][0]
    assert choice["finish_reason"] == "length"
    assert choice["message"]["taplens"] == BASIS
    assert cut["usage"]["completion_tokens"] <= 3


async def test_usage_ends_a_stream_only_where_it_is_asked_for() -> None:
    told = await chunks(Scripted("好"), stream_options={"include_usage": True})
    assert told[-1]["choices"] == []
    assert told[-1]["usage"]["total_tokens"] > 0
    assert all("usage" not in one for one in await chunks(Scripted("好")))


async def test_what_keeps_it_from_answering_comes_before_the_answer_begins() -> None:
    for streamed in (True, False):
        transport = AgentTransport({"scripted": Scripted(EmptyMirrorError("mirror_empty"))})
        with pytest.raises(EmptyMirrorError):
            await transport.open(UPSTREAM, body(), streamed=streamed)
    with pytest.raises(NotFoundError):
        await AgentTransport({}).open(UPSTREAM, body(), streamed=False)


async def test_a_request_that_is_none_is_refused_as_documented() -> None:
    transport = AgentTransport({"scripted": Scripted("好")})
    answer = await transport.open(UPSTREAM, b'{"model": 3}', streamed=False)
    assert answer.status == 400
