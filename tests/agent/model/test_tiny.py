"""A tiny model in this process talks nonsense: the checks catch it, the report stays right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from taplens.agent.answering import Agent
from taplens.agent.direct.answerer import Direct
from taplens.clock import Clock
from taplens.llm import Client
from taplens.llm.catalogue import load_catalogue
from taplens.llm.local import LocalTransport
from taplens.mirror import Keeper
from taplens.tools.context import ToolContext
from tests.agent.model.conftest import NOW, Said
from tests.llm.tiny_gguf import write_model
from tests.tools.conftest import FIRST

if TYPE_CHECKING:
    from pathlib import Path

    from taplens.config import Settings

NONSENSE = "缺陷共九百个，都因服务器！"
CLOCK = Clock(seconds=lambda: float(NOW))


@pytest.fixture
def tiny(mirrored: Settings, tmp_path: Path) -> Settings:
    """Settings whose agent is a model that says NONSENSE, whatever it is asked."""
    model = write_model(tmp_path / "tiny.gguf", NONSENSE)
    providers = tmp_path / "providers.toml"
    providers.write_text(
        f'[providers.own]\nkind = "local"\nmodels = ["tiny"]\n'
        f"path = '{model}'\ncontext = 32768\nparallel = 1\nthreads = 1\n",
        encoding="utf-8",
    )
    return replace(
        mirrored, providers_file=providers, agent_model="own/tiny", requests_per_minute=1_000_000
    )


def client_of(settings: Settings) -> Client:
    return Client(load_catalogue(settings, {}), {"local": LocalTransport(settings.home)})


async def test_what_it_says_is_marked(tiny: Settings) -> None:
    catalogue, client = load_catalogue(tiny, {}), client_of(tiny)
    async with Keeper(tiny, clock=CLOCK) as keeper:

        async def opened() -> Keeper:
            return keeper

        agent = Agent(
            tiny, catalogue, client, keeper=opened, clock=CLOCK, direct=Direct(opened, CLOCK)
        )
        said = Said([])
        asked = {"messages": [{"role": "user", "content": "有多少未关闭的缺陷？"}]}
        async for piece in agent.answer(asked | {"max_tokens": 60}):
            said.pieces.append(dict(piece.delta))
        await agent.aclose()
    await client.aclose()
    assert "九百" in said.text
    assert said.basis["unverified"] >= 1


async def test_a_report_with_its_prose_is_right(tiny: Settings) -> None:
    from taplens.tools.report_prose import with_prose
    from taplens.tools.reporting import ReportAsked, report_of

    client = client_of(tiny)
    async with Keeper(tiny, clock=CLOCK) as keeper:
        context = ToolContext(keeper=keeper, workspaces=(FIRST,), locale="zh", clock=CLOCK)
        asked = ReportAsked(since="2026-03-25", until="2026-03-31", where="type:bug", lang="zh")
        bare = await report_of(context, asked)
        told = await with_prose(context, bare, "own/tiny", client=client)
    await client.aclose()
    assert told.prose is not None
    assert replace(told, prose=None) == bare
    texts = " ".join([*told.prose.summary, *(one.text for one in told.prose.findings)])
    assert "九百" not in texts
    assert told.prose.missing
