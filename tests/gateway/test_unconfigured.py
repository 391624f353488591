"""A gateway without any provider: it starts, lists, validates, and says what to set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.gateway.serving_here import MODEL, chat, served, services_for

if TYPE_CHECKING:
    from pathlib import Path


async def test_it_starts_and_lists_its_models(tmp_path: Path) -> None:
    async with served(services_for(tmp_path)) as server:
        names = [model["id"] for model in (await server.get("/v1/models")).json()["data"]]
        assert MODEL in names
        assert (await server.get("/readyz")).json() == {
            "status": "ready", "providers_configured": 0, "circuits_open": 0,
        }  # fmt: skip


async def test_a_valid_request_is_told_which_setting_to_make(tmp_path: Path) -> None:
    async with served(services_for(tmp_path)) as server:
        for stream in (False, True):
            reply = await server.chat(stream=stream)
            assert (reply.status, reply.json()["code"]) == (503, 50505)
            assert "SILICONFLOW_API_KEY" in reply.json()["message"]
            assert reply.headers["x-should-retry"] == "false"


async def test_choice_2_the_documented_limits_hold_until_a_provider_answers(tmp_path: Path) -> None:
    said = [{"role": "user", "content": "你好"}] * 11
    async with served(services_for(tmp_path)) as server:
        many = await server.ask(body=chat(messages=said))
        long = await server.chat(max_tokens=16385)
    assert (many.status, many.json()["data"]) == (400, "messages")
    assert "10" in many.json()["message"]
    assert (long.status, long.json()["data"]) == (400, "max_tokens")
    assert "16384" in long.json()["message"]


async def test_choice_2_the_operator_may_choose_the_documented_limits(tmp_path: Path) -> None:
    said = [{"role": "user", "content": "你好"}] * 11
    strict = f'[models."{MODEL}"]\nlimits = "documented"\n'
    async with served(services_for(tmp_path, {"SILICONFLOW_API_KEY": "k"}, strict)) as server:
        assert (await server.ask(body=chat(messages=said))).json()["data"] == "messages"
