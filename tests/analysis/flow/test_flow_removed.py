"""Items that were removed: finished work that was archived stays finished, the rest leaves."""

from __future__ import annotations

import pytest

from taplens.analysis.pace import AskedForecast, Forecast
from taplens.errors import ArgumentError
from taplens.filters import parse
from taplens.mirror.landing.rest import Removal, land_removals
from tests.analysis.flow.conftest import Mirror
from tests.analysis.flow.made import at
from tests.analysis.flow.test_flow_reading import iteration, story
from tests.mirror.reads.builders import ITERATIONS, landing, long_id

CREATED = "2026-03-01 10:00:00"
CLOSED_ON, GONE_ON = "2026-03-05 10:00:00", "2026-03-12 10:00:00"


@pytest.fixture
def team(mirror: Mirror) -> Mirror:
    """Three stories: 1 is done, 2 is being done, 3 isn't begun; all in an iteration."""
    mirror.history_from("story", 0)
    mirror.land("iteration", iteration(2, "2026-03-01", "2026-03-31"))
    there = {"iteration_id": ITERATIONS[2]}
    mirror.land(
        "story",
        story(1, "resolved", CREATED, **there) | {"modified": CLOSED_ON},
        story(2, "developing", CREATED, **there),
        story(3, "planning", CREATED, **there),
    )
    mirror.move("story", 1, (CLOSED_ON, "status", "planning", "resolved"))
    mirror.move("story", 2, (CLOSED_ON, "status", "planning", "developing"))
    return mirror


def remove(mirror: Mirror, kind: str, *numbers: int, when: str | None = GONE_ON) -> None:
    removed_at = at(when) if when else None
    with landing(mirror.database) as place:
        gone = [Removal(long_id(number), kind, removed_at=removed_at) for number in numbers]
        land_removals(place, "story", gone)


def forecast(mirror: Mirror, where: str = "", pace: str = "") -> Forecast:
    return mirror.forecast(
        AskedForecast(
            where=parse(where),
            runs=100,
            seed=1,
            days=30,
            pace=parse(pace) if pace else None,
        )
    )


def test_archiving_finished_work_leaves_what_was_finished(team: Mirror) -> None:
    asked = [("throughput", ""), ("lead_time", ""), ("cumulative_flow", ""), ("burndown", "")]
    before = [team.ask(metric, where).rows for metric, where in asked]
    told = forecast(team).throughput.tolist()
    remove(team, "archived", 1)
    assert [team.ask(metric, where).rows for metric, where in asked] == before
    assert forecast(team).throughput.tolist() == told
    assert sum(told) == 1
    assert team.ask("throughput", "removed:none").total == 0


def test_archived_work_that_was_not_finished_is_gone(team: Mirror) -> None:
    remove(team, "archived", 2, 3)
    assert team.ask("ageing").total == 0
    assert team.ask("cumulative_flow").rows[-1] | {"period": ""} == {
        "period": "",
        "not_started": 0,
        "in_progress": 0,
        "ended": 1,
    }
    assert forecast(team).scope == 0


def test_deleted_work_was_not_finished(team: Mirror) -> None:
    remove(team, "deleted", 1)
    assert team.ask("throughput").total == 0
    with pytest.raises(ArgumentError) as caught:
        forecast(team)
    assert caught.value.code == "forecast_nothing_finished"


def test_removed_items_stand_where_they_stood_until_they_went(team: Mirror) -> None:
    remove(team, "deleted", 1, 2, 3)
    span = {"since": "2026-03-11", "until": "2026-03-12", "interval": "day"}
    rows = team.ask("cumulative_flow", "is:deleted", **span).rows
    stages = ("not_started", "in_progress", "ended")
    assert [[row[stage] for stage in stages] for row in rows] == [[1, 1, 1], [0, 0, 0]]
    burned = team.ask("burndown", "is:deleted", since="2026-03-11", until="2026-03-12").rows
    assert [(row["scope"], row["done"]) for row in burned] == [(3, 1), (0, 0)]
    assert team.ask("ageing", "is:deleted").total == 0
    assert forecast(team, "is:deleted", "is:deleted").scope == 0


def test_items_removed_nobody_knows_when_are_left_out_and_counted(team: Mirror) -> None:
    remove(team, "deleted", 2, 3, when=None)
    for metric in ("cumulative_flow", "burndown"):
        found = team.ask(metric, "is:deleted")
        assert found.left_out == {"removed_unknown": 2}
        assert not any(sum(row.values()) for row in map(numbers, found.rows))


def numbers(row: dict[str, object]) -> dict[str, int]:
    return {name: value for name, value in row.items() if isinstance(value, int)}


def test_a_pace_is_not_that_of_removed_items_alone(team: Mirror) -> None:
    assert forecast(team, "type:story removed:deleted").pace == parse("type:story")
    without = "type:story removed:none"
    with pytest.raises(ArgumentError):  # whoever leaves out what is archived does so here too
        remove(team, "archived", 1)
        forecast(team, without)
