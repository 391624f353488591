"""The charts of flow and forecast: what they show is what the rows say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from taplens.charts import Chart, render
from taplens.clock import Clock, day_start
from taplens.mirror import Keeper
from taplens.tools import registry
from taplens.tools.context import ToolContext
from tests.tools.conftest import FIRST, Ask

NOW = day_start(date(2026, 3, 31)) + 18 * 3600


@pytest.fixture
def context(keeper: Keeper) -> ToolContext:
    return ToolContext(
        keeper=keeper, workspaces=(FIRST,), locale="zh", clock=Clock(lambda: float(NOW))
    )


async def drawn(ask: Ask, **arguments: Any) -> tuple[Chart, list[dict[str, Any]]]:
    result: registry.Result = await ask("flow_metrics", {"since": "2026-01-01"} | arguments)
    assert result.chart is not None
    return result.chart(), result.content["data"]


def lines(chart: Chart) -> dict[str, list[float | None]]:
    return {series.name: list(series.values) for series in chart.series}


async def test_lead_times_are_a_histogram_with_percentiles(ask: Ask) -> None:
    chart, (row,) = await drawn(ask, metric="lead_time", where="type:bug")
    assert (chart.kind, chart.title) == ("histogram", "前置时间")
    assert chart.subtitle.startswith("type:bug · 2026-01-01 至 2026-03-31")
    assert sum(value or 0 for value in chart.series[0].values) == row["count"]
    assert {mark.name: mark.at for mark in chart.marks} == {
        "P50": row["p50"], "P85": row["p85"], "P95": row["p95"],
    }  # fmt: skip


async def test_of_groups_and_periods_the_percentiles_are_drawn(ask: Ask) -> None:
    chart, rows = await drawn(ask, metric="cycle_time", by="type")
    assert chart.kind == "bars"
    assert list(chart.x) == [
        {"story": "需求", "bug": "缺陷", "task": "任务"}[r["type"]] for r in rows
    ]
    assert lines(chart) == {"P50": [r["p50"] for r in rows], "P85": [r["p85"] for r in rows]}
    chart, rows = await drawn(ask, metric="cycle_time", interval="month")
    assert chart.kind == "line"
    assert list(chart.x) == [row["period"] for row in rows]


async def test_throughput_is_bars_that_a_split_stacks(ask: Ask) -> None:
    chart, rows = await drawn(ask, metric="throughput")
    assert (chart.kind, lines(chart)) == ("bars", {"完成": [row["finished"] for row in rows]})
    chart, rows = await drawn(ask, metric="throughput", by="severity", interval="month")
    assert chart.kind == "stacked_bars"
    assert "（无）" in lines(chart)
    whole = [
        sum(value or 0 for value in places) for places in zip(*lines(chart).values(), strict=True)
    ]
    assert whole == [row["finished"] for row in rows]


async def test_the_cumulative_flow_has_what_is_ended_at_the_bottom(ask: Ask) -> None:
    chart, rows = await drawn(ask, metric="cumulative_flow", interval="day")
    assert (chart.kind, list(lines(chart))) == ("areas", ["已结束", "进行中", "未开始"])
    assert chart.x[-1] == date(2026, 3, 31)
    assert lines(chart)["已结束"] == [row["ended"] for row in rows]


async def test_the_oldest_are_ranked_by_name(ask: Ask) -> None:
    chart, (_, finished, *items) = await drawn(ask, metric="ageing")
    assert chart.kind == "ranking"
    assert list(chart.series[0].values) == [row["age"] for row in items]
    assert all(row["title"] in str(name) for row, name in zip(items, chart.x, strict=True))
    assert str(finished["p85"]) in chart.notes[-1]


async def test_a_burn_down_goes_on_to_the_iterations_end(ask: Ask) -> None:
    chart, rows = await drawn(ask, metric="burndown", where="iteration:current", since="")
    assert chart.x[-1] == date(2026, 4, 3)
    assert [series.role for series in chart.series] == ["scope", "ideal", "value", "value"]
    told = lines(chart)
    assert told["剩余"] == [row["left"] for row in rows] + [None] * 3
    assert told["理想"][-1] == 0


async def test_shares_are_drawn_by_group_or_by_sign(ask: Ask) -> None:
    chart, rows = await drawn(ask, metric="rejected", by="severity", since="2025")
    assert lines(chart) == {"被拒绝": [row["percent"] for row in rows]}
    chart, (row,) = await drawn(ask, metric="rejected", since="2025")
    assert list(chart.x) == ["被拒绝", "按状态", "按解决方法"]
    assert chart.series[0].values == [row["rejected"], row["by_status"], row["by_resolution"]]


@pytest.mark.parametrize("metric", ["density", "time_in_status"])
async def test_what_has_a_size_is_ranked(ask: Ask, metric: str) -> None:
    chart, _ = await drawn(ask, metric=metric)
    values = [value or 0 for value in chart.series[0].values]
    assert chart.kind == "ranking"
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("metric", ["summary", "reopen_rate"])
async def test_single_numbers_are_no_picture(ask: Ask, metric: str) -> None:
    result = await ask("flow_metrics", {"metric": metric, "chart": "light"})
    assert result.picture is None
    assert result.content["warnings"]


async def test_of_no_items_a_chart_says_that_there_is_nothing(ask: Ask) -> None:
    for metric in ("lead_time", "ageing", "time_in_status", "density"):
        result = await ask("flow_metrics", {"metric": metric, "where": "id:1"})
        if result.chart is not None:
            assert render(result.chart(), format="svg")


async def test_a_forecast_is_a_fan_that_crosses_the_scope(ask: Ask) -> None:
    result = await ask("forecast", {})
    assert result.chart is not None
    chart = result.chart()
    (mark,) = chart.marks
    assert (chart.kind, mark.at, mark.axis) == ("fan", result.content["total"], "y")
    half = next(row["days"] for row in result.content["data"] if row["percent"] == 50)
    middle = lines(chart)["P50"]
    crossed = next(day for day, done in enumerate(middle) if (done or 0) >= mark.at)
    assert crossed == pytest.approx(half, abs=2)
    for lower, upper in zip(chart.series, chart.series[1:], strict=False):
        pairs = zip(lower.values, upper.values, strict=True)
        assert all((low or 0) <= (high or 0) for low, high in pairs)


async def test_a_forecast_for_a_day_marks_it(ask: Ask) -> None:
    result = await ask("forecast", {"until": "2026-05-31", "chart": "dark"})
    assert result.picture is not None
    assert result.picture.data.startswith(b"\x89PNG")
    assert result.chart is not None
    assert [mark.at for mark in result.chart().marks] == [date(2026, 5, 31)]
