"""The tool `generate_report`."""

from __future__ import annotations

import pytest

from taplens.errors import ArgumentError
from taplens.tools.sizing import compact, tokens
from tests.tools.conftest import FIRST, Ask

DAYS = {"since": "2026-03-18", "until": "2026-03-31"}


async def test_rows_are_figures_then_items_with_their_reasons(ask: Ask) -> None:
    result = await ask("generate_report", DAYS, budget=None)
    rows = result.content["data"]
    items = [row for row in rows if "id" in row]
    assert items
    assert all(row["why"] and row["id"] for row in items)
    created = next(row for row in rows if row.get("figure") == "New bugs")
    where = "type:bug created:2026-03-18..2026-03-31"
    counted = await ask("count_items", {"where": where})
    assert created["value"] == counted.content["total"]
    assert f"New bugs: {created['value']}" in result.text
    assert "2026-03-04 – 2026-03-17" in result.content["definition"]


@pytest.mark.parametrize("budget", [200, 500, 2000])
@pytest.mark.parametrize("where", ["", "id:1"])
async def test_no_report_is_larger_than_its_budget(ask: Ask, where: str, budget: int) -> None:
    result = await ask("generate_report", DAYS | {"where": where}, budget=budget)
    assert tokens(compact(result.content)) + tokens(result.text) <= budget


async def test_the_language_and_the_workspace_can_be_asked_for(ask: Ask) -> None:
    result = await ask("generate_report", DAYS | {"lang": "zh", "workspace": FIRST}, budget=None)
    assert any(row.get("figure") == "新增缺陷" for row in result.content["data"])


@pytest.mark.parametrize(
    "asked", [{"since": "x"}, {"lang": "fr"}, {"since": "2026-5", "until": "2025"}]
)
async def test_what_is_no_period_or_language_is_refused(ask: Ask, asked: dict[str, str]) -> None:
    with pytest.raises(ArgumentError):
        await ask("generate_report", asked)
