"""What a gateway keeps of a stream, and what it estimates where nobody tells the usage."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.errors import ModelProtocolError
from taplens.gateway import usage
from taplens.gateway.reading import Reading
from taplens.llm import tokens
from taplens.llm.entries import Provider, Upstream
from tests.gateway.serving_here import chat

UPSTREAM = Upstream(Provider(name="p"), "m")


def event(text: str) -> bytes:
    chunk = {"choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: %b\n\n" % orjson.dumps(chunk)


class Repeated:
    """An upstream's answer: the same event many times, then `[DONE]`."""

    status = 200
    headers: Mapping[str, str] = {}

    def __init__(self, piece: bytes, times: int) -> None:
        self._piece, self._times = piece, times

    async def read(self) -> bytes:
        return self._piece * self._times

    async def chunks(self) -> AsyncIterator[bytes]:
        for _ in range(self._times):
            yield self._piece
        yield b"data: [DONE]\n\n"

    async def aclose(self) -> None:
        """Nothing is open."""


async def test_a_streams_memory_does_not_grow_with_its_text() -> None:
    text = "缺陷 😀" * 200
    reading = Reading(Repeated(event(text), 2000), UPSTREAM)
    tracemalloc.start()
    try:
        async for _ in reading.blocks():
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200_000  # the text takes millions
    assert reading.size == 2000 * tokens.size(text)
    assert reading.complete


async def test_a_stream_without_end_is_refused_with_what_it_exceeds() -> None:
    piece = event("字" * 1000)
    reading = Reading(Repeated(piece, 10_000), UPSTREAM, stream_bytes=1024 * 1024)
    passed = 0
    with pytest.raises(ModelProtocolError) as caught:
        async for block in reading.blocks():
            passed += len(block)
    assert caught.value.code == "model_answer_too_large"
    assert caught.value.parameters["megabytes"] == 1
    assert passed <= 1024 * 1024
    assert not reading.complete


@given(texts=st.lists(st.text()))
def test_sizes_added_up_estimate_as_the_texts_together(texts: list[str]) -> None:
    assert tokens.of_size(sum(map(tokens.size, texts))) == tokens.estimate(*texts)
    assert tokens.size("".join(texts)) == sum(map(tokens.size, texts))


def test_tools_formats_and_pictures_count_in_an_estimate() -> None:
    def prompt(**fields: Any) -> int:
        return usage.prompt_tokens(chat("请看这张图", **fields))

    plain = prompt()
    tool = {"type": "function", "function": {"name": "get_bug", "description": "查询缺陷" * 50}}
    assert prompt(tools=[tool]) > plain + 100
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"说明": "字" * 200}}}
    assert prompt(response_format=schema) > plain + 100
    pictures = [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * n}}
                for n in (10, 100_000)]  # fmt: skip
    parts = [{"type": "text", "text": "请看这张图"}, *pictures]
    assert prompt(messages=[{"role": "user", "content": parts}]) == plain + 2 * usage.IMAGE_TOKENS
