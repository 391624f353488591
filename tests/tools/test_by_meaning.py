"""The tools that compare by meaning: the nearest of `find_items`, and `similar_items`."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from taplens.config import Secret, Settings
from taplens.errors import ArgumentError, CursorError, NotFoundError
from taplens.mirror import Keeper
from taplens.tools import registry
from taplens.tools.context import ToolContext
from tests.conftest import SandboxFactory
from tests.tools.conftest import FIRST, SECOND, Ask


async def first_bug(ask: Ask) -> dict:
    answer = await ask("find_items", {"where": "type:bug sort:id", "limit": 1})
    (row,) = answer.content["data"]
    return row


async def test_the_nearest_follow_and_every_page_says_so(ask: Ask) -> None:
    asked = {"where": "支付页面登陆崩溃很慢", "limit": 3}
    first = await ask("find_items", asked)
    assert first.content["data"]
    assert first.content["total"] < 10
    assert any("nearest" in told for told in first.content["warnings"])
    second = await ask("find_items", asked | {"cursor": first.content["next_cursor"]})
    ids = [(row["type"], row["id"]) for one in (first, second) for row in one.content["data"]]
    assert len(set(ids)) == len(ids) > 3


async def test_mode_semantic_finds_what_is_said_in_other_words(ask: Ask) -> None:
    answer = await ask("find_items", {"where": "login crash type:bug", "mode": "semantic"})
    assert any("登录" in row["title"] for row in answer.content["data"][:3])
    assert answer.content["total"] == 0


@pytest.mark.parametrize("embedder", ["nobody/model", "siliconflow/BAAI/bge-m3", "/no/such/folder"])
async def test_an_embedder_that_can_not_be_used_leaves_the_words(
    mirrored, embedder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SILICONFLOW_API_KEY", raising=False)
    async with Keeper(replace(mirrored, embedder=embedder)) as keeper:
        context = ToolContext(keeper=keeper, workspaces=(FIRST, SECOND), locale="en", budget=2000)
        answer = await registry.call(context, "find_items", {"where": "登录 崩溃啦"})
        assert any("by its words alone" in told for told in answer.content["warnings"])
        title = answer.content["data"][0]["title"]
        assert title


async def test_an_endpoint_is_asked_only_where_few_items_hold_the_words_and_rests_after_a_fault(
    tmp_path: Path, start_sandbox: SandboxFactory
) -> None:
    sandbox = start_sandbox(items=40, provider=True)
    provider, place = sandbox.provider, tmp_path / "embedders.toml"
    table = f'[providers.team]\nbase_url = "{provider.base_url}"\napi_key = "demo"\n'
    place.write_text(table, encoding="utf-8")
    settings = Settings(
        home=tmp_path,
        api_base_url=sandbox.base_url,
        access_token=Secret("demo"),
        workspace_ids=(sandbox.world.first.id,),
        requests_per_minute=1_000_000,
        embedder="team/BAAI/bge-m3",
        providers_file=place,
    )
    async with Keeper(settings) as keeper:
        await keeper.sync()
        provider.clear_requests()
        context = ToolContext(keeper=keeper, workspaces=settings.workspace_ids, locale="en")

        async def asked(where: str) -> list[str]:
            answer = await registry.call(context, "find_items", {"where": where})
            return [told for told in answer.content.get("warnings", []) if "alone" in told]

        await asked("登录 or 支付 or 页面")
        assert provider.total() == 0
        assert await asked("登录 崩溃啦") == []
        assert provider.total() == 1
        provider.fault("503")
        began = time.monotonic()
        for where in ("支付 崩溃啦", "支付 崩溃啦", "页面 崩溃啦"):
            (told,) = await asked(where)
            assert "by its words alone" in told
        assert provider.total() == 2
        assert time.monotonic() - began < 2
        assert await asked("登录 崩溃啦") == []  # known from before


async def test_a_cursor_is_refused_where_the_embedder_fails_only_then(ask: Ask, mirrored) -> None:
    asked = {"where": "支付页面登陆崩溃很慢", "limit": 3}
    first = await ask("find_items", asked)
    next_page = asked | {"cursor": first.content["next_cursor"]}
    async with Keeper(replace(mirrored, embedder="nobody/model")) as keeper:
        context = ToolContext(keeper=keeper, workspaces=(FIRST, SECOND), locale="en", budget=2000)
        with pytest.raises(CursorError):
            await registry.call(context, "find_items", next_page)
        alone = await registry.call(context, "find_items", asked)
        second = asked | {"cursor": alone.content["next_cursor"]}
        assert (await registry.call(context, "find_items", second)).content["data"]
        with pytest.raises(CursorError):
            await ask("find_items", second)


async def test_similar_items_say_how_much_and_why(ask: Ask) -> None:
    bug = await first_bug(ask)
    answer = await ask("similar_items", {"id": f"bug:{bug['id']}", "all_modules": "true"})
    rows = answer.content["data"]
    assert 1 <= len(rows) <= 5
    assert bug["id"] not in {row["id"] for row in rows}
    assert {row["type"] for row in rows} == {"bug"}
    scores = [row["score"] for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert all(row.get("shared") or row.get("ids") for row in rows)
    assert f"score: {scores[0]}" in answer.text


async def test_similar_items_are_few_and_fit_the_budget(ask: Ask) -> None:
    bug = await first_bug(ask)
    asked = {"id": bug["id"], "all_modules": True, "limit": 20}
    answer = await ask("similar_items", asked, budget=700)
    whole = await ask("similar_items", asked, budget=None)
    assert len(answer.content["data"]) < len(whole.content["data"])
    assert any("more are similar" in told for told in answer.content["warnings"])


async def test_similar_items_of_what_is_not_there_are_an_error(ask: Ask) -> None:
    with pytest.raises(NotFoundError):
        await ask("similar_items", {"id": "99999999"})
    for wrong in ({"id": "闪退"}, {}, {"id": "1", "limit": 21}):
        with pytest.raises(ArgumentError):
            await ask("similar_items", wrong)
