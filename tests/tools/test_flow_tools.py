"""The tools flow_metrics and forecast on the sandbox's mirror, against what its tables say."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, select

from taplens.analysis.flow.histories import ENDED, IN_PROGRESS, MISSING, NOT_STARTED
from taplens.clock import Clock, day_of, day_start
from taplens.errors import ArgumentError, FilterError
from taplens.mirror import Keeper
from taplens.mirror.fields import TYPES
from taplens.mirror.schema import (
    item,
    status_interval,
    stream,
    term,
    workflow_status,
    workspace,
)
from taplens.tools.context import ToolContext
from tests.analysis.flow import slow
from tests.analysis.flow.made import CLOSED, DOING, NEW, Made
from tests.tools.conftest import FIRST, Ask

NOW = day_start(date(2026, 3, 31)) + 18 * 3600
DAY = 86_400
_SHOWN = {NOT_STARTED: NEW, IN_PROGRESS: DOING, ENDED: CLOSED}


@pytest.fixture
def context(keeper: Keeper) -> ToolContext:
    return ToolContext(
        keeper=keeper, workspaces=(FIRST,), locale="zh", clock=Clock(lambda: float(NOW))
    )


@pytest.fixture
async def made(keeper: Keeper) -> list[Made]:
    """Every story, bug and task, with the stages that its workflow gives its statuses."""
    found: list[Made] = await keeper.read(_made)
    return found


def _made(connection: Connection) -> list[Made]:
    place = connection.scalar(select(workspace.c.key).where(workspace.c.id == FIRST))
    texts = {row.key: row.text for row in connection.execute(select(term))}
    known = {
        row.name: row.history_from
        for row in connection.execute(select(stream).where(stream.c.workspace == place))
    }
    stage = {
        (row.type, row.workitem_type, row.status): (
            ENDED if row.is_end else NOT_STARTED if row.is_first else IN_PROGRESS
        )
        for row in connection.execute(
            select(workflow_status).where(workflow_status.c.workspace == place)
        )
    }
    stays: dict[tuple[int, str], list[Any]] = {}
    for row in connection.execute(
        select(status_interval)
        .where(status_interval.c.workspace == place)
        .order_by(status_interval.c.position)
    ):
        stays.setdefault((row.type, row.item_id), []).append((row.status, row.began))
    items = connection.execute(
        select(item)
        .where(item.c.workspace == place, item.c.type.in_((1, 2, 3)), item.c.removed.is_(None))
        .order_by(item.c.key)
    ).all()
    made = []
    for row in items:
        kind = texts.get(row.workitem_type, "") if row.type == 1 else ""
        history = stays.get((row.type, row.id), [(row.status, row.created)])
        told = next(
            (at for at in (row.completed, row.closed, row.reject_time, row.resolved) if at),
            MISSING,
        )
        made.append(
            Made(
                [(_SHOWN[stage[row.type, kind, texts[code]]], began) for code, began in history],
                row.created,
                known[f"{TYPES[row.type]}_change"],
                told,
                key=row.key,
            )
        )
    return made


SINCE = day_start(date(2026, 1, 1))


async def test_lead_and_cycle_times_are_those_of_the_tables(ask: Ask, made: list[Made]) -> None:
    for metric, reckon in (("lead_time", slow.lead), ("cycle_time", slow.cycle)):
        found = (await ask("flow_metrics", {"metric": metric, "since": "2026-01-01"})).content
        expected, left_out = reckon(made, SINCE, NOW + 1)
        times = list(expected.values())
        assert len(times) > 20
        (row,) = found["data"]
        assert row["count"] == found["total"] == len(times)
        assert row["mean"] == pytest.approx(sum(times) / len(times) / DAY, abs=0.006)
        for share in (50, 75, 85, 95):
            days = slow.percentile(times, share) / DAY
            assert row[f"p{share}"] == pytest.approx(days, abs=0.006)
        assert len(found.get("warnings", [])) == len(left_out)


async def test_throughput_adds_up_to_what_was_finished(ask: Ask, made: list[Made]) -> None:
    found = (
        await ask(
            "flow_metrics", {"metric": "throughput", "since": "2026-01-01", "interval": "month"}
        )
    ).content
    expected = Counter(
        day_of(end).isoformat()[:7]
        for end, _ in map(slow.finished, made)
        if end is not None and end >= SINCE
    )
    assert {row["period"]: row["finished"] for row in found["data"]} == expected
    assert found["total"] == expected.total()


async def test_a_split_throughput_has_a_column_for_each_value(ask: Ask) -> None:
    asked = {"metric": "throughput", "since": "2026-01-01", "interval": "month", "by": "type"}
    rows = (await ask("flow_metrics", asked)).content["data"]
    for row in rows:
        assert row["finished"] == sum(row["type"].values())


async def test_the_cumulative_flow_ends_with_what_is_open_now(ask: Ask, made: list[Made]) -> None:
    asked = {"metric": "cumulative_flow", "interval": "day", "since": "30d"}
    rows = (await ask("flow_metrics", asked)).content["data"]
    assert len(rows) == 30
    closed = (await ask("count_items", {"where": "is:closed"})).content["total"]
    opened = (await ask("count_items", {"where": "is:open"})).content["total"]
    assert rows[-1]["ended"] == closed
    assert rows[-1]["not_started"] + rows[-1]["in_progress"] == opened
    noon = day_start(date(2026, 3, 10))
    stood = Counter(slow.status_just_before(one, noon) for one in made)
    (row,) = [row for row in rows if row["period"] == "2026-03-09"]
    assert (row["not_started"], row["in_progress"], row["ended"]) == (
        stood[NEW],
        stood[DOING],
        stood[CLOSED],
    )


async def test_the_cumulative_flow_by_status_speaks_the_teams_words(ask: Ask) -> None:
    asked = {"metric": "cumulative_flow", "by": "status", "where": "type:bug", "since": "1d"}
    last = (await ask("flow_metrics", asked)).content["data"][-1]
    counted = (await ask("count_items", {"where": "type:bug", "by": "status"})).content["data"]
    assert {name: n for name, n in last["status"].items() if n} == {
        row["status"]: row["count"] for row in counted
    }


async def test_ageing_lists_the_oldest_by_id(ask: Ask, made: list[Made]) -> None:
    found = (await ask("flow_metrics", {"metric": "ageing", "limit": 5})).content
    ages, _ = slow.ages(made, NOW)
    now, _, *items = found["data"]
    assert now["in_progress"] == found["total"] == len(ages)
    oldest = sorted(ages.values(), reverse=True)[:5]
    assert [row["age"] for row in items] == pytest.approx([age / DAY for age in oldest], abs=0.006)
    assert found["item_ids"] == [row["id"] for row in items]
    assert all(row["title"] and row["status"] for row in items)


async def test_reopened_items_are_counted_and_named(ask: Ask, made: list[Made]) -> None:
    found = (await ask("flow_metrics", {"metric": "reopen_rate", "since": "2026-01-01"})).content
    entered, again = slow.reopened(made, SINCE, NOW + 1)
    (row,) = found["data"]
    assert (row["ended"], row["reopened"]) == (len(entered), len(again))
    assert row["percent"] == round(100 * len(again) / len(entered), 1)
    assert len(found["item_ids"]) == len(again) > 0


async def test_time_in_status_adds_up_to_the_lead_times(ask: Ask) -> None:
    asked = {"metric": "time_in_status", "since": "2026-01-01", "limit": 200}
    rows = (await ask("flow_metrics", asked)).content["data"]
    lead = (await ask("flow_metrics", {"metric": "lead_time", "since": "2026-01-01"})).content
    whole = lead["data"][0]["mean"] * lead["data"][0]["count"]
    assert sum(row["total"] for row in rows) == pytest.approx(whole, rel=0.002)
    assert sum(row["share"] for row in rows) == pytest.approx(100, abs=1)


async def test_a_burndown_ends_with_what_is_in_the_iteration(ask: Ask) -> None:
    found = (await ask("flow_metrics", {"metric": "burndown"})).content
    last = found["data"][-1]
    for where, name in (("", "scope"), (" is:closed", "done"), (" is:open", "left")):
        counted = await ask("count_items", {"where": f"iteration:current{where}"})
        assert last[name] == counted.content["total"]
    assert last["period"] == "2026-03-31"


async def test_a_burndown_of_a_past_iteration_stops_at_its_end(ask: Ask) -> None:
    asked = {"metric": "burndown", "where": "iteration:2025年第20迭代·海外版 type:bug"}
    found = (await ask("flow_metrics", asked)).content
    days = [row["period"] for row in found["data"]]
    assert days == sorted(days)
    assert days[-1] < "2026-01-31"
    assert all(row["scope"] == row["done"] + row["left"] for row in found["data"])
    assert "2025年第20迭代" in found["definition"]


async def test_fix_times_are_split_by_severity_and_of_bugs_alone(ask: Ask) -> None:
    found = (await ask("flow_metrics", {"metric": "fix_time", "since": "2026-01-01"})).content
    bugs = await ask(
        "flow_metrics", {"metric": "lead_time", "where": "type:bug", "since": "2026-01-01"}
    )
    assert sum(row["count"] for row in found["data"]) == bugs.content["total"] == found["total"]
    assert {row["severity_key"] for row in found["data"] if "severity_key" in row} >= {"normal"}


async def test_the_rule_can_be_changed_by_the_teams_words(ask: Ask) -> None:
    asked: dict[str, Any] = {"metric": "cycle_time", "where": "type:bug", "since": "2026-01-01"}
    plain = (await ask("flow_metrics", asked)).content
    resolved = (await ask("flow_metrics", asked | {"stop": "已解决,已验证"})).content
    assert resolved["data"][0]["count"] >= plain["data"][0]["count"]
    assert resolved["data"][0]["mean"] < plain["data"][0]["mean"]
    assert "已解决" in resolved["definition"].split("已结束：")[1]
    late = (await ask("flow_metrics", asked | {"start": ["测试中"]})).content
    assert late["data"][0]["mean"] < plain["data"][0]["mean"]


async def test_escaped_rejected_and_density_count_bugs(ask: Ask) -> None:
    asked = {"since": "2025-01-01", "limit": 200}
    bugs = (await ask("count_items", {"where": "type:bug"})).content["total"]
    for metric in ("escaped", "rejected"):
        found = (await ask("flow_metrics", {"metric": metric, **asked})).content
        (row,) = found["data"]
        assert row["bugs"] == bugs
        assert 0 < row[metric] == len(found["item_ids"])
    live = await ask("count_items", {"where": "type:bug originphase:上线阶段"})
    escaped = (await ask("flow_metrics", {"metric": "escaped", **asked})).content["data"][0]
    assert escaped["live_phase"] == live.content["total"]
    by_module = (await ask("flow_metrics", {"metric": "density", "by": "module", **asked})).content
    whole, *modules = by_module["data"]
    assert whole["bugs"] == sum(row["bugs"] for row in modules) == bugs
    stories = (await ask("count_items", {"where": "type:story"})).content["total"]
    assert whole["per_story"] == round(bugs / stories, 2)


async def test_an_answer_says_how_far_the_history_reaches(ask: Ask) -> None:
    found = (await ask("flow_metrics", {"since": "2000-01-01"})).content
    assert found["history_from"]
    assert any("历史未能追溯" in warning for warning in found["warnings"])
    recent = (await ask("flow_metrics", {"since": "30d"})).content
    assert not any("历史未能追溯" in warning for warning in recent.get("warnings", []))


async def test_groups_beyond_the_limit_are_counted(ask: Ask) -> None:
    asked = {"metric": "lead_time", "since": "2026-01-01", "by": "type"}
    whole = (await ask("flow_metrics", asked)).content["data"]
    one = (await ask("flow_metrics", asked | {"limit": 1})).content
    assert one["data"] == whole[:1]
    others = sum(row["count"] for row in whole[1:])
    assert any(str(others) in warning for warning in one["warnings"])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"since": "2026-03-02", "until": "2026-03-01"}, "trend_reversed"),
        ({"since": "昨天的昨天"}, "trend_date"),
        ({"metric": "throughput", "interval": "day", "since": "1990-01-01"}, "trend_periods"),
        ({"metric": "cycle_time", "start": "进行"}, "status_unknown"),
        ({"metric": "lead_time", "by": "nonsense"}, "group_unknown"),
        ({"metric": "lead_time", "by": "title"}, "group_not_countable"),
        ({"metric": "ageing", "by": "owner"}, "flow_by"),
        ({"metric": "ageing", "interval": "day"}, "flow_interval"),
        ({"metric": "lead_time", "interval": "day", "by": "owner"}, "flow_by_and_interval"),
        ({"metric": "flow"}, "argument_choice"),
        ({"metric": "throughput", "interval": "hour"}, "trend_interval"),
    ],
)
async def test_what_makes_no_sense_is_a_clear_error(
    ask: Ask, arguments: dict[str, Any], code: str
) -> None:
    with pytest.raises(ArgumentError) as caught:
        await ask("flow_metrics", arguments)
    assert caught.value.code == code
    assert caught.value.message("zh")
    assert caught.value.mend("en")


async def test_an_unknown_field_in_the_filter_is_told(ask: Ask) -> None:
    with pytest.raises(FilterError):
        await ask("flow_metrics", {"where": "没有的字段:1"})


@pytest.mark.parametrize(
    "metric",
    ["summary", "lead_time", "throughput", "cumulative_flow", "ageing", "time_in_status",
     "reopen_rate", "burndown", "fix_time", "escaped", "rejected", "density"],
)  # fmt: skip
async def test_of_no_items_every_metric_says_nothing_but_zeros(ask: Ask, metric: str) -> None:
    found = (await ask("flow_metrics", {"metric": metric, "where": "owner:none id:1"})).content
    numbers = [
        value
        for row in found["data"]
        for name, value in row.items()
        if isinstance(value, int | float)
    ]
    assert not any(numbers)
    assert found.get("total", 0) == 0


async def test_a_year_without_data_is_zeros(ask: Ask) -> None:
    asked = {"metric": "throughput", "since": "2020-01", "until": "2020-12", "interval": "month"}
    rows = (await ask("flow_metrics", asked)).content["data"]
    assert [row["finished"] for row in rows] == [0] * 12


async def test_a_forecast_names_its_assumptions_and_repeats_itself(
    ask: Ask, made: list[Made]
) -> None:
    first, second = [(await ask("forecast", {})).content for _ in range(2)]
    assert first == second
    opened = (await ask("count_items", {"where": "is:open"})).content["total"]
    assert first["total"] == opened
    assert [row["percent"] for row in first["data"]] == [50, 70, 85, 95]
    days = [row["days"] for row in first["data"]]
    assert days == sorted(days)
    begin = day_start(date(2026, 3, 31)) - 90 * DAY
    ends = [end for end, _ in map(slow.finished, made) if end is not None]
    finished = sum(begin <= end < day_start(date(2026, 3, 31)) for end in ends)
    assert f"共完成 {finished} 条" in first["definition"]
    # As long as the mean pace takes, and rather longer at more confidence.
    assert days[0] == pytest.approx(opened / (finished / 90), rel=0.15)


async def test_a_forecast_for_a_day_says_how_many(ask: Ask) -> None:
    found = (await ask("forecast", {"until": "2026-04-30", "seed": 7})).content
    counts = [row["items"] for row in found["data"]]
    assert counts == sorted(counts, reverse=True)
    assert "2026-04-30" in found["definition"]


async def test_the_pace_is_that_of_the_filter_without_what_is_planned(ask: Ask) -> None:
    found = (await ask("forecast", {"where": "type:bug iteration:current is:open"})).content
    assert "type:bug。" in found["definition"]
    asked = {"where": "iteration:current", "pace": "type:task"}
    assert "type:task" in (await ask("forecast", asked)).content["definition"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"pace": "type:bug severity:none id:1"}, "forecast_nothing_finished"),
        ({"until": "2026-03-31"}, "forecast_date"),
        ({"until": "2099-01-01"}, "forecast_date"),
        ({"until": "某天"}, "trend_date"),
        ({"runs": 99}, "argument_number"),
        ({"runs": 100_001}, "argument_number"),
        ({"days": 0}, "argument_number"),
    ],
)
async def test_what_cant_be_forecast_is_a_clear_error(
    ask: Ask, arguments: dict[str, Any], code: str
) -> None:
    with pytest.raises(ArgumentError) as caught:
        await ask("forecast", arguments)
    assert caught.value.code == code


async def test_what_is_done_already_is_done_today(ask: Ask) -> None:
    found = (await ask("forecast", {"where": "is:closed"})).content
    assert {row["date"] for row in found["data"]} == {"2026-03-31"}


async def test_a_small_budget_drops_whole_rows_and_says_so(ask: Ask, context: ToolContext) -> None:
    asked = {"metric": "cumulative_flow", "interval": "day", "since": "90d"}
    found = (await ask("flow_metrics", asked, budget=1_500)).content
    assert 0 < len(found["data"]) < 90
    assert any("放不下" in warning for warning in found["warnings"])


async def test_what_takes_longer_than_ten_years_has_no_date_and_says_so(ask: Ask) -> None:
    asked = {"where": "", "pace": "type:bug severity:建议", "days": 1000}
    found = (await ask("forecast", asked)).content
    assert found["data"][-1]["date"] is None
    assert any("十年" in warning for warning in found["warnings"])


@pytest.mark.parametrize(
    "where", ["type:bug removed:none", "type:story removed:none", "removed:none"]
)
async def test_metrics_that_mean_the_same_say_the_same(ask: Ask, where: str) -> None:
    span = {"where": where, "interval": "month", "since": "2025-04", "until": "2026-03"}
    flow = (await ask("flow_metrics", {"metric": "throughput", **span})).content["data"]
    stages = (
        await ask("flow_metrics", {"metric": "cumulative_flow", "limit": 100, **span})
    ).content["data"]
    trend = (await ask("trends", span)).content["data"]
    finished = {row["period"]: row["finished"] for row in flow}
    assert {row["period"]: row["closed"] for row in trend} == finished
    assert sum(finished.values()) > 10
    still = [row.get("not_started", 0) + row.get("in_progress", 0) for row in stages]
    assert [row["open"] for row in trend] == still
    by_month = (await ask("count_items", {"where": where, "by": ["created:month"]})).content["data"]
    counted = {row["created"]: row["count"] for row in by_month}
    assert {row["period"]: row["created"] for row in trend} == {
        row["period"]: counted.get(row["period"], 0) for row in trend
    }
