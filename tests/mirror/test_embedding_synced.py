"""A sync makes the vectors; an endpoint that is down costs it nothing but those."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from taplens.clock import Clock
from taplens.config import Settings
from taplens.filters import parse
from taplens.llm.retrying import Pauses, Retries, half_jitter
from taplens.mirror import Keeper
from taplens.mirror.index.keeping import reaches
from taplens.mirror.sync import embedding
from taplens.sandbox.provider.handle import RunningProvider
from taplens.search.meaning import sense_of
from tests.conftest import SandboxFactory

MODEL = "team/BAAI/bge-m3"


def asking(settings: Settings, provider: RunningProvider) -> Settings:
    """The settings with the sandbox's own embeddings."""
    path: Path = settings.home / "embedders.toml"
    table = f'[providers.team]\nbase_url = "{provider.base_url}"\napi_key = "demo"\n'
    path.write_text(table, encoding="utf-8")
    return replace(settings, embedder=MODEL, providers_file=path)


async def counted(keeper: Keeper) -> tuple[int, int]:
    """How many items there are, and how many of them are embedded."""
    embedder = await keeper.embedder()
    (reach,) = await keeper.read(reaches, embedder.name if embedder else "")
    return reach.items, reach.embedded


async def test_a_sync_embeds_everything_and_the_next_only_what_changed(
    start_sandbox: SandboxFactory, connect_sqlite: Callable[..., Settings]
) -> None:
    sandbox = start_sandbox(items=20, provider=True)
    settings = asking(connect_sqlite(sandbox), sandbox.provider)
    async with Keeper(settings) as keeper:
        report = await keeper.sync()
        items, embedded = await counted(keeper)
        assert (report.warnings, embedded) == ([], items)
        sandbox.provider.clear_requests()
        await keeper.sync()
        assert sandbox.provider.total() == 0
        for _ in range(2):  # a question is asked about once
            sense = await sense_of(keeper, parse("登录闪退 type:bug"))
            assert sense.vector.shape == (64,)
        (asked,) = sandbox.provider.requests()
        assert asked["body"]["input"] == ["登录闪退"]
        bug = sandbox.truth(sandbox.world.first.id, "bug")[0]["id"]
        sandbox.act("edit", entity="bug", id=bug, changes={"title": "量子纠缠失败"})
        await keeper.sync()
        asked = [text for one in sandbox.provider.requests() for text in one["body"]["input"]]
        assert "量子纠缠失败" in asked
        assert len(asked) <= 10


@pytest.mark.parametrize("kind", ["400", "null_vector", "list_index", "reset"])
async def test_an_endpoint_that_fails_in_the_middle_ends_only_this_step(
    start_sandbox: SandboxFactory, connect_sqlite: Callable[..., Settings], kind: str
) -> None:
    sandbox = start_sandbox(items=40, provider=True)
    settings = asking(connect_sqlite(sandbox), sandbox.provider)
    sandbox.provider.fault(kind, after=8, at=0)
    async with Keeper(settings) as keeper:
        embedder = await keeper.embedder()
        embedder.batch = 8
        embedder._client._pauses = Pauses(Retries(attempts=2), asyncio.sleep, half_jitter)
        report = await keeper.sync()
        items, embedded = await counted(keeper)
        assert report.warnings == ["warning.not_embedded"]
        assert 0 < embedded < items
        sandbox.provider.clear_faults()
        report = await keeper.sync()
        assert report.warnings == []
        assert await counted(keeper) == (items, items)


async def test_an_endpoint_that_answers_shorter_vectors_loses_none(
    start_sandbox: SandboxFactory, connect_sqlite: Callable[..., Settings]
) -> None:
    sandbox = start_sandbox(items=20, provider=True)
    settings = asking(connect_sqlite(sandbox), sandbox.provider)
    async with Keeper(settings) as keeper:
        await keeper.sync()
        before = await counted(keeper)
        sandbox.provider.fault("short_vectors")
        bug = sandbox.truth(sandbox.world.first.id, "bug")[0]["id"]
        sandbox.act("edit", entity="bug", id=bug, changes={"title": "量子纠缠失败"})
        report = await keeper.sync()
        assert report.warnings == ["warning.not_embedded"]
        assert await counted(keeper) == (before[0], before[1] - 1)


async def test_switching_the_embedder_embeds_anew_and_keeps_the_old_for_a_day(
    start_sandbox: SandboxFactory, connect_sqlite: Callable[..., Settings]
) -> None:
    sandbox = start_sandbox(items=20, provider=True)
    builtin = connect_sqlite(sandbox, embedder="builtin")
    async with Keeper(builtin) as keeper:
        await keeper.sync()
        items, embedded = await counted(keeper)
        assert embedded == items > 0
    async with Keeper(asking(builtin, sandbox.provider)) as keeper:
        assert await counted(keeper) == (items, 0)
        await keeper.sync()
        assert await counted(keeper) == (items, items)
    async with Keeper(builtin) as keeper:
        assert await counted(keeper) == (items, items)
    off = replace(builtin, embedder="off")
    async with Keeper(off) as keeper:
        await keeper.sync()
    async with Keeper(builtin) as keeper:
        assert await counted(keeper) == (items, items)
    later = Clock(seconds=lambda: time.time() + 2 * 86_400)
    async with Keeper(off, clock=later) as keeper:
        await keeper.sync()
    async with Keeper(builtin) as keeper:
        assert await counted(keeper) == (items, 0)


async def test_a_cycle_embeds_for_a_bounded_time_and_the_next_goes_on(
    start_sandbox: SandboxFactory,
    connect_sqlite: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = start_sandbox(items=20)
    monkeypatch.setattr(embedding, "MOST_SECONDS", 0.0)
    async with Keeper(connect_sqlite(sandbox, embedder="builtin")) as keeper:
        embedder = await keeper.embedder()
        embedder.batch = 30
        report = await keeper.sync()
        items, embedded = await counted(keeper)
        assert report.warnings == []
        assert 0 < embedded <= 30 < items
        cycles = 1
        while embedded < items:
            await keeper.sync()
            cycles, embedded = cycles + 1, (await counted(keeper))[1]
        assert 3 <= cycles <= 4


async def test_a_setting_that_names_no_embedder_costs_a_sync_only_the_vectors(
    start_sandbox: SandboxFactory, connect_sqlite: Callable[..., Settings]
) -> None:
    sandbox = start_sandbox(items=20)
    async with Keeper(replace(connect_sqlite(sandbox), embedder="nobody/model")) as keeper:
        report = await keeper.sync()
        assert report.warnings == ["warning.not_embedded"]
        (reach,) = await keeper.read(reaches)
        assert (reach.complete, reach.embedded) == (True, 0)
