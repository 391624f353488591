"""Keys: who is let in, what each may do, and that none sees another's."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.clock import Clock
from taplens.config import Secret, Settings
from taplens.gateway import administration
from taplens.gateway.keys import OPERATOR, Key, Keyring, digest, new_id, new_secret
from tests.gateway.serving_here import MODEL, chat, served, services_for

if TYPE_CHECKING:
    from taplens.sandbox.provider.handle import RunningProvider
    from tests.gateway.conftest import Serve
    from tests.gateway.serving_here import Reply, Server

PRICED = f'[models."{MODEL}"]\nprice = {{ input = 1000, output = 1000, currency = "CNY" }}\n'


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """The settings that the gateway of `serve` has, for the command line beside it."""
    (tmp_path / "home").mkdir()
    return Settings(home=tmp_path / "home")


async def make(home: Settings, name: str = "测试组", **limits: Any) -> dict[str, str]:
    """A new key as a header."""
    _, secret = await asyncio.to_thread(administration.create_key, home, name=name, **limits)
    return {"Authorization": f"Bearer {secret.reveal()}"}


async def ask(server: Server, key: dict[str, str], **fields: Any) -> Reply:
    return await server.ask(body=chat(**fields), headers=key)


async def test_without_any_key_loopback_is_open_and_with_one_it_is_not(
    serve: Serve, home: Settings
) -> None:
    async with serve() as server:
        assert (await server.chat()).status == 200
        key = await make(home)
        assert (await ask(server, key)).status == 200  # known at once, though just made
        refused = await server.chat()
        assert (refused.status, refused.json()) == (401, "Invalid token")
        assert (await server.get("/v1/models")).status == 401
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await server.get(path)).status == 200


async def test_the_operators_token_is_a_key_without_limits(serve: Serve, home: Settings) -> None:
    await make(home, rpm=1)
    async with serve(http_token=Secret("geheim")) as server:
        for _ in range(3):
            assert (await ask(server, {"Authorization": "Bearer geheim"})).status == 200


async def test_a_revoked_key_is_refused_by_a_running_server(serve: Serve, home: Settings) -> None:
    await make(home, "bleibt")
    key = await make(home, "geht")
    async with serve() as server:
        assert (await ask(server, key)).status == 200
        await asyncio.to_thread(administration.revoke_keys, home, ["geht"])
        await server.services.books.exchange()
        assert (await ask(server, key)).status == 401


async def test_off_loopback_nothing_is_open_even_when_the_last_key_is_gone(tmp_path: Path) -> None:
    async with served(services_for(tmp_path), local=False) as server:
        assert (await server.chat()).status == 401
        assert (await server.get("/v1/models")).status == 401


async def test_only_a_hash_of_a_key_is_stored(home: Settings) -> None:
    secret = (await make(home))["Authorization"].removeprefix("Bearer ")
    assert len(secret) > 43
    with sqlite3.connect(home.state_path) as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert secret not in dump
    assert secret.split("-", 2)[2] not in dump
    assert digest(secret.encode()).hex() in dump


async def test_a_key_may_use_only_its_models(serve: Serve, home: Settings) -> None:
    key = await make(home, models=["deepseek-ai/*", "Qwen/Qwen3-8B"])
    async with serve() as server:
        assert (await ask(server, key, model="deepseek-ai/DeepSeek-V3")).status == 200
        refused = await ask(server, key, model=MODEL)
        assert (refused.status, refused.json()["code"]) == (403, 40300)
        assert MODEL in refused.json()["message"]
        # Another spelling of the same model is the same model.
        assert (await ask(server, key, model=f"siliconflow/{MODEL}")).status == 403
        listed = await server.ask("/v1/models", method="GET", headers=key)
        names = [model["id"] for model in listed.json()["data"]]
        assert MODEL not in names
        assert "Qwen/Qwen3-8B" in names
        hidden = await server.ask(f"/v1/models/{MODEL}", method="GET", headers=key)
        assert hidden.status == 404


async def test_a_keys_requests_a_minute_are_kept_and_anothers_untouched(
    serve: Serve, home: Settings
) -> None:
    key, other = await make(home, "a", rpm=2), await make(home, "b", rpm=2)
    async with serve() as server:
        replies = [await ask(server, key) for _ in range(3)]
        assert [reply.status for reply in replies] == [200, 200, 429]
        assert (await ask(server, other)).status == 200
    body = replies[2].json()
    assert body.keys() == {"message", "data"}
    assert body["message"].endswith("Details:RPM limit reached.")
    assert 1 <= int(replies[2].headers["retry-after"]) <= 61


async def test_a_keys_tokens_a_minute_are_kept_as_they_were_really_used(
    serve: Serve, home: Settings, provider: RunningProvider
) -> None:
    key = await make(home, tpm=200)
    provider.script([{"content": "字" * 300}])
    async with serve() as server:
        assert (await ask(server, key)).status == 200
        refused = await ask(server, key)
    assert refused.status == 429
    assert refused.json()["message"].endswith("Details:TPM limit reached.")


async def test_a_fresh_key_is_known_to_all_who_come_with_it_at_once(
    serve: Serve, home: Settings
) -> None:
    async with serve(http_token=Secret("geheim")) as server:
        key = await make(home)
        replies = await asyncio.gather(*(ask(server, key) for _ in range(8)))
    assert [reply.status for reply in replies] == [200] * 8


async def test_many_at_once_do_not_pass_a_limit_together(serve: Serve, home: Settings) -> None:
    key = await make(home, rpm=7)
    async with serve() as server:
        replies = await asyncio.gather(*(ask(server, key) for _ in range(30)))
    assert sorted(reply.status for reply in replies) == [200] * 7 + [429] * 23


async def test_a_budget_of_tokens_stops(serve: Serve, home: Settings) -> None:
    key = await make(home, budget_tokens=1)
    async with serve() as server:
        assert (await ask(server, key)).status == 200
        refused = await ask(server, key)
    assert refused.status == 403
    assert "1 tokens" in refused.json()["message"]
    assert refused.headers["x-should-retry"] == "false"


async def test_a_budget_of_money_stops_and_refuses_what_has_no_price(
    serve: Serve, home: Settings
) -> None:
    key = await make(home, budget_cost=0.01, budget_currency="CNY")
    async with serve(providers=PRICED) as server:
        unpriced = await ask(server, key, model="deepseek-ai/DeepSeek-V3")
        assert (unpriced.status, "CNY" in unpriced.json()["message"]) == (403, True)
        assert (await ask(server, key)).status == 200
        refused = await ask(server, key)
        assert (refused.status, "0.01 CNY" in refused.json()["message"]) == (403, True)


async def test_a_budget_outlives_the_server_and_ends_with_the_month(
    home: Settings, provider: RunningProvider
) -> None:
    @dataclass
    class Calendar:
        now: float = 1_774_951_000.0  # 2026-03-31 17:56 +08:00

    calendar = Calendar()
    environment = {"SILICONFLOW_API_KEY": provider.key, "SILICONFLOW_BASE_URL": provider.base_url}
    clock = Clock(seconds=lambda: calendar.now)
    key = await make(home, budget_tokens=1)
    async with served(services_for(home.home, environment, clock=clock)) as server:
        assert (await ask(server, key)).status == 200
    async with served(services_for(home.home, environment, clock=clock)) as server:
        assert (await ask(server, key)).status == 403
        calendar.now += 86_400
        assert (await ask(server, key)).status == 200
        assert (await ask(server, key)).status == 403


async def test_another_processs_usage_counts_against_the_budget(
    serve: Serve, home: Settings, provider: RunningProvider
) -> None:
    key = await make(home, budget_tokens=1)
    async with serve() as one, serve() as other:
        assert (await ask(one, key)).status == 200
        await one.services.books.exchange()
        await other.services.books.exchange()
        assert (await ask(other, key)).status == 403


async def test_metrics_are_for_this_machine_or_with_a_key(home: Settings) -> None:
    from taplens.gateway.app import Gateway

    services = services_for(home.home, http_token=Secret("geheim"))
    app = Gateway(services, local=False)

    async def status(client: str, *headers: tuple[bytes, bytes]) -> int:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/metrics", "headers": list(headers),
                 "client": (client, 1)}  # fmt: skip
        await app(scope, None, send)  # type: ignore[arg-type]
        return int(sent[0]["status"])

    assert await status("127.0.0.1") == 200
    assert await status("::1") == 200
    assert await status("192.168.1.7") == 401
    assert await status("192.168.1.7", (b"authorization", b"Bearer geheim")) == 200


@pytest.mark.parametrize(
    ("tokens", "status"),
    [
        (["geheim"], 200),
        (["geheim", "falsch"], 401),
        (["falsch", "geheim"], 401),
        (["geheim", "geheim"], 401),
    ],
)
async def test_two_authorizations_are_none(serve: Serve, tokens: list[str], status: int) -> None:
    async with serve(http_token=Secret("geheim")) as server:
        from multidict import CIMultiDict

        headers = CIMultiDict([("Authorization", f"Bearer {token}") for token in tokens])
        async with server.session.get(server.url + "/v1/models", headers=headers) as response:
            assert response.status == status


@given(token=st.binary(max_size=90))
def test_no_other_text_is_a_key(token: bytes) -> None:
    key = Key(id="00000000aa", name="x")
    known = digest(new_secret(key.id).reveal().encode())
    keyring = Keyring(Secret("geheim"))
    keyring.replace([(key, known)])
    assert keyring.find(token) is (OPERATOR if token == b"geheim" else None)
    assert keyring.find(b"tl-00000000aa-" + token) is None


def test_a_key_is_recognised_by_all_of_it() -> None:
    key = Key(id=new_id(), name="x")
    secret = new_secret(key.id).reveal().encode()
    keyring = Keyring()
    keyring.replace([(key, digest(secret))])
    assert keyring.find(secret) is key
    for position in range(len(secret)):
        changed = bytearray(secret)
        changed[position] ^= 1
        assert keyring.find(bytes(changed)) is None
