"""The tool `word_frequency`, and items gone through for an export."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from taplens.errors import ArgumentError, FilterError
from taplens.filters import parse, to_text
from taplens.tools.arguments import checked
from taplens.tools.every_item import EveryItem, every_item
from taplens.tools.find_items import FindItems
from tests.tools.conftest import FIRST, SECOND, Ask

if TYPE_CHECKING:
    from taplens.tools.context import ToolContext


async def test_rows_say_how_often_and_in_how_many_items(ask: Ask) -> None:
    result = (await ask("word_frequency", {"where": "type:bug,story"}, budget=None)).content
    assert result["total"] == 200
    for row in result["data"]:
        assert row["count"] >= max(3, row["items"])
        assert row["items"] == row["story"] + row["bug"]
    assert "keyness" in result["definition"]


async def test_words_that_do_not_fit_are_counted(ask: Ask) -> None:
    whole = (await ask("word_frequency", {"limit": "200"}, budget=None)).content
    cut = (await ask("word_frequency", {"limit": "200"}, budget=800)).content
    assert 0 < len(cut["data"]) < len(whole["data"])
    assert whole["data"][: len(cut["data"])] == cut["data"]
    assert cut["warnings"] != whole.get("warnings")


async def test_suggestions_are_filters_whose_items_are_found(ask: Ask) -> None:
    result = await ask("word_frequency", {"where": "type:bug is:open"}, budget=None)
    assert result.content["suggestions"]
    for where in result.content["suggestions"]:
        assert to_text(parse(where)) == where
        assert where in result.text
        found = await ask("find_items", {"where": where, "mode": "fulltext"})
        assert found.content["total"] >= 1


@pytest.mark.parametrize("budget", [200, 500, 2000])
@pytest.mark.parametrize("where", ["", "type:bug", "type:tcase", "status:已关闭 or owner:none"])
async def test_no_answer_is_larger_than_its_budget(ask: Ask, where: str, budget: int) -> None:
    from taplens.tools.sizing import compact, tokens

    result = await ask("word_frequency", {"where": where, "limit": 200}, budget=budget)
    assert tokens(compact(result.content)) + tokens(result.text) <= budget


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"min_frequency": 0}, ArgumentError),
        ({"limit": 201}, ArgumentError),
        ({"extended": "perhaps"}, ArgumentError),
        ({"where": "没有:这个"}, FilterError),
    ],
)
async def test_what_cannot_be_counted_is_refused(
    ask: Ask, arguments: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await ask("word_frequency", arguments)


async def test_an_export_goes_through_all_items_of_all_workspaces(context: ToolContext) -> None:
    arguments = checked(FindItems, {"where": "type:bug", "limit": 1, "workspace": [FIRST, SECOND]})

    def use(found: EveryItem) -> list[str]:
        assert found.count == found.total
        return [row.id for row in found.rows]

    ids = await every_item(replace(context, budget=10), arguments, use)
    assert len(ids) == len(set(ids)) > 100


async def test_whoever_goes_through_items_in_vain_is_stopped(context: ToolContext) -> None:
    begun, going_on, ended = threading.Event(), threading.Event(), threading.Event()

    def use(found: EveryItem) -> None:
        next(found.rows)
        begun.set()
        going_on.wait(4)
        try:
            next(found.rows)
        finally:
            ended.set()

    task = asyncio.create_task(every_item(context, checked(FindItems, {"where": "type:bug"}), use))
    await asyncio.to_thread(begun.wait, 4)
    task.cancel()
    await asyncio.wait({task}, timeout=0.05)
    assert not task.done()  # what was begun is waited for
    going_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_words_are_drawn_as_a_cloud_where_that_is_asked_for(ask: Ask) -> None:
    asked = {"where": "type:bug", "limit": 200}
    assert (await ask("word_frequency", asked)).picture is None
    result = await ask("word_frequency", asked | {"chart": "dark"}, budget=None)
    assert result.picture is not None
    assert result.picture.data.startswith(b"\x89PNG")
    chart = result.chart()
    assert chart.kind == "words"
    rows = result.content["data"][:100]
    assert list(chart.x) == [row["word"] for row in rows]
    assert list(chart.series[0].values) == [row["count"] for row in rows]
    assert (await ask("word_frequency", {"where": "id:1"})).chart is None
