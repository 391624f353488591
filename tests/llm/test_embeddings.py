"""Vectors from a provider: batches within its limits, retries, and nothing that isn't checked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from taplens.config import Secret
from taplens.errors import (
    ModelError,
    ModelKeyError,
    ModelOverloadedError,
    ModelProtocolError,
    ModelRateLimitError,
    ModelRequestError,
    NotFoundError,
)
from taplens.llm import Catalogue, HttpTransport, Provider
from taplens.llm.embeddings import MOST_INPUTS, EmbeddingsClient
from taplens.sandbox import SandboxOptions, running
from taplens.sandbox.provider.embeddings import vector_of
from taplens.sandbox.provider.handle import RunningProvider
from tests.conftest import TODAY

from .conftest import ManualTime

MODEL = "sandbox/BAAI/bge-m3"


@pytest.fixture(scope="module")
def playing() -> Iterator[RunningProvider]:
    with running(SandboxOptions(items=12, seed=7, today=TODAY, provider=True)) as sandbox:
        yield sandbox.provider


@pytest.fixture
def provider(playing: RunningProvider) -> Iterator[RunningProvider]:
    playing.clear()
    yield playing
    playing.clear()


def made(
    provider: RunningProvider, time: ManualTime, model: str = MODEL, key: str = "demo", rpm: int = 0
) -> EmbeddingsClient:
    entry = Provider(
        name="sandbox",
        base_url=provider.base_url,
        key=Secret(key),
        key_setting="providers.sandbox.api_key",
        rpm=rpm,
    )
    return EmbeddingsClient(
        Catalogue([entry], []),
        model,
        HttpTransport(path="embeddings"),
        sleep=time.sleep,
        jitter=lambda ceiling: ceiling,
        clock=time.clock,
    )


@pytest.fixture
async def client(
    provider: RunningProvider, manual_time: ManualTime
) -> AsyncIterator[EmbeddingsClient]:
    asked = made(provider, manual_time)
    yield asked
    await asked.aclose()


async def test_each_text_gets_its_vector_in_batches_within_the_limit(client, provider) -> None:
    texts = [f"缺陷 {number} 支付超时 🎉" for number in range(70)]
    vectors = await client.vectors(texts)
    assert vectors == [vector_of(text) for text in texts]
    sizes = sorted(len(one["body"]["input"]) for one in provider.requests())
    assert sizes == [6, 32, 32]
    assert max(sizes) <= MOST_INPUTS
    assert {one["path"] for one in provider.requests()} == {"/v1/embeddings"}


async def test_a_fault_that_may_pass_is_tried_again(client, provider, manual_time) -> None:
    provider.fault("503", times=2)
    assert await client.vectors(["闪退"]) == [vector_of("闪退")]
    assert manual_time.slept == [0.5, 1.0]
    provider.fault("429", times=1, retry_after=7)
    assert await client.vectors(["闪退"]) == [vector_of("闪退")]
    assert manual_time.slept[-1] == 7


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("fewer_vectors", ModelProtocolError),
        ("null_vector", ModelProtocolError),
        ("list_index", ModelProtocolError),
        ("html", ModelProtocolError),
        ("cut", ModelProtocolError),
        ("401", ModelKeyError),
        ("400", ModelRequestError),
        ("503", ModelOverloadedError),
    ],
)
async def test_an_answer_that_is_none_is_an_error_of_its_kind(
    client, provider, kind: str, error: type[ModelError]
) -> None:
    provider.fault(kind)
    with pytest.raises(error) as caught:
        await client.vectors(["闪退", "支付超时"])
    assert caught.value.provider == "sandbox"


async def test_vectors_of_several_lengths_are_refused(client, provider) -> None:
    provider.fault("short_vectors", times=1)
    with pytest.raises(ModelProtocolError):
        await client.vectors([str(number) for number in range(40)])


async def test_the_rate_of_the_account_is_kept(provider, manual_time) -> None:
    client = made(provider, manual_time, rpm=2)
    await client.vectors([str(number) for number in range(100)])
    await client.aclose()
    assert sum(manual_time.slept) >= 60


async def test_a_question_waits_behind_no_batch_and_is_asked_once(
    client, provider, manual_time
) -> None:
    provider.fault("slow", gate="batch", times=4)
    batch = asyncio.create_task(client.vectors([str(number) for number in range(200)]))
    await asyncio.to_thread(provider.wait_at_gate, "batch", 4)
    assert await client.question(["闪退"]) == [vector_of("闪退")]
    provider.open_gate("batch")
    assert len(await batch) == 200
    provider.fault("503")
    with pytest.raises(ModelOverloadedError):
        await client.question(["闪退"])
    assert manual_time.slept == []


async def test_batches_leave_the_questions_room_in_the_rate(provider, manual_time) -> None:
    client = made(provider, manual_time, rpm=3)
    await client.vectors([str(number) for number in range(64)])
    assert manual_time.slept == []
    assert await client.question(["闪退"]) == [vector_of("闪退")]
    with pytest.raises(ModelRateLimitError):
        await client.question(["支付"])
    await client.aclose()


async def test_a_wrong_key_or_model_says_so(provider, manual_time) -> None:
    for model, key, error in (
        (MODEL, "wrong", ModelKeyError),
        ("sandbox/no/such", "demo", ModelRequestError),
        ("nobody/model", "demo", NotFoundError),
    ):
        client = made(provider, manual_time, model, key)
        with pytest.raises(error):
            await client.vectors(["闪退"])
        await client.aclose()
