"""From a model to an upstream: weights, failover before the first byte, breakers, rates."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from taplens.clock import Clock
from taplens.errors import ModelUnavailableError
from taplens.gateway.admission import Windows
from taplens.gateway.breaker import FAULTS, REST_SECONDS
from taplens.gateway.metrics import Metrics
from taplens.gateway.router import Router
from taplens.llm.entries import Model, Provider, Upstream
from tests.gateway.serving_here import served, services_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from taplens.sandbox.provider.handle import RunningProvider
    from tests.gateway.serving_here import Server

FIRST, SECOND = "Qwen/QwQ-32B", "deepseek-ai/DeepSeek-V3"


@dataclass
class Time:
    """A clock that a test sets."""

    now: float = 1000.0

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def team(
    provider: RunningProvider, tmp_path: Path, time: Time
) -> Callable[..., AbstractAsyncContextManager[Server]]:
    """A gateway with the model `team`: upstreams `a` (always first), then `b`, then nobody."""

    def serving(*more: str, **settings: Any) -> AbstractAsyncContextManager[Server]:
        way = f'base_url = "{provider.base_url}"\napi_key = "{provider.key}"'
        providers = "\n".join(
            [
                f"[providers.a]\n{way}\n[providers.b]\n{way}",
                '[providers.gone]\nbase_url = "http://127.0.0.1:9/v1"',
                "[models.team]",
                f'upstreams = [{{ model = "a/{FIRST}", weight = 1000000000 }}, "b/{SECOND}"]',
                "[models.away]",
                f'upstreams = [{{ model = "gone/x", weight = 1000000000 }}, "b/{SECOND}"]',
                *more,
            ]
        )
        return served(services_for(tmp_path, providers=providers, clock=time.clock(), **settings))

    return serving


def asked(provider: RunningProvider) -> list[str]:
    return [request["model"] for request in provider.requests()]


@pytest.mark.parametrize("kind", ["429", "500", "502", "503", "504", "reset", "html", "401"])
@pytest.mark.parametrize("stream", [False, True])
async def test_another_upstream_answers_when_the_first_fails(
    team: Any, provider: RunningProvider, kind: str, stream: bool
) -> None:
    provider.fault(kind, model=FIRST, at=0)
    async with team() as server:
        reply = await server.chat(model="team", stream=stream)
    assert reply.status == 200
    assert asked(provider) == [FIRST, SECOND]


async def test_another_upstream_answers_when_the_first_is_unreachable(team: Any) -> None:
    async with team() as server:
        assert (await server.chat(model="away")).status == 200


async def test_a_stream_that_ends_before_its_first_event_is_asked_for_elsewhere(
    team: Any, provider: RunningProvider
) -> None:
    provider.fault("cut", model=FIRST, at=0)
    async with team() as server:
        assert (await server.chat(model="team", stream=True)).data()[-1] == "[DONE]"
    assert asked(provider) == [FIRST, SECOND]


async def test_trap_nothing_is_asked_again_after_the_first_event(
    team: Any, provider: RunningProvider
) -> None:
    provider.fault("cut", model=FIRST, at=1)
    async with team() as server:
        assert "[DONE]" not in (await server.chat(model="team", stream=True)).data()
    assert asked(provider) == [FIRST]


@pytest.mark.parametrize("kind", ["400", "413"])
async def test_a_refused_request_is_refused_once(
    team: Any, provider: RunningProvider, kind: str
) -> None:
    provider.fault(kind, model=FIRST)
    async with team() as server:
        assert (await server.chat(model="team")).status == int(kind)
    assert asked(provider) == [FIRST]


async def test_an_upstream_that_asked_for_a_pause_is_asked_last(
    team: Any, provider: RunningProvider, time: Time
) -> None:
    provider.fault("429", model=FIRST, times=1, retry_after=20)
    async with team() as server:
        for _ in range(2):
            await server.chat(model="team")
        assert asked(provider) == [FIRST, SECOND, SECOND]
        time.now += 21
        await server.chat(model="team")
    assert asked(provider)[-1] == FIRST


async def test_a_broken_upstream_is_left_alone_and_tried_again_later(
    team: Any, provider: RunningProvider, time: Time
) -> None:
    provider.fault("500", model=FIRST, times=FAULTS + 1)
    async with team() as server:
        for _ in range(FAULTS + 3):
            assert (await server.chat(model="team")).status == 200
        assert asked(provider).count(FIRST) == FAULTS
        assert (await server.get("/readyz")).json()["circuits_open"] == 1
        time.now += REST_SECONDS + 1
        await server.chat(model="team")  # one trial, which fails
        await server.chat(model="team")
        assert asked(provider).count(FIRST) == FAULTS + 1
        time.now += REST_SECONDS + 1
        for _ in range(3):
            await server.chat(model="team")  # the trial succeeds: all is as it was
        assert asked(provider)[-3:] == [FIRST] * 3


async def test_with_every_circuit_open_the_503_tells_when_to_come_back(
    team: Any, provider: RunningProvider, time: Time
) -> None:
    provider.fault("500")
    alone = f'[models.alone]\nupstreams = ["a/{FIRST}"]'
    async with team(alone) as server:
        for _ in range(FAULTS):
            await server.chat(model="alone")
        before = provider.total()
        reply = await server.chat(model="alone")
    assert (reply.status, reply.json()["code"]) == (503, 50505)
    assert 1 <= int(reply.headers["retry-after"]) <= REST_SECONDS
    assert provider.total() == before


async def test_the_models_own_rate_is_kept_and_named(
    team: Any, provider: RunningProvider, time: Time
) -> None:
    own = f'[models.slow]\nupstreams = ["a/{FIRST}"]\nrpm = 2'
    async with team(own) as server:
        statuses = [(await server.chat(model="slow")).status for _ in range(3)]
        reply = await server.chat(model="slow")
        assert statuses == [200, 200, 429]
        assert reply.json()["message"].endswith("Details:RPM limit reached.")
        assert reply.headers["retry-after"] == "61"
        time.now += 61
        assert (await server.chat(model="slow")).status == 200
    assert provider.total() == 3


def test_weights_share_the_requests() -> None:
    providers = [Provider(name=name) for name in "abc"]
    model = Model(
        name="team",
        upstreams=tuple(
            Upstream(one, "x", weight) for one, weight in zip(providers, (1, 3, 6), strict=True)
        ),
    )
    clock = Clock()
    router = Router(Windows(clock), Metrics(), clock, random.Random(7))
    first = [router._in_order(model)[0].provider.name for _ in range(5000)]
    shares = [first.count(name) / len(first) for name in "abc"]
    assert shares == pytest.approx([0.1, 0.3, 0.6], abs=0.03)


async def test_without_a_key_no_upstream_is_asked_and_the_setting_is_named() -> None:
    lacking = Provider(name="x", key_setting="X_API_KEY")
    clock = Clock()
    router = Router(Windows(clock), Metrics(), clock)
    model = Model(name="m", upstreams=(Upstream(lacking, "m"),))

    async def never(_upstream: Upstream) -> None:
        raise AssertionError

    with pytest.raises(ModelUnavailableError) as caught:
        await router.first(model, 1, never)
    assert "X_API_KEY" in str(caught.value)


async def test_streams_that_break_in_the_middle_open_the_circuit(
    team: Any, provider: RunningProvider
) -> None:
    provider.fault("cut", model=FIRST, at=2)
    alone = f'[models.alone]\nupstreams = ["a/{FIRST}"]'
    async with team(alone) as server:
        for _ in range(FAULTS):
            assert "[DONE]" not in (await server.chat(model="alone", stream=True)).data()
        reply = await server.chat(model="alone", stream=True)
        assert (await server.get("/readyz")).json()["circuits_open"] == 1
    assert (reply.status, reply.json()["code"]) == (503, 50505)
    assert provider.total() == FAULTS


@pytest.mark.parametrize("stream", [False, True])
async def test_a_single_upstream_that_resets_once_answers_all_the_same(
    team: Any, provider: RunningProvider, stream: bool
) -> None:
    provider.fault("reset", model=FIRST, at=0, times=1)
    alone = f'[models.alone]\nupstreams = ["a/{FIRST}"]'
    async with team(alone) as server:
        assert (await server.chat(model="alone", stream=stream)).status == 200
    assert provider.total() == 2
