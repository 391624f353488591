"""Risks: reckoned anew by hand from the items' own histories."""

from __future__ import annotations

from datetime import date
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from taplens.clock import day_of
from taplens.mirror.reads_describe import describe_workspace
from taplens.mirror.reads_items import get_items
from taplens.mirror.scope import Scope
from taplens.reports import risks
from taplens.tools.reporting import ReportAsked, report_of
from tests.reports.conftest import FIRST, Ask

if TYPE_CHECKING:
    from taplens.tools.context import ToolContext

YEAR = ReportAsked(since="2025-04-01", until="2026-03-31", lang="en")


def listed(report: Any, name: str) -> Any:
    section = report.section("risks")
    return next(one for one in section.listings if one.count.name == name)


async def reopened_by_hand(context: ToolContext, times: int) -> set[str]:
    """The bugs whose intervals leave the end statuses so often, once of these in the year."""
    scope = Scope((FIRST,), context.clock.now())
    described = await context.read(describe_workspace, scope, FIRST)
    ends = {
        status.key
        for workflow in described.workflows
        if workflow.type == "bug"
        for status in workflow.statuses
        if status.is_end
    }
    read = partial(get_items, web_base_url="https://tapd.example")
    found = set()
    numbers = [("bug", str(1_000_000 + place)) for place in range(1, 151)]
    for start in range(0, len(numbers), 50):
        for detail in await context.read(read, numbers[start : start + 50], scope):
            if detail.removal is not None:
                continue
            stays = detail.intervals
            again = [
                day_of(after.began)
                for before, after in pairwise(stays)
                if before.status in ends and after.status not in ends
            ]
            within = [day for day in again if date(2025, 4, 1) <= day <= date(2026, 3, 31)]
            if len(again) >= times and within:
                found.add(detail.row.id)
    return found


@pytest.mark.parametrize("times", [1, 2])
async def test_bugs_that_come_back_are_those_whose_history_says_so(
    context: ToolContext, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    monkeypatch.setattr(risks, "OFTEN", times)
    count = listed(await report_of(context, YEAR), "reopen_loops").count
    expected = await reopened_by_hand(context, times)
    ids = set(count.call.where.partition("id:")[2].split(",")) - {"0"}
    assert ids == expected
    assert count.value == len(expected)
    assert expected or times > 1


async def test_iterations_whose_last_day_is_over_are_overdue(context: ToolContext) -> None:
    scope = Scope((FIRST,), context.clock.now())
    described = await context.read(describe_workspace, scope, FIRST)
    today = day_of(context.clock.now()).isoformat()
    expected = {one.id for one in described.iterations if one.is_open and (one.due or "9") < today}
    found = listed(await report_of(context, YEAR), "overdue_iterations")
    assert found.count.value == len(expected) > 0
    assert {item.id for item in found.items} <= expected
    narrowed = await report_of(context, ReportAsked(since="2026-03", where="type:bug", lang="en"))
    assert listed(narrowed, "overdue_iterations").count.value == len(expected)


async def test_who_has_more_open_items_than_others_is_named(
    context: ToolContext, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(risks, "LEAST_LOAD", 1)
    monkeypatch.setattr(risks, "OVERLOADED", 1.0)
    report = await report_of(context, YEAR)
    (table,) = report.section("risks").breakdowns  # type: ignore[union-attr]
    groups = (await ask("count_items", {"where": "is:open", "by": "owner"}, budget=None)).content
    loads = {row["owner"]: row["count"] for row in groups["data"] if row["owner"]}
    middle = sorted(loads.values())[len(loads) // 2]
    named = {figure.label: figure.value for figure in table.figures}
    assert named == {owner: loads[owner] for owner in named}
    assert min(named.values()) >= middle
    for figure in table.figures:
        counted = await ask(figure.call.tool, dict(figure.call.arguments))
        assert counted.content["total"] == figure.value


async def test_a_team_that_renamed_its_severities_still_hears_of_urgent_bugs(
    context: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(risks, "_GRAVE", "severity:没有这样的")
    count = listed(await report_of(context, YEAR), "ageing_urgent").count
    assert "priority:urgent" in count.call.where
    assert "severity" not in count.call.where
