"""Pictures of what tools find: only where they are wanted, in the caller's language."""

from __future__ import annotations

import io
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from taplens.tools import registry
from taplens.tools.count_chart import Groups, count_chart

if TYPE_CHECKING:
    from taplens.charts import Chart
    from taplens.tools.context import ToolContext
    from tests.tools.conftest import Ask


def chart_of(result: registry.Result) -> Chart:
    assert result.chart is not None
    return result.chart()


async def test_a_picture_is_drawn_only_where_it_is_wanted(ask: Ask) -> None:
    plain = await ask("count_items", {"where": "type:bug", "by": "status"})
    assert plain.picture is None
    drawn = await ask("count_items", {"where": "type:bug", "by": "status", "chart": True})
    assert drawn.content == plain.content
    with Image.open(io.BytesIO(drawn.picture.data)) as image:
        assert (image.format, image.size) == ("PNG", (1440, 810))
        assert image.convert("RGB").getpixel((2, 2)) == (255, 255, 255)


async def test_a_dark_picture_is_dark(ask: Ask) -> None:
    result = await ask("count_items", {"where": "", "by": "type", "chart": "dark"})
    with Image.open(io.BytesIO(result.picture.data)) as image:
        assert max(image.convert("RGB").getpixel((2, 2))) < 40  # type: ignore[type-var]


async def test_a_number_alone_is_no_picture_and_the_answer_says_so(ask: Ask) -> None:
    result = await ask("count_items", {"where": "type:bug", "chart": "light"})
    assert result.picture is None
    assert result.content["total"] == 100
    assert any("group by a field" in warning for warning in result.content["warnings"])


async def test_the_chart_shows_the_groups_in_the_words_of_the_team(ask: Ask) -> None:
    result = await ask("count_items", {"where": "type:bug", "by": "status"}, locale="zh")
    chart = chart_of(result)
    assert (chart.kind, chart.title) == ("ranking", "按状态统计")
    assert chart.subtitle.startswith("type:bug · 20")
    (series,) = chart.series
    found = dict(zip(chart.x, series.values, strict=True))
    assert found == {row["status"]: row["count"] for row in result.content["data"]}


async def test_two_fields_stand_upon_each_other(ask: Ask) -> None:
    result = await ask("count_items", {"where": "type:bug", "by": "severity,status"})
    chart = chart_of(result)
    assert chart.kind == "ranking"
    sums = [sum(row.values[place] or 0 for row in chart.series) for place in range(len(chart.x))]
    assert sums == sorted(sums, reverse=True)
    assert sum(sums) == sum(row["count"] for row in result.content["data"]) == 100


@pytest.mark.parametrize("bucket", ["day", "week", "month", "year"])
async def test_times_go_along_x_without_gaps(ask: Ask, bucket: str) -> None:
    asked = {"where": "", "by": f"created:{bucket}", "limit": 200}
    result = await ask("count_items", asked, budget=None)
    chart = chart_of(result)
    assert chart.kind == "line"
    days = list(chart.x)
    assert all(isinstance(day, date) for day in days)
    assert days == sorted(set(days))  # type: ignore[type-var]
    (series,) = chart.series
    assert sum(value or 0 for value in series.values) == sum(
        row["count"] for row in result.content["data"]
    )
    steps = {(b - a).days for a, b in pairwise(days)}  # type: ignore[operator]
    allowed = {"day": {1}, "week": {7}, "month": {28, 29, 30, 31}, "year": {365, 366}}[bucket]
    assert steps <= allowed


async def test_a_field_beside_times_stands_upon_each_other(ask: Ask) -> None:
    asked = {"where": "", "by": "type,created:month", "limit": 200}
    result = await ask("count_items", asked, budget=None, locale="zh")
    chart = chart_of(result)
    assert chart.kind == "stacked_bars"
    assert {row.name for row in chart.series} == {"需求", "缺陷", "任务"}
    sums = [sum(value or 0 for value in row.values) for row in chart.series]
    assert sums == sorted(sums, reverse=True)
    assert all(len(str(month)) == len("2026-05") for month in chart.x)


def _chart(context: ToolContext, rows: list[dict[str, object]], by: str) -> Chart:
    name = by.partition(":")[0]
    return count_chart(
        context, Groups(where="", by=[by], names=[name], rows=rows, as_of=None, notes=["n"])
    )


async def test_what_has_no_time_is_named_and_months_between_are_zero(context: ToolContext) -> None:
    rows: list[dict[str, object]] = [
        {"due": "2025-11", "count": 2},
        {"due": "2026-02", "count": 3},
        {"due": None, "count": 7},
    ]
    chart = _chart(context, rows, "due:month")
    assert list(chart.series[0].values) == [2, 0, 0, 3]
    assert "7 have no such time" in chart.notes[1]


async def test_a_mistyped_year_does_not_fill_centuries(context: ToolContext) -> None:
    rows: list[dict[str, object]] = [{"due": d, "count": 1} for d in ("0206-01-01", "2026-01-01")]
    assert len(_chart(context, rows, "due").x) == 2


async def test_numbers_that_look_like_years_are_no_times(context: ToolContext) -> None:
    rows: list[dict[str, object]] = [{"effort": "2000", "count": 1}, {"effort": None, "count": 2}]
    chart = _chart(context, rows, "effort")
    assert chart.kind == "ranking"
    assert list(chart.x) == ["(none)", "2000"]


@pytest.mark.parametrize("typed", ["2026-02-31", "2026-13", "0000-01-01"])
async def test_days_that_are_none_are_ranked_as_words(context: ToolContext, typed: str) -> None:
    rows: list[dict[str, object]] = [{"due": typed, "count": 1}, {"due": "2026-02-01", "count": 2}]
    assert _chart(context, rows, "due").kind == "ranking"


async def test_the_last_month_of_all_ends_the_course(context: ToolContext) -> None:
    rows: list[dict[str, object]] = [{"due": d, "count": 1} for d in ("9999-11", "9999-12")]
    assert len(_chart(context, rows, "due:month").x) == 2


async def test_where_nothing_matches_the_picture_says_so(ask: Ask) -> None:
    asked = {"where": 'title:"没有这样的标题"', "by": "status", "chart": "light"}
    result = await ask("count_items", asked)
    assert result.picture is not None
    assert chart_of(result).empty
