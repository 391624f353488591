"""What a model has cost so far is told while it works."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from taplens.config import Settings
from taplens.egress.gated import Spent
from taplens.llm.entries import Price
from taplens.mirror import Keeper, ProgressEvent
from taplens.tools import registry
from taplens.tools.context import ToolContext
from tests.evaluate.test_files import ROW, book
from tests.evaluate.test_generate_command import verdict
from tests.llm.conftest import server
from tests.llm.scripted_server import ScriptedServer, answers, whole
from tests.tools.conftest import FIRST

__all__ = ["server"]


def test_tokens_and_money_are_added_up_as_far_as_they_are_known() -> None:
    price = Price(input=2.0, output=8.0, currency="CNY", known=True)
    spent = Spent()
    assert spent.text() == ""
    spent.add({"prompt_tokens": 500_000, "completion_tokens": 250_000}, price)
    spent.add(None, price)
    assert spent.text() == "750,000 tokens, 3.00 CNY"
    spent.add({"prompt_tokens": 1, "completion_tokens": "x"}, Price())
    assert spent.text() == "750,001 tokens"


async def test_progress_tells_the_cost_so_far(
    mirrored: Settings, tmp_path: Path, server: ScriptedServer
) -> None:
    book(tmp_path / "cases.xlsx", ROW)
    text = (
        f'[providers.siliconflow]\nbase_url = "{server.base_url}"\napi_key = "sk-geheim"\n'
        '[models."Qwen/QwQ-32B"]\nprice = { input = 4.0, output = 8.0 }\n'
    )
    (tmp_path / "providers.toml").write_text(text, encoding="utf-8")
    server.script = [answers(whole(json.loads(json.dumps(verdict()["content"]))))]
    heard: list[ProgressEvent] = []
    async with Keeper(mirrored) as keeper:
        await keeper.mirror()
        keeper.settings = replace(mirrored, home=tmp_path)
        context = ToolContext(keeper=keeper, workspaces=(FIRST,), progress=heard.append)
        asked = {"file": "cases.xlsx", "model": "Qwen/QwQ-32B"}
        await registry.call(context, "evaluate_test_cases", asked)
    assert heard[-1].done == heard[-1].total == 1
    assert "tokens" in heard[-1].note
    assert "CNY" in heard[-1].note
