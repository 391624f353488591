"""Counts are exact, by any one or two fields, in the team's words."""

from __future__ import annotations

import pytest

from taplens.errors import ArgumentError
from taplens.mirror.scope import Scope
from tests.mirror.reads.asking import counted, found, groups
from tests.mirror.reads.builders import BOTH, ITERATIONS, ME, SCOPE


def test_a_count_without_groups_is_what_find_says_in_total(team) -> None:
    for where in ("", "type:bug", "is:open", "is:removed", "csv", "label:阻塞"):
        assert counted(team, where).total == found(team, where).total


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("type", {"story": 4, "bug": 4, "task": 1}),
        ("open", {"open": 7, "closed": 2}),
        (
            "status",
            {
                "测试中": 2,
                "规划中": 1,
                "灰度中": 1,
                "已实现": 1,
                "接受/处理": 1,
                "新": 1,
                "已关闭": 1,
                "进行中": 1,
            },
        ),
        ("owner", {"zhangwei": 4, ME: 3, None: 2, "old_hand": 1}),
        ("label", {None: 6, "待讨论": 2, "阻塞": 2}),
        ("迭代", {None: 4, "2026-S2": 3, "2026-S1": 1, "2026-S3": 1}),
        ("客户", {None: 4, "ACME": 2, "环宇": 1, "Globex": 1, "ａcme": 1}),
        ("渠道", {None: 7, "线上": 2, "线下": 1}),
        ("耗时", {None: 7, "2.5": 1, "10": 1}),
        ("effort", {None: 6, "16": 1, "2.5": 1, "4": 1}),
        ("created:month", {"2025-12": 1, "2026-01": 2, "2026-02": 3, "2026-03": 3}),
        ("created:year", {"2025": 1, "2026": 8}),
        (
            "created：周",
            {
                "2026-W01": 2,
                "2026-W02": 1,
                "2026-W06": 2,
                "2026-W09": 2,
                "2026-W12": 2,
            },
        ),
        ("due", {None: 7, "2026-03-20": 1, "2026-03-25": 1}),
        ("due:month", {None: 7, "2026-03": 2}),
        ("上线日:month", {None: 8, "2026-04": 1}),
        ("复现时间:day", {None: 7, "2026-03-01": 1, "2026-03-18": 1}),
        ("parent", {None: 8, "订单导出为 CSV 文件": 1}),
        ("story", {None: 7, "订单导出为 CSV 文件": 2}),
        ("category", {None: 7, "导出": 1, "报表": 1}),
        ("severity", {None: 5, "致命": 1, "严重": 1, "一般": 1, "提示": 1}),
        ("removed", {None: 9}),
    ],
)
def test_items_count_in_groups_by_any_field(team, by, expected) -> None:
    assert groups(team, "", by) == expected


def test_two_fields_count_every_combination(team) -> None:
    assert groups(team, "", "type", "open") == {
        ("story", "open"): 3,
        ("bug", "open"): 3,
        ("task", "open"): 1,
        ("story", "closed"): 1,
        ("bug", "closed"): 1,
    }
    assert groups(team, "type:story", "渠道", "owner") == {
        ("线上", ME): 2,
        ("线上", "zhangwei"): 1,
        ("线下", ME): 1,
        ("线下", "zhangwei"): 1,
        (None, "zhangwei"): 1,
        (None, "old_hand"): 1,
    }
    assert groups(team, "type:story", "owner", "渠道") == {
        (owner, channel): count
        for (channel, owner), count in groups(team, "type:story", "渠道", "owner").items()
    }
    assert groups(team, "客户:any", "客户", "type") == {
        ("ACME", "story"): 1,
        ("ACME", "bug"): 1,
        ("环宇", "story"): 1,
        ("Globex", "bug"): 1,
        ("ａcme", "bug"): 1,
    }


def test_groups_of_several_values_overlap_and_say_so(team) -> None:
    result = counted(team, "", "label")
    assert result.overlapping
    assert sum(group.count for group in result.groups) == result.total + 1
    assert not counted(team, "", "status").overlapping
    assert not counted(team, "type:bug", "label").overlapping


def test_groups_carry_what_a_filter_takes_for_them(team) -> None:
    by_iteration = counted(team, "iteration:any", "iteration")
    assert {group.values[0] for group in by_iteration.groups} == set(ITERATIONS.values())
    by_severity = {
        group.labels[0]: group.values[0] for group in counted(team, "", "severity").groups
    }
    assert by_severity["致命"] == "fatal"
    for name in ("severity", "status", "owner", "iteration", "created:month", "客户", "effort"):
        for group in counted(team, "", name).groups:
            field = name.partition(":")[0]
            value = "none" if group.values[0] is None else f'"{group.values[0]}"'
            assert group.values[0] is None or found(team, f"{field}:{value}").total >= group.count


def test_priorities_that_the_team_calls_alike_count_together(team) -> None:
    labels = groups(team, "", "priority")
    assert labels == {
        None: 2,
        "High": 1,
        "Middle": 1,
        "Low": 1,
        "紧急": 1,
        "高": 1,
        "中": 1,
        "低": 1,
    }


def test_the_largest_groups_come_first_and_the_rest_is_counted(team) -> None:
    result = counted(team, "", "status", limit=2)
    assert [group.count for group in result.groups] == [2, 1]
    assert result.other == result.total - 3


def test_groups_in_time_come_in_its_order_and_the_newest_stay(team) -> None:
    result = counted(team, "", "created:month", limit=2)
    assert [group.labels[0] for group in result.groups] == ["2026-02", "2026-03"]
    assert result.other == 3
    whole = counted(team, "", "due:month")
    assert [group.labels[0] for group in whole.groups] == ["2026-03", None]


def test_openness_comes_with_its_definition(team) -> None:
    assert counted(team, "", "open").definitions == ("definition.open",)
    assert counted(team, "is:open", "status").definitions == ("definition.open",)
    assert counted(team, "", "status").definitions == ()


def test_workspaces_are_counted_only_within_the_scope(team) -> None:
    assert groups(team, "", "workspace", scope=BOTH) == {"环宇商城": 9, "支付中台": 1}
    assert "secret_nick" not in groups(team, "", "creator")
    assert "待处理" not in groups(team, "", "status")


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (("nonsense",), "group_unknown"),
        (("title",), "group_not_countable"),
        (("id",), "group_not_countable"),
        (("status:month",), "group_not_in_time"),
        (("custom_field_two",), "group_kinds_differ"),
        (("status", "owner", "type"), "group_too_many"),
        (("status", "状态"), "group_twice"),
    ],
)
def test_what_cannot_be_counted_by_is_refused_with_a_mend(team, by, code) -> None:
    with pytest.raises(ArgumentError) as caught:
        counted(team, "", *by)
    assert caught.value.code == code
    assert caught.value.message("zh")
    assert caught.value.mend("en")


@pytest.mark.parametrize("limit", [0, -5, 1_000_001])
def test_a_limit_out_of_range_is_refused(team, limit) -> None:
    with pytest.raises(ArgumentError):
        counted(team, "", "status", limit=limit)


def test_counting_nothing_gives_no_groups(team) -> None:
    for by in (("status",), ("owner",), ("owner", "客户"), ("created:month", "label")):
        result = counted(team, "csv -csv", *by)
        assert (result.total, result.groups, result.other) == (0, (), 0)


def test_where_no_workspace_of_the_scope_is_mirrored_nothing_counts(team) -> None:
    nowhere = Scope(("99999999",), SCOPE.now, "")
    assert counted(team, "", scope=nowhere).total == 0
    assert counted(team, "is:open", "status", "owner", scope=nowhere).groups == ()
