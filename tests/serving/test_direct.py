"""`taplens-direct` over HTTP: a model like others, for who may read the mirror."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taplens.clock import Clock
from taplens.config import Settings
from taplens.gateway.administration import create_key
from taplens.serving.app import create_app
from tests.agent.conftest import CLOCK, mirrored
from tests.gateway.serving_here import CHAT
from tests.serving.test_app import post, running

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openai import AsyncOpenAI

__all__ = ["mirrored"]
MODEL = "taplens-direct"


@pytest.fixture
def own(mirrored: Settings, tmp_path: Path) -> Settings:
    """The mirror in a home of the test's own, where it may make keys."""
    shutil.copytree(mirrored.home, tmp_path / "home")
    return replace(mirrored, home=tmp_path / "home")


def question(text: str) -> dict[str, object]:
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], "stream": False}


async def test_a_question_is_answered_with_what_it_rests_on(own: Settings) -> None:
    async with running(create_app(own, clock=CLOCK)) as (url, _):
        status, answer, _ = await post(url + CHAT, question("未关闭的缺陷有多少？"))
    assert status == 200
    (choice,) = answer["choices"]
    told = choice["message"]["taplens"]
    assert re.match(r"共 \*\*\d+\*\* 个缺陷", choice["message"]["content"])
    assert (told["confidence"], told["where"]) == ("sure", "type:bug is:open")
    assert told["tools"][0]["name"] == "count_items"
    assert answer["usage"]["total_tokens"] > 0


async def test_a_stream_says_the_same_and_ends_with_what_it_rests_on(own: Settings) -> None:
    async with running(create_app(own, clock=CLOCK)) as (url, _):
        _, whole, _ = await post(url + CHAT, question("Open bugs by owner"))
        client = openai_client(url)
        stream = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "Open bugs by owner"}], stream=True
        )
        chunks = [chunk async for chunk in stream]
        await client.close()
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    said = whole["choices"][0]["message"]["content"]
    # How fresh it is changes as the server keeps the mirror fresh.
    assert text.partition("\n- Data as of")[0] == said.partition("\n- Data as of")[0]
    assert len(chunks) > 5
    assert chunks[-1].choices[0].delta.model_extra["taplens"]["confidence"] == "sure"  # type: ignore[index]


def openai_client(url: str) -> AsyncOpenAI:

    from openai import AsyncOpenAI

    return AsyncOpenAI(base_url=url + "/v1", api_key="none", max_retries=0)


async def test_a_key_for_chats_alone_does_not_open_the_mirror(own: Settings) -> None:
    chats = create_key(own, name="只聊天")[1].reveal()
    reads = create_key(own, name="能读镜像", mcp=True, budget_cost=1.0,
                       budget_currency="CNY")[1].reveal()  # fmt: skip
    async with running(create_app(own, clock=CLOCK)) as (url, _):
        answers = [
            await post(url + CHAT, question("缺陷有多少"), Authorization=f"Bearer {key}")
            for key in (chats, reads)
        ]
        listed = [await models(url, key) for key in (chats, reads)]
    assert [status for status, _, _ in answers] == [403, 200]
    assert "--mcp" in str(answers[0][1])
    assert [MODEL in names for names in listed] == [False, True]


async def models(url: str, key: str) -> list[str]:
    import aiohttp

    headers = {"Authorization": f"Bearer {key}"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(url + "/v1/models", headers=headers) as response,
    ):
        return [one["id"] for one in (await response.json())["data"]]


async def test_an_answer_is_booked_and_costs_nothing(own: Settings) -> None:
    app = create_app(own, clock=CLOCK)
    async with running(app) as (url, _):
        key = create_key(own, name="记账", mcp=True)[1].reveal()
        await post(url + CHAT, question("缺陷有多少"), Authorization=f"Bearer {key}")
        booked = app.services.metrics.text().decode()
    assert 'model="taplens-direct"' in booked
    assert 'provider="taplens"' in booked


async def test_without_a_workspace_it_says_what_to_set(tmp_path: Path) -> None:
    async with running(create_app(Settings(home=tmp_path), clock=Clock())) as (url, _):
        status, answer, _ = await post(url + CHAT, question("缺陷有多少"))
    assert status == 400
    assert "TAPD_WORKSPACE_ID" in str(answer)


async def test_an_answer_links_to_its_chart_which_is_there_without_a_key(own: Settings) -> None:
    key = create_key(own, name="看图", mcp=True)[1].reveal()
    async with running(create_app(own, clock=CLOCK)) as (url, _):
        asked = question("未关闭缺陷按处理人分布")
        _, answer, _ = await post(url + CHAT, asked, Authorization=f"Bearer {key}")
        text = answer["choices"][0]["message"]["content"]
        places = re.findall(r"\((http[^)]+/charts/[^)]+)\)", text)
        found = [await fetched(place) for place in places]
        missing = [
            await fetched(f"{url}/charts/{name}")
            for name in ("x.svg", "../healthz.svg", places[0].rpartition("/")[2][:-4] + ".exe")
        ]
    assert all(place.startswith(url) for place in places)
    kinds = [headers["Content-Type"] for _, headers, _ in found]
    assert kinds == ["image/png", "image/svg+xml", "image/svg+xml", "text/csv; charset=utf-8"]
    assert all(status == 200 for status, _, _ in found)
    assert found[0][2].startswith(b"\x89PNG")
    assert found[1][2] != found[2][2]  # light and dark
    assert "default-src 'none'" in found[1][1]["Content-Security-Policy"]
    assert found[3][2].decode("utf-8-sig").count("\n") > 3
    assert [status for status, _, _ in missing] == [404, 404, 404]


async def fetched(url: str) -> tuple[int, Mapping[str, str], bytes]:
    import aiohttp

    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, response.headers, await response.read()


async def test_a_number_alone_links_to_no_chart(own: Settings) -> None:
    async with running(create_app(own, clock=CLOCK)) as (url, _):
        _, answer, _ = await post(url + CHAT, question("未关闭的缺陷有多少？"))
    assert "/charts/" not in answer["choices"][0]["message"]["content"]


async def test_behind_a_proxy_links_lead_to_the_address_that_is_set(own: Settings) -> None:
    settings = replace(own, public_url="https://lens.example.com/base")
    async with running(create_app(settings, clock=CLOCK)) as (url, _):
        _, answer, _ = await post(url + CHAT, question("最近30天缺陷趋势"))
    assert "(https://lens.example.com/base/charts/" in answer["choices"][0]["message"]["content"]
