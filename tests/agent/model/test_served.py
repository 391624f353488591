"""The model `taplens` as a client meets it: beside other models, over HTTP, streamed or not."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp

from taplens.clock import Clock
from taplens.egress.log import logged
from taplens.gateway.administration import create_key
from taplens.gateway.services import Services
from taplens.llm.catalogue import load_catalogue
from taplens.serving.app import create_app
from tests.agent.model.conftest import call, calls
from tests.gateway.serving_here import CHAT
from tests.serving.test_app import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from taplens.config import Settings
    from taplens.sandbox.provider.handle import RunningProvider

OPEN = calls(call("count_items", where="type:bug is:open"))
ANSWER = "目前有 {{r1.total}} 个未关闭的缺陷。"
ASKED = {"model": "taplens", "messages": [{"role": "user", "content": "有多少未关闭的缺陷？"}]}


@asynccontextmanager
async def served(settings: Settings, provider: RunningProvider) -> AsyncIterator[str]:
    """The whole server over the mirror that is there, in front of the scripted provider."""
    settings = replace(settings, sync_seconds=86_400)
    environment = {"SILICONFLOW_BASE_URL": provider.base_url, "SILICONFLOW_API_KEY": provider.key}
    catalogue = load_catalogue(settings, environment)
    services = Services(settings, catalogue=catalogue)
    async with running(create_app(settings, services=services)) as (url, _):
        yield url


async def _asked(url: str, body: Any, key: str = "") -> str:
    status, text = await _answered(url, body, key)
    assert status == 200, text
    return text


async def _answered(url: str, body: Any, key: str = "") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url + CHAT, json=body, headers=headers) as response,
    ):
        return response.status, await response.text()


async def test_taplens_is_a_model_beside_others(
    mirrored: Settings, provider: RunningProvider
) -> None:
    async with (
        served(mirrored, provider) as url,
        aiohttp.ClientSession() as session,
        session.get(url + "/v1/models") as response,
    ):
        names = [one["id"] for one in (await response.json())["data"]]
    assert {"taplens", "taplens-direct", "Qwen/QwQ-32B"} <= set(names)


async def test_an_answer_comes_whole_or_streamed_and_says_what_it_rests_on(
    mirrored: Settings, provider: RunningProvider
) -> None:
    async with served(mirrored, provider) as url:
        provider.script([OPEN, ANSWER, OPEN, ANSWER])
        whole = json.loads(await _asked(url, ASKED))
        stream = await _asked(url, ASKED | {"stream": True, "enable_thinking": True})
    message = whole["choices"][0]["message"]
    assert whole["usage"] == message["taplens"]["usage"]
    assert whole["usage"]["prompt_tokens"] > 300  # of both rounds
    assert message["content"] == "目前有 8 个未关闭的缺陷。"
    assert message["taplens"]["tools"][0]["tool"] == "count_items"
    assert "reasoning_content" not in message
    lines = [line.removeprefix("data: ") for line in stream.split("\n") if line.startswith("data")]
    deltas = [json.loads(line)["choices"][0]["delta"] for line in lines[:-1]]
    assert lines[-1] == "[DONE]"
    assert "".join(one.get("content") or "" for one in deltas) == message["content"]
    assert any("count_items" in (one.get("reasoning_content") or "") for one in deltas)
    assert deltas[-1]["taplens"]["unverified"] == 0


async def test_a_clients_tool_call_reaches_the_client(
    mirrored: Settings, provider: RunningProvider
) -> None:
    tool = {"type": "function", "function": {"name": "send_mail", "parameters": {"type": "object"}}}
    async with served(mirrored, provider) as url:
        provider.script([calls(call("send_mail", to="boss"))])
        whole = json.loads(await _asked(url, ASKED | {"tools": [tool]}))
    choice = whole["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["tool_calls"][0]["function"]["name"] == "send_mail"


async def test_who_asked_is_in_the_egress_log(
    mirrored: Settings, provider: RunningProvider
) -> None:
    key, secret = create_key(mirrored, name="质量组", mcp=True)
    began = Clock().now()
    async with served(mirrored, provider) as url:
        provider.script([ANSWER])
        await _asked(url, ASKED, secret.reveal())
    rows = logged(mirrored, since=began, until=Clock().now())
    assert key.id in {row["principal"] for row in rows}


async def test_a_budget_of_money_holds_for_what_the_asked_models_cost(
    mirrored: Settings, provider: RunningProvider
) -> None:
    secret = create_key(mirrored, name="有预算", mcp=True, budget_cost=0.01,
                        budget_currency="CNY")[1].reveal()  # fmt: skip
    asked = mirrored.home / "priced.toml"
    asked.write_text(
        '[models."Qwen/QwQ-32B"]\nprice = { input = 10, output = 40, currency = "CNY" }\n',
        encoding="utf-8",
    )
    one = replace(mirrored, agent_model="siliconflow/Qwen/QwQ-32B")
    async with served(one, provider) as url:
        status, text = await _answered(url, ASKED, secret)
        assert status == 403
        assert "price" in text
    async with served(replace(one, providers_file=asked), provider) as url:
        provider.script([OPEN, ANSWER] * 3)
        answers = [await _answered(url, ASKED, secret) for _ in range(3)]
    assert answers[0][0] == 200
    assert answers[-1][0] == 403
    assert "budget" in answers[-1][1]
