"""Days pass as a team would spend them, and histories go on agreeing with the items."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from taplens.clock import day_start, tapd_time
from taplens.sandbox import life
from taplens.sandbox.store import Store
from taplens.sandbox.world import World, build
from tests.sandbox.replay import (
    all_rows,
    check_histories,
    check_references,
    check_trees,
    everything,
)

TODAY = date(2026, 7, 15)


def small(store: Store, seed: int = 6) -> World:
    return build(store, items=40, seed=seed, today=TODAY)


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.generate],  # worlds don't shrink: a seed is all there is to tell
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    seed=st.integers(0, 10**6),
    steps=st.lists(st.floats(0.01, 20), min_size=1, max_size=3),
    rate=st.sampled_from([None, 3.0, 25.0]),
)
def test_histories_agree_however_time_passes(
    seed: int, steps: list[float], rate: float | None
) -> None:
    with Store() as store:
        world = small(store, seed)
        for days in steps:
            life.pass_days(world, days, rate=rate)
        for workspace_id in world.workspaces:
            check_histories(store, workspace_id)
            check_trees(store, workspace_id)
            check_references(store, workspace_id)


def test_many_days_bring_everything_a_team_does() -> None:
    with Store() as store:
        world = small(store)
        counts = Counter(life.pass_days(world, 20, rate=50))
        for happening in (
            "create_bug", "create_story", "move_bug", "move_story", "reopen_bug", "edit_bug",
            "edit_story", "replan", "comment", "link", "unlink", "delete", "archive", "restore",
            "new_rule", "turn_iterations",
        ):  # fmt: skip
            assert counts[happening], happening
        check_histories(store, world.first.id)
        check_references(store, world.first.id)


def test_the_clock_moves_by_exactly_the_days_asked_for() -> None:
    with Store() as store:
        world = small(store)
        assert world.now == day_start(TODAY) + 18 * 3600
        life.pass_days(world, 1.5)
        assert world.now == day_start(TODAY) + 18 * 3600 + 36 * 3600
        life.pass_days(world, 0)
        assert world.now == day_start(TODAY) + 18 * 3600 + 36 * 3600


def test_what_happens_is_the_same_for_the_same_seed() -> None:
    worlds = []
    for seed in (6, 6, 7):
        with Store() as store:
            world = small(store, seed)
            counts = life.pass_days(world, 2, rate=20)
            worlds.append((counts, everything(store)))
    assert worlds[0] == worlds[1]
    assert worlds[0] != worlds[2]


def test_the_rate_is_the_number_of_acts_a_day() -> None:
    with Store() as store:
        world = small(store)
        counts = life.pass_days(world, 2, rate=25)
        others = sum(round(50 * plan.plan.share) for plan in list(world.workspaces.values())[1:])
        assert sum(counts.values()) - counts.get("turn_iterations", 0) == 50 + others


def test_numbers_go_on_growing_with_time() -> None:
    with Store() as store:
        world = small(store)
        life.pass_days(world, 5, rate=30)
        for table in ("story", "bug", "comment", "story_change", "bug_change"):
            times = [row["created"] for row in all_rows(store, table, world.first.id)]
            assert times == sorted(times)
            assert times[-1] <= tapd_time(world.now)


def test_iterations_end_and_new_ones_are_planned() -> None:
    with Store() as store:
        world = small(store)
        life.pass_days(world, 60, rate=1)
        today = tapd_time(world.now)[:10]
        rows = all_rows(store, "iteration", world.first.id)
        assert all((row["status"] == "done") == (row["enddate"] < today) for row in rows)
        assert sum(row["startdate"] > today for row in rows) >= 2


def test_an_almost_empty_world_lives_too() -> None:
    with Store() as store:
        world = build(store, items=0, seed=1, today=TODAY)
        assert life.pass_days(world, 3)


@pytest.mark.parametrize("rate", [0, 0.0])
def test_a_rate_of_nothing_lets_only_the_calendar_go_on(rate: float) -> None:
    with Store() as store:
        world = small(store)
        counts = life.pass_days(world, 1, rate=rate)
        assert set(counts) <= {"turn_iterations"}
