"""What the metrics make of a mirror: workflows, moves that are missing, iterations by name."""

from __future__ import annotations

from typing import Any

import pytest

from taplens.analysis.flow.metrics import METRICS
from taplens.errors import ArgumentError
from tests.analysis.flow.conftest import Mirror
from tests.analysis.flow.made import at
from tests.mirror.reads.builders import (
    ITERATIONS,
    REQUIREMENT,
    STORY_STATUSES,
    TECHNICAL,
    TECHNICAL_STATUSES,
    long_id,
)


def story(number: int, status: str, created: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": long_id(number),
        "name": f"需求{number} 🎉",
        "workitem_type_id": REQUIREMENT,
        "status": status,
        "created": created,
        "modified": created,
        **fields,
    }


def bug(number: int, status: str, created: str, **fields: Any) -> dict[str, Any]:
    row = story(number, status, created, **fields)
    del row["workitem_type_id"]
    return row | {"title": row.pop("name")}


def iteration(number: int, begin: str, due: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": ITERATIONS[number],
        "name": f"迭代{number}",
        "startdate": begin,
        "enddate": due,
        "status": "open",
        "created": f"{begin} 09:00:00",
        "modified": f"{begin} 09:00:00",
        **fields,
    }


def test_every_metric_is_answered_from_either_engine(either: Mirror) -> None:
    for kind in ("story", "bug"):
        either.history_from(kind, 0)
    either.land("iteration", iteration(2, "2026-03-16", "2026-03-31"))
    created = "2026-03-01 10:00:00"
    either.land("story", story(1, "resolved", created, completed="2026-03-05 10:00:00"))
    fields = {"severity": "fatal", "label": "阻塞", "originphase": "上线阶段"}
    there = {"story_id": long_id(1), "iteration_id": ITERATIONS[2]}
    either.land("bug", bug(2, "closed", created, **fields, **there))
    either.move("bug", 2, ("2026-03-17 10:00:00", "status", "new", "in_progress"))
    either.move("bug", 2, ("2026-03-19 10:00:00", "status", "in_progress", "closed"))
    told = {
        name: either.ask(name, "type:bug", by=by).rows[-1]
        for name, by in (("cycle_time", "label"), ("fix_time", ""), ("escaped", ""))
    }
    assert told["cycle_time"] | {"mean": 2.0, "label": "阻塞", "count": 1} == told["cycle_time"]
    assert told["fix_time"] | {"severity": "fatal", "mean": 18.0} == told["fix_time"]
    assert told["escaped"]["escaped"] == 1
    assert either.ask("burndown").rows[-1]["done"] == 1
    assert either.ask("density").rows[-1]["bugs"] == 1
    assert {metric for metric in METRICS if either.ask(metric).rows} == set(METRICS)


def test_a_status_means_what_its_own_workflow_says(mirror: Mirror) -> None:
    mirror.history_from("story", 0)
    mirror.land(
        "story",
        story(1, "status_3", "2026-03-01 10:00:00"),
        story(2, "status_3", "2026-03-01 10:00:00", workitem_type_id=TECHNICAL),
    )
    last = mirror.ask("cumulative_flow", by="status").rows[-1]
    assert last["status"] == {"测试中": 1, "灰度中": 1}
    assert mirror.ask("cumulative_flow").rows[-1]["in_progress"] == 2


def test_until_first_states_are_read_the_first_listed_is_one(mirror: Mirror) -> None:
    mirror.history_from("story", 0)
    mirror.land("story", story(1, "planning", "2026-03-01 10:00:00"))
    assert mirror.ask("cumulative_flow").rows[-1]["not_started"] == 1
    mirror.workflows({("story", REQUIREMENT): ["developing"]})
    assert mirror.ask("cumulative_flow").rows[-1]["in_progress"] == 1


def test_an_item_without_moves_has_its_status_since_it_was_created(mirror: Mirror) -> None:
    mirror.history_from("bug", 0)
    row = bug(1, "in_progress", "2026-03-10 18:00:00")
    mirror.land("bug", row | {"modified": "2026-03-15 10:00:00"})
    _, _, row = mirror.ask("ageing").rows
    assert row["age"] == 10


def test_moves_that_are_not_read_yet_are_made_good_by_the_present_status(mirror: Mirror) -> None:
    """The bug is closed by its row, but the last move known left it in progress."""
    mirror.history_from("bug", 0)
    mirror.land(
        "bug", bug(1, "closed", "2026-03-01 10:00:00") | {"modified": "2026-03-15 10:00:00"}
    )
    mirror.move("bug", 1, ("2026-03-05 10:00:00", "status", "new", "in_progress"))
    found = mirror.ask("cycle_time")
    assert found.rows[0]["count"] == 1
    assert found.rows[0]["mean"] == 10
    assert mirror.ask("cumulative_flow").rows[-1]["ended"] == 1


def test_the_rule_begins_at_the_status_named_and_goes_on_behind_it(mirror: Mirror) -> None:
    mirror.history_from("story", 0)
    for number, status in enumerate(STORY_STATUSES, 1):
        mirror.land("story", story(number, status, "2026-03-01 10:00:00"))
    stages = ("not_started", "in_progress", "ended")
    for asked, counts in (
        ({}, (1, 2, 1)),
        ({"start": ["实现中"]}, (1, 2, 1)),
        ({"start": ["status_3"]}, (2, 1, 1)),
        ({"stop": ["测试中"]}, (1, 1, 2)),
        ({"start": ["接受/处理"]}, (1, 2, 1)),  # of bugs: stories keep their own rule
    ):
        row = mirror.ask("cumulative_flow", **asked).rows[-1]
        assert tuple(row[stage] for stage in stages) == counts, asked


def test_tasks_kept_as_stories_have_the_log_of_stories(mirror: Mirror) -> None:
    mirror.history_from("story", 0)
    task = {"id": long_id(1), "name": "任务", "status": "done", "created": "2026-03-10 10:00:00"}
    mirror.land("task", task | {"modified": "2026-03-12 10:00:00"})
    assert mirror.ask("lead_time").left_out == {"history_short": 1}
    mirror.tasks_are_stories()
    assert mirror.ask("lead_time").rows[0]["count"] == 1


def test_what_began_before_the_history_is_left_out_of_cycle_times(mirror: Mirror) -> None:
    mirror.history_from("bug", at("2026-03-04"))
    mirror.land(
        "bug",
        bug(1, "closed", "2026-03-01 10:00:00"),
        bug(2, "closed", "2026-03-05 10:00:00"),
        bug(3, "closed", "2026-01-01 10:00:00", closed="2026-03-10 10:00:00"),
        bug(4, "closed", "2026-01-01 10:00:00"),
    )
    for number in (1, 2):
        mirror.move(
            "bug",
            number,
            (f"2026-03-0{5 + number} 10:00:00", "status", "new", "in_progress"),
            (f"2026-03-0{7 + number} 10:00:00", "status", "in_progress", "closed"),
        )
    cycle = mirror.ask("cycle_time")
    assert (cycle.rows[0]["count"], cycle.left_out) == (1, {"history_short": 3})
    lead = mirror.ask("lead_time")
    assert (lead.rows[0]["count"], lead.left_out) == (3, {"history_short": 1})


def test_a_clock_that_goes_backwards_leaves_the_item_out(mirror: Mirror) -> None:
    mirror.history_from("bug", 0)
    mirror.land("bug", bug(1, "closed", "2026-03-10 10:00:00"))
    mirror.move(
        "bug",
        1,
        ("2026-03-08 10:00:00", "status", "new", "in_progress"),
        ("2026-03-09 10:00:00", "status", "in_progress", "closed"),
    )
    assert mirror.ask("lead_time").left_out == {"clock_backwards": 1}
    assert mirror.ask("time_in_status").left_out == {"clock_backwards": 1}
    assert mirror.ask("throughput").total == 1


def test_a_single_item_has_all_percentiles_alike(mirror: Mirror) -> None:
    mirror.history_from("bug", 0)
    mirror.land("bug", bug(1, "closed", "2026-03-10 10:00:00"))
    mirror.move("bug", 1, ("2026-03-12 10:00:00", "status", "new", "closed"))
    (row,) = mirror.ask("lead_time").rows
    assert row == {"count": 1, "mean": 2.0, "p50": 2.0, "p75": 2.0, "p85": 2.0, "p95": 2.0}
    assert mirror.ask("cycle_time").left_out == {"not_started": 1}


def test_an_empty_workspace_has_zeros(mirror: Mirror) -> None:
    for metric in ("summary", "throughput", "cumulative_flow", "ageing", "density", "escaped"):
        found = mirror.ask(metric)
        assert found.total == 0
        assert not any(
            value for row in found.rows for value in row.values() if isinstance(value, int | float)
        )


def test_burn_up_follows_stories_by_id_and_bugs_by_name(mirror: Mirror) -> None:
    """Changes of bugs name iterations, those of stories give ids."""
    for kind in ("story", "bug"):
        mirror.history_from(kind, 0)
    mirror.land(
        "iteration",
        iteration(1, "2026-03-01", "2026-03-15"),
        iteration(2, "2026-03-16", "2026-03-31"),
    )
    mirror.land(
        "story",
        story(1, "developing", "2026-02-01 10:00:00", iteration_id=ITERATIONS[2]),
        story(2, "planning", "2026-03-17 10:00:00", iteration_id=ITERATIONS[2]),
        story(3, "planning", "2026-02-01 10:00:00", iteration_id=ITERATIONS[1]),
    )
    mirror.land("bug", bug(4, "closed", "2026-03-01 10:00:00", iteration_id=ITERATIONS[2]))
    mirror.move("story", 1, ("2026-03-18 10:00:00", "iteration_id", ITERATIONS[1], ITERATIONS[2]))
    mirror.move("story", 3, ("2026-03-19 10:00:00", "iteration_id", ITERATIONS[2], ITERATIONS[1]))
    mirror.move(
        "bug",
        4,
        ("2026-03-17 11:00:00", "iteration_id", "迭代1", "迭代2"),
        ("2026-03-19 12:00:00", "status", "new", "closed"),
    )
    found = mirror.ask("burndown", "iteration:current")
    assert [(row["period"][-2:], row["scope"], row["done"], row["left"]) for row in found.rows] == [
        ("16", 1, 0, 1),
        ("17", 3, 0, 3),
        ("18", 4, 0, 4),
        ("19", 3, 1, 2),
        ("20", 3, 1, 2),
    ]
    only = mirror.ask("burndown", "iteration:迭代2 type:bug")
    assert [row["scope"] for row in only.rows] == [0, 1, 1, 1, 1]


def test_a_burndown_needs_an_iteration_with_days_that_has_begun(mirror: Mirror) -> None:
    mirror.land("iteration", iteration(1, "2026-01-01", "2026-01-15"))
    with pytest.raises(ArgumentError, match="迭代1") as caught:
        mirror.ask("burndown")
    assert caught.value.code == "iteration_missing"
    mirror.land("iteration", iteration(2, "2026-04-01", "2026-04-15"))
    mirror.land("story", story(1, "planning", "2026-03-01 10:00:00", iteration_id=ITERATIONS[2]))
    with pytest.raises(ArgumentError) as caught:
        mirror.ask("burndown", "iteration:迭代2")
    assert caught.value.code == "iteration_not_begun"


def test_bugs_escape_by_phase_or_after_what_they_belong_to(mirror: Mirror) -> None:
    mirror.land(
        "iteration",
        iteration(1, "2026-02-01", "2026-03-10", status="done"),
        iteration(2, "2026-02-01", "2026-03-10"),
    )
    mirror.land(
        "story", story(1, "resolved", "2026-02-01 10:00:00", completed="2026-03-05 10:00:00")
    )
    after, before = "2026-03-12 10:00:00", "2026-03-01 10:00:00"
    mirror.land(
        "bug",
        bug(11, "new", after, iteration_id=ITERATIONS[1]),
        bug(12, "new", before, iteration_id=ITERATIONS[1]),
        bug(13, "new", after, iteration_id=ITERATIONS[2]),  # late, but not completed
        bug(14, "new", after, story_id=long_id(1)),
        bug(15, "new", before, story_id=long_id(1)),
        bug(16, "new", before, originphase="上线阶段"),
        bug(17, "new", before, originphase="测试阶段"),
        bug(18, "new", after, originphase="上线阶段", iteration_id=ITERATIONS[1]),
    )
    (row,) = mirror.ask("escaped").rows
    assert row == {
        "bugs": 8,
        "escaped": 4,
        "percent": 50.0,
        "live_phase": 2,
        "after_iteration": 2,
        "after_story": 1,
    }


def test_bugs_are_rejected_by_status_or_by_resolution(mirror: Mirror) -> None:
    created = "2026-03-12 10:00:00"
    mirror.land(
        "bug",
        bug(1, "rejected", created),
        bug(2, "closed", created, resolution="duplicated"),
        bug(3, "closed", created, resolution="failed to recur"),
        bug(4, "closed", created, resolution="unclear description "),
        bug(5, "closed", created, resolution="fixed"),
        bug(6, "closed", created, resolution="fix later"),
        bug(7, "closed", created, resolution="设计如此"),
        bug(8, "new", created),
    )
    found = mirror.ask("rejected", by="resolution")
    assert (found.total, len(found.items)) == (8, 5)
    (row,) = mirror.ask("rejected").rows
    assert (row["rejected"], row["by_status"], row["by_resolution"]) == (5, 1, 4)


def test_a_story_has_the_bugs_that_name_it(mirror: Mirror) -> None:
    created = "2026-03-12 10:00:00"
    mirror.land("story", story(1, "planning", created), story(2, "planning", created))
    mirror.land(
        "bug",
        bug(11, "new", created, story_id=long_id(1)),
        bug(12, "new", created, story_id=long_id(1)),
        bug(13, "new", created),
    )
    whole, best = mirror.ask("density").rows
    assert whole == {"bugs": 3, "stories": 2, "per_story": 1.5}
    assert best == {"story": "需求1 🎉", "id": long_id(1), "bugs": 2}


def test_items_of_two_values_that_share_a_word_count_once(mirror: Mirror) -> None:
    mirror.history_from("bug", 0)
    mirror.land("bug", bug(1, "closed", "2026-03-10 10:00:00", label="阻塞|有风险"))
    mirror.land("bug", bug(2, "closed", "2026-03-10 10:00:00"))
    for number in (1, 2):
        mirror.move("bug", number, ("2026-03-12 10:00:00", "status", "new", "closed"))
    found = mirror.ask("lead_time", by="label")
    assert {row["label"]: row["count"] for row in found.rows} == {"阻塞": 1, "有风险": 1, None: 1}
    assert found.overlapping


def test_iterations_of_one_name_are_added_up_in_a_split(mirror: Mirror) -> None:
    mirror.history_from("bug", 0)
    for number in (1, 2):
        mirror.land("iteration", iteration(number, "2026-03-01", "2026-03-15") | {"name": "迭代"})
        created = "2026-03-10 10:00:00"
        mirror.land("bug", bug(number, "closed", created, iteration_id=ITERATIONS[number]))
        mirror.move("bug", number, ("2026-03-12 10:00:00", "status", "new", "closed"))
    row = mirror.ask("throughput", since="2026-03-12", by="iteration").rows[0]
    assert row["iteration"] == {"迭代": row["finished"]} == {"迭代": 2}


def test_the_time_in_status_counts_the_items_that_its_times_are_of(mirror: Mirror) -> None:
    """Of the other, which ended before the log begins, there is a lead time and no more."""
    mirror.history_from("bug", at("2026-03-04"))
    mirror.land(
        "bug",
        bug(1, "closed", "2026-03-05 10:00:00"),
        bug(2, "closed", "2026-01-01 10:00:00", closed="2026-03-10 10:00:00"),
    )
    mirror.move("bug", 1, ("2026-03-07 10:00:00", "status", "new", "closed"))
    found = mirror.ask("time_in_status")
    assert (found.total, found.rows[0]["count"]) == (1, 1)
    assert found.left_out == {"history_short": 1}


def test_an_iteration_may_last_to_the_end_of_the_calendar(mirror: Mirror) -> None:
    mirror.land("iteration", iteration(1, "2026-03-18", "9999-12-31", status="done"))
    mirror.land("bug", bug(1, "new", "2026-03-19 10:00:00", iteration_id=ITERATIONS[1]))
    assert mirror.ask("escaped").rows[0]["escaped"] == 0
    found = mirror.ask("burndown", "iteration:迭代1")
    assert [row["scope"] for row in found.rows] == [0, 1, 1]
    assert found.due == "9999-12-31"


def test_days_asked_for_cut_a_burndown_and_are_named_where_they_name_none(mirror: Mirror) -> None:
    mirror.land("iteration", iteration(1, "2026-03-01", "2026-03-31"))
    mirror.land("bug", bug(1, "new", "2026-03-02 10:00:00", iteration_id=ITERATIONS[1]))
    found = mirror.ask("burndown", since="2026-03-10", until="2026-03-12")
    assert [row["period"] for row in found.rows] == ["2026-03-10", "2026-03-11", "2026-03-12"]
    for asked, code in (
        ({"until": "9999-12-31"}, "trend_date"),
        ({"since": "2026-03-12", "until": "2026-03-10"}, "trend_reversed"),
        ({"since": "1999"}, "trend_periods"),
    ):
        with pytest.raises(ArgumentError) as caught:
            mirror.ask("burndown", **asked)
        assert caught.value.code == code


def two_iterations(mirror: Mirror) -> None:
    """One that is over, with two bugs, and one that today lies in, with one."""
    mirror.land(
        "iteration",
        iteration(1, "2026-03-01", "2026-03-15"),
        iteration(2, "2026-03-16", "2026-03-31"),
    )
    created = "2026-02-01 10:00:00"
    mirror.land(
        "bug",
        bug(1, "new", created, iteration_id=ITERATIONS[1], severity="fatal"),
        bug(2, "new", created, iteration_id=ITERATIONS[1]),
        bug(3, "new", created, iteration_id=ITERATIONS[2]),
    )


@pytest.mark.parametrize(
    ("where", "scope"),
    [
        ("iteration:迭代1 OR iteration:迭代2", 3),
        ("(iteration:迭代1 OR 迭代:迭代2) type:bug severity:fatal", 1),
        ("(iteration:迭代1 type:bug) (severity:fatal OR type:bug)", 2),
        ("iteration:迭代1,迭代2", 3),
        ("iteration:迭代1", 2),
        ("NOT severity:fatal", 1),
    ],
)
def test_a_burndown_is_of_the_iterations_that_its_filter_names(
    mirror: Mirror, where: str, scope: int
) -> None:
    two_iterations(mirror)
    assert mirror.ask("burndown", where).rows[-1]["scope"] == scope


@pytest.mark.parametrize(
    "where",
    [
        "NOT iteration:current",
        "iteration!=迭代1",
        "iteration:none",
        "iteration:迭代1 OR type:bug",
        "iteration:迭代2 iteration:迭代1",
        "type:bug NOT (iteration:迭代1 OR severity:fatal)",
        "iteration:迭代2 (type:story OR iteration:迭代1)",
    ],
)
def test_a_filter_that_leaves_the_iteration_open_has_no_burndown(
    mirror: Mirror, where: str
) -> None:
    two_iterations(mirror)
    with pytest.raises(ArgumentError) as caught:
        mirror.ask("burndown", where)
    assert caught.value.code == "iteration_unclear"


def test_an_unknown_kind_of_item_ends_where_it_is_closed(either: Mirror) -> None:
    """Its statuses are those of the other kinds; of which, both have to say alike."""
    maps = {("story", TECHNICAL): TECHNICAL_STATUSES, ("story", REQUIREMENT): STORY_STATUSES}
    ends = {("story", TECHNICAL): ["status_3"], ("story", REQUIREMENT): ["resolved"]}
    either.workflows({}, maps, ends)
    either.history_from("story", 0)
    created = "2026-03-10 10:00:00"
    for number, status in enumerate(("planning", "status_3", "resolved", "gone"), 1):
        either.land("story", story(number, status, created, workitem_type_id=long_id(77)))
    told = either.ask("cumulative_flow", by="status").rows[-1]["status"]
    assert told == {"规划中": 1, "测试中": 1, "gone": 1, "已实现": 1}
    for where in ("is:open", "is:closed"):
        stages = either.ask("cumulative_flow", where).rows[-1]
        assert (stages["ended"] == 0) is (where == "is:open"), where


def closings(mirror: Mirror) -> tuple[list[int], list[int]]:
    """By month since January: what trends tell as closed, and the throughput."""
    span = {"since": "2026-01", "until": "2026-03", "interval": "month"}
    return (
        list(mirror.trend(of=("closed",), **span).series[0].numbers),
        [row["finished"] for row in mirror.ask("throughput", **span).rows],
    )


def test_a_closing_has_one_date_in_trends_and_in_throughput(mirror: Mirror) -> None:
    """Whatever its fields tell, and whichever way the clock of its moves went."""
    mirror.history_from("bug", 0)
    january, february, march = (f"2026-0{month}-05 10:00:00" for month in (1, 2, 3))
    mirror.land(
        "bug",
        bug(1, "closed", january, resolved=february, reject_time=march),
        bug(2, "closed", january, closed=february, completed=march),
        bug(3, "closed", february, closed=january),  # before it was created
    )
    assert closings(mirror) == ([0, 3, 0], [0, 3, 0])
    mirror.land("bug", bug(4, "closed", march), bug(5, "closed", march))
    mirror.move("bug", 4, (january, "status", "new", "closed"))
    mirror.move(
        "bug",
        5,
        (january, "status", "new", "in_progress"),
        (february, "status", "in_progress", "closed"),
    )
    assert closings(mirror) == ([0, 3, 2], [0, 3, 2])
    assert mirror.ask("lead_time").left_out == {"clock_backwards": 3}
    assert mirror.ask("cycle_time").left_out["clock_backwards"] == 1


def test_a_closing_whose_move_is_not_read_yet_is_dated_by_its_field(mirror: Mirror) -> None:
    mirror.history_from("bug", 0)
    row = bug(1, "closed", "2026-01-05 10:00:00", closed="2026-02-05 10:00:00")
    mirror.land("bug", row | {"modified": "2026-03-05 10:00:00"})
    mirror.move("bug", 1, ("2026-01-15 10:00:00", "status", "new", "in_progress"))
    assert closings(mirror) == ([0, 1, 0], [0, 1, 0])
    assert mirror.ask("cycle_time").rows[0]["mean"] == 21


def test_an_item_without_a_creation_is_finished_when_its_field_tells(mirror: Mirror) -> None:
    mirror.history_from("bug", 0)
    mirror.land("bug", bug(1, "closed", "", closed="2026-03-05 10:00:00"))
    assert mirror.ask("throughput").total == 1
