"""What is booked of requests that broke off, what they had reserved, and in whose price."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from taplens.clock import Clock
from taplens.config import Settings
from taplens.errors import ModelOverloadedError
from taplens.gateway import administration
from taplens.gateway.admission import Windows
from taplens.gateway.breaker import FAULTS
from taplens.gateway.metrics import Metrics
from taplens.gateway.router import BREAKERS, Router
from taplens.llm.entries import Model, Provider, Upstream
from taplens.llm.transport import HttpTransport, Timeouts
from tests.gateway.serving_here import MODEL, chat, served, services_for

if TYPE_CHECKING:
    from pathlib import Path

    from taplens.gateway.router import Attempt
    from taplens.gateway.services import Services
    from taplens.sandbox.provider.handle import RunningProvider
    from tests.gateway.conftest import Serve
    from tests.gateway.serving_here import Reply, Server

FIRST, SECOND = "Qwen/QwQ-32B", "deepseek-ai/DeepSeek-V3"
DEAR = "{ input = 7, output = 9 }"
PRICED = f'[models."{MODEL}"]\nprice = {{ input = 1000, output = 1000, currency = "CNY" }}\n'


def report(home: Path) -> list[dict[str, Any]]:
    chosen = {"since": "2000-01-01", "until": "2999-12-31", "by": ["provider"], "key": None}
    return administration.usage_report(Settings(home=home), **chosen)


def team(home: Path, provider: RunningProvider) -> Services:
    """The model `team`: upstream `a` (always first; dearer, in dollars), then `b`."""
    way = f'base_url = "{provider.base_url}"\napi_key = "{provider.key}"'
    first = f'{{ model = "a/{FIRST}", weight = 1000000000, price = {DEAR} }}'
    providers = "\n".join(
        [
            f'[providers.a]\ncurrency = "USD"\n{way}\n[providers.b]\ncurrency = "CNY"\n{way}',
            f'[models.team]\nupstreams = [{first}, "b/{SECOND}"]',
            'price = { input = 4, output = 16, currency = "CNY" }',
        ]
    )
    services = services_for(home, providers=providers)
    services.add_transport("http", HttpTransport(Timeouts(first_byte=0.3, between=0.3)))
    return services


async def leaving(server: Server, provider: RunningProvider, **fields: Any) -> None:
    """A client asks, and goes while the provider, held at the gate `g`, has said nothing."""
    asking = asyncio.create_task(server.chat("请总结这个缺陷", **fields))
    await asyncio.to_thread(provider.wait_at_gate, "g")
    asking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asking
    await asyncio.to_thread(provider.wait_until_idle)
    async with asyncio.timeout(3):
        await server.services._idle.wait()


async def make(home: Path, **limits: Any) -> dict[str, str]:
    """A new key as a header."""
    await asyncio.to_thread(home.mkdir, exist_ok=True)
    settings = Settings(home=home)
    _, secret = await asyncio.to_thread(administration.create_key, settings, name="甲", **limits)
    return {"Authorization": f"Bearer {secret.reveal()}"}


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_before_the_answer_has_used_its_prompt(
    serve: Serve, tmp_path: Path, provider: RunningProvider, stream: bool
) -> None:
    provider.fault("slow", gate="g")
    async with serve() as server:
        await leaving(server, provider, stream=stream)
    (row,) = report(tmp_path / "home")
    assert (row["requests"], row["estimated"], row["completion_tokens"]) == (1, True, 0)
    assert row["prompt_tokens"] > 5


@pytest.mark.parametrize(
    ("kind", "stream"), [("slow", False), ("slow", True), ("cut", False), ("reset", False)]
)
async def test_an_upstream_that_broke_off_has_used_the_prompt_though_another_answered(
    tmp_path: Path, provider: RunningProvider, kind: str, stream: bool
) -> None:
    provider.fault(kind, model=FIRST, gate="g")
    async with served(team(tmp_path, provider)) as server:
        assert (await server.chat(model="team", stream=stream)).status == 200
        provider.open_gate("g")
    first, second = report(tmp_path)
    assert (first["provider"], first["requests"], first["estimated"]) == ("a", 1, True)
    assert first["prompt_tokens"] > 0
    assert first["completion_tokens"] == 0
    assert (second["provider"], second["requests"]) == ("b", 1)


async def test_usage_is_booked_in_the_price_and_currency_of_who_answered(
    tmp_path: Path, provider: RunningProvider
) -> None:
    async with served(team(tmp_path, provider)) as server:
        await server.chat(model="team")
        provider.fault("503", model=FIRST)
        await server.chat(model="team")
    dear, cheap = report(tmp_path)
    for row, price, currency in ((dear, (7, 9), "USD"), (cheap, (4, 16), "CNY")):
        cost = row["prompt_tokens"] * price[0] + row["completion_tokens"] * price[1]
        assert (row["cost"], row["currency"]) == (pytest.approx(cost / 1e6), currency)


async def test_a_budget_of_money_needs_every_upstreams_price_in_its_currency(
    tmp_path: Path, provider: RunningProvider
) -> None:
    key = await make(tmp_path, budget_cost=5, budget_currency="CNY")
    async with served(team(tmp_path, provider)) as server:
        assert (await server.ask(body=chat(model="team"), headers=key)).status == 403
        reply = await server.ask(body=chat(model=f"b/{SECOND}"), headers=key)
    assert reply.status == 200


async def test_models_that_clients_make_up_leave_no_series_and_few_breakers(
    serve: Serve, provider: RunningProvider
) -> None:
    provider.fault("503", model="sandbox/made-up-*")
    async with serve() as server:
        listed = await server.chat(stream=True)
        assert listed.status == 200
        assert (await server.chat(model="siliconflow/sandbox/plain", stream=True)).status == 200
        for number in range(3):
            name = f"siliconflow/sandbox/made-up-{number}"
            assert (await server.chat(model=name)).status != 200
        text = (await server.get("/metrics")).body.decode()
        too_long = await server.chat(model="siliconflow/" + "长" * 300)
    assert "sandbox/" not in text
    assert f'model="{MODEL}"' in text
    assert 'model="other",provider="siliconflow"' in text
    assert (too_long.status, too_long.json()["data"]) == (400, "model")


async def test_breakers_of_upstreams_without_end_are_few_and_the_open_ones_stay() -> None:
    clock = Clock(monotonic=lambda: 1000.0)
    router = Router(Windows(clock), Metrics(), clock)

    async def failing(_attempt: Attempt) -> None:
        raise ModelOverloadedError("model_overloaded", provider="p", model="m", detail="")

    async def ask(name: str) -> None:
        model = Model(name=name, upstreams=(Upstream(Provider(name="p"), name),), listed=False)
        with pytest.raises(ModelOverloadedError):
            await router.first(model, 1, failing)

    for _ in range(FAULTS):
        await ask("常用")
    for number in range(BREAKERS + 10):
        await ask(f"甲{number}")
    assert len(router._breakers) <= BREAKERS
    assert router.open_circuits() == 1


@pytest.mark.parametrize(
    "budget", [{"budget_tokens": 1}, {"budget_cost": 0.001, "budget_currency": "CNY"}]
)
async def test_many_at_once_do_not_pass_a_budget_together(
    serve: Serve, tmp_path: Path, budget: dict[str, Any]
) -> None:
    key = await make(tmp_path / "home", **budget)
    async with serve(providers=PRICED) as server:
        replies = await asyncio.gather(*(server.ask(body=chat(), headers=key) for _ in range(20)))
        later = await server.ask(body=chat(), headers=key)
    statuses = sorted(reply.status for reply in replies)
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 403, 429}
    assert later.status == 403
    for reply in replies:
        if reply.status == 429:
            assert int(reply.headers["retry-after"]) >= 1


async def test_what_a_request_under_way_may_use_is_reserved_until_it_ends(
    serve: Serve, tmp_path: Path, provider: RunningProvider
) -> None:
    key = await make(tmp_path / "home", budget_tokens=1000)
    provider.fault("slow", gate="g", times=1)

    async def ask(**fields: Any) -> Reply:
        return await server.ask(body=chat(**fields), headers=key)

    async with serve() as server:
        first = asyncio.create_task(ask(max_tokens=2000))
        await asyncio.to_thread(provider.wait_at_gate, "g")
        assert (await ask()).status == 429
        provider.open_gate("g")
        assert (await first).status == 200
        assert (await ask(stream=True)).status == 200
        provider.fault("503", times=1)
        assert (await ask()).status == 503
        assert (await ask()).status == 200


async def test_what_a_client_that_left_had_reserved_is_free_again(
    serve: Serve, tmp_path: Path, provider: RunningProvider
) -> None:
    provider.fault("slow", gate="g", times=2)
    async with serve() as server:
        server.headers = await make(tmp_path / "home", budget_tokens=1000)
        for stream in (False, True):
            await leaving(server, provider, stream=stream, max_tokens=2000)
        assert (await server.chat()).status == 200
