"""The most used client library against the provider: an oracle of the protocol that isn't ours."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest

from taplens.sandbox.provider.handle import RunningProvider
from tests.sandbox.provider.conftest import tool

ASKED: list[Any] = [{"role": "user", "content": "登录失败怎么办？"}]


@pytest.fixture
async def client(provider: RunningProvider) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        base_url=provider.base_url, api_key=provider.key, max_retries=0
    ) as client:
        yield client


async def test_it_reads_answers_whole_and_streamed(client: openai.AsyncOpenAI) -> None:
    whole = await client.chat.completions.create(model="Qwen/QwQ-32B", messages=ASKED)
    stream = await client.chat.completions.create(
        model="Qwen/QwQ-32B", messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(pieces) == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage


async def test_it_reads_tool_calls_and_models(client: openai.AsyncOpenAI) -> None:
    called = await client.chat.completions.create(
        model="sandbox/plain", messages=ASKED, tools=[tool()], tool_choice="required"
    )
    (call,) = called.choices[0].message.tool_calls or []
    assert json.loads(call.function.arguments) == {"id": "sandbox"}  # type: ignore[union-attr]
    assert (await client.models.retrieve("deepseek-ai/DeepSeek-V3")).id == "deepseek-ai/DeepSeek-V3"
    assert len([model async for model in client.models.list()]) > 41


@pytest.mark.parametrize(
    ("kind", "error"),
    [("400", openai.BadRequestError), ("401", openai.AuthenticationError),
     ("403", openai.PermissionDeniedError), ("404", openai.NotFoundError),
     ("429", openai.RateLimitError), ("503", openai.InternalServerError),
     ("504", openai.InternalServerError)],
)  # fmt: skip
async def test_it_maps_refusals_to_its_errors(
    client: openai.AsyncOpenAI, kind: str, error: type[openai.APIStatusError]
) -> None:
    with pytest.raises(error):
        await client.chat.completions.create(model=f"sandbox/{kind}", messages=ASKED)


async def test_it_raises_an_error_event_but_not_a_bare_code(client: openai.AsyncOpenAI) -> None:
    for kind, raised in (("error_event", True), ("code_event", False)):
        stream = await client.chat.completions.create(
            model=f"sandbox/{kind}", messages=ASKED, stream=True
        )
        failed = False
        try:
            async for _ in stream:
                pass
        except openai.APIError:
            failed = True
        assert failed is raised
