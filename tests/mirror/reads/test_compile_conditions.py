"""Conditions mean in SQL what they say, for every kind of field."""

from __future__ import annotations

import pytest

from taplens.mirror.fields import TYPE_CODES
from tests.mirror.reads.asking import found, ids
from tests.mirror.reads.builders import BOTH, NOW, SCOPE

STORIES = {"story:1000321", "story:1000322", "story:1000323", "story:1000324"}
BUGS = {"bug:1000321", "bug:1000512", "bug:1000513", "bug:1000514"}
EVERYTHING = STORIES | BUGS | {"task:1000877"}


def test_nothing_asked_means_the_stories_bugs_and_tasks_that_are_there(team) -> None:
    assert set(ids(team, "")) == EVERYTHING


def test_a_field_that_only_other_types_have_brings_these_in(team) -> None:
    assert ids(team, "is_automated:1") == ["tcase:1003301"]


def test_a_type_outside_the_usual_ones_must_be_named(team) -> None:
    assert ids(team, "导出保留") == []
    assert ids(team, "type:tcase 导出保留") == ["tcase:1003301"]
    assert set(ids(team, "-type:bug")) == STORIES | {"task:1000877"}


def test_open_and_closed_follow_each_workflow(team) -> None:
    closed = {"story:1000324", "bug:1000514"}
    for where in ("is:closed", "-is:open", "open:no", "is:已关闭", "not (is:open)"):
        assert set(ids(team, where)) == closed
    assert set(ids(team, "is:open")) == EVERYTHING - closed
    assert found(team, "is:open").definitions == ("definition.open",)
    assert found(team, "type:bug").definitions == ()


def test_removed_items_come_only_when_asked_for_and_then_alone(team) -> None:
    for where in ("is:removed", "is:moved", "removed:moved", "removed:any", "is:已移动"):
        rows = found(team, where).rows
        assert [(row.type, row.number, row.removed) for row in rows] == [("bug", 1000480, "moved")]
    assert ids(team, "is:removed is:archived") == []
    assert set(ids(team, "-is:removed")) == EVERYTHING
    assert set(ids(team, "removed:none")) == EVERYTHING


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("created:2026-01-01", {"story:1000323"}),  # days are cut at +08:00
        ("created:2025-12-31", {"story:1000324"}),
        ("created:>2026-03-19", {"bug:1000512"}),
        ("created:>=2026-03-19", {"bug:1000512", "story:1000322"}),
        ("created:<2026-01-01", {"story:1000324"}),
        ("created:<=2026-01-01", {"story:1000324", "story:1000323"}),
        ("created:2026-02-28..2026-03-01", {"bug:1000321", "bug:1000513"}),
        ("created:2026-02", {"story:1000321", "bug:1000513", "task:1000877"}),
        ("created:today", {"bug:1000512"}),
        ("created:昨天", {"story:1000322"}),
        ('modified:"2026-03-20 08:00"', {"bug:1000512"}),
        ("created:2026-01-01,2026-03-20", {"story:1000323", "bug:1000512"}),
        ("resolved:any", {"bug:1000514"}),
        ("due:2026-03-20", {"story:1000321"}),
        ("due:>2026-03-20", {"bug:1000321"}),
        ("due:本月", {"story:1000321", "bug:1000321"}),
        ("deadline:<today", {"bug:1000513"}),
        ("上线日:2026-04", {"story:1000321"}),
        ("上线日:<2026-04-01", set()),
        ("复现时间:2026-03-18", {"bug:1000512"}),
        ("复现时间:>=2026-03-01", {"bug:1000321", "bug:1000512"}),
    ],
)
def test_times_are_compared_by_the_days_of_the_workspace(team, where, expected) -> None:
    assert set(ids(team, where)) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("effort:16", {"story:1000321"}),
        ("effort:>2.5", {"story:1000321", "task:1000877"}),
        ("effort:>=2.5", {"story:1000321", "story:1000322", "task:1000877"}),
        ("effort:<4", {"story:1000322"}),
        ("effort:2..5", {"story:1000322", "task:1000877"}),
        ("耗时:>2.5", {"story:1000322"}),
        ("耗时:2.5,10", {"story:1000321", "story:1000322"}),
        ("耗时:1..3", {"story:1000321"}),
        ("progress:50%", {"task:1000877"}),
    ],
)
def test_numbers_are_compared_as_numbers(team, where, expected) -> None:
    assert set(ids(team, where)) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("csv", {"story:1000321", "bug:1000321", "task:1000877"}),
        ("ＣＳＶ", {"story:1000321", "bug:1000321", "task:1000877"}),
        ("excel", {"story:1000322"}),
        ("🎉", {"story:1000322"}),
        ('"订单导出"', {"story:1000321"}),
        ("导出 -csv", {"story:1000322", "story:1000324", "bug:1000514"}),
        ("title:登录", {"bug:1000512"}),
        ("标题:~ios", {"bug:1000512"}),
        ('"[登录]"', {"bug:1000512"}),
        ('"(iOS)"', {"bug:1000512"}),
        ('"100%"', {"bug:1000513"}),
        ('"[加载]_"', {"bug:1000513"}),
        ('"1?0"', set()),
        ('"*"', set()),
        ("module:~报", {"story:1000321", "bug:1000321"}),
        ("severity:~严", {"bug:1000512"}),
        ("severity:~serious", {"bug:1000512"}),
        ("status:~测试", {"story:1000321", "bug:1000513"}),
        ("客户:~glob", {"bug:1000512"}),
        ("owner:~zhang", {"story:1000321", "story:1000323", "bug:1000512", "task:1000877"}),
    ],
)
def test_texts_are_found_whatever_their_case_and_width(team, where, expected) -> None:
    assert set(ids(team, where)) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("severity:>=serious", {"bug:1000321", "bug:1000512"}),
        ("severity:>严重", {"bug:1000321"}),
        ("severity<一般", {"bug:1000514"}),
        ("severity:serious..normal", {"bug:1000512", "bug:1000513"}),
        ("priority>=3", {"story:1000321", "story:1000322"}),
        ("priority:>=high", {"bug:1000321", "bug:1000512", "story:1000321"}),
    ],
)
def test_priorities_and_severities_compare_by_the_teams_list(team, where, expected) -> None:
    assert set(ids(team, where)) == expected


def test_any_of_several_values_is_enough_and_conditions_add_up(team) -> None:
    assert ids(team, "label:阻塞 label:待讨论") == ["story:1000321"]
    assert set(ids(team, "label:阻塞,待讨论")) == {"story:1000321", "story:1000322", "bug:1000321"}
    assert set(ids(team, "渠道:线下 or severity:fatal")) == {"story:1000321", "bug:1000321"}
    assert set(ids(team, "label:阻塞 (type:bug or 客户:环宇)")) == {"bug:1000321"}


def test_without_a_value_means_types_that_could_have_one(team) -> None:
    assert set(ids(team, "severity:none")) == set()
    assert set(ids(team, "deadline:none")) == BUGS - {"bug:1000513"}
    assert set(ids(team, "label:none")) == EVERYTHING - {
        "story:1000321",
        "story:1000322",
        "bug:1000321",
    }
    assert set(ids(team, "客户:none")) == {"story:1000323", "story:1000324", "bug:1000514"}
    assert set(ids(team, "category:none type:story")) == {"story:1000323", "story:1000324"}


def test_not_equal_keeps_to_types_that_have_the_field_and_not_is_the_complement(team) -> None:
    assert set(ids(team, "severity:!=fatal")) == BUGS - {"bug:1000321"}
    assert set(ids(team, "-severity:fatal")) == EVERYTHING - {"bug:1000321"}
    with_module = {"story:1000321", "bug:1000321"}
    assert set(ids(team, "module!=报表")) == (STORIES | BUGS) - with_module
    assert set(ids(team, "-owner:me")) == EVERYTHING - set(ids(team, "owner:me"))


def test_a_condition_that_the_asked_types_cannot_fulfil_is_told(team) -> None:
    result = found(team, "type:story severity:fatal")
    assert result.total == 0
    (notice,) = result.warnings
    assert notice.parameters["owners"] == "bug"
    assert "severity" in notice.text("en")
    assert "severity" in notice.text("zh")
    assert found(team, "type:bug severity:fatal").warnings == ()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("type:story sort:-created", [1000322, 1000321, 1000323, 1000324]),
        ("type:bug sort:priority", [1000321, 1000512, 1000513, 1000514]),
        ("type:bug sort:-priority", [1000514, 1000513, 1000512, 1000321]),
        ("type:bug sort:status", [1000512, 1000321, 1000513, 1000514]),
        ("type:story sort:due", [1000321, 1000322, 1000323, 1000324]),
        ("type:story sort:-due", [1000321, 1000322, 1000323, 1000324]),
        ("type:story sort:-耗时", [1000322, 1000321, 1000323, 1000324]),
        ("type:story sort:渠道,id", [1000321, 1000322, 1000323, 1000324]),
        ("type:story sort:iteration", [1000324, 1000321, 1000322, 1000323]),
        ("type:story sort:-iteration", [1000322, 1000321, 1000324, 1000323]),
        ("type:bug sort:复现时间", [1000321, 1000512, 1000513, 1000514]),
        ("type:bug sort:creator,-id", [1000514, 1000513, 1000321, 1000512]),
        ("type:story sort:title", [1000323, 1000322, 1000324, 1000321]),
        ("type:story sort:上线日,-id", [1000321, 1000324, 1000323, 1000322]),
        ("type:bug sort:-modified", [1000512, 1000321, 1000513, 1000514]),
        ("type:bug", [1000512, 1000321, 1000513, 1000514]),
    ],
)
def test_any_field_sorts_in_the_teams_order_and_what_is_unset_comes_last(
    team, where, expected
) -> None:
    assert [row.number for row in found(team, where).rows] == expected


def test_an_order_is_always_the_same_and_ends_with_type_and_id(team) -> None:
    rows = found(team, "sort:workspace").rows
    assert [(row.type, row.number) for row in rows] == sorted(
        ((row.type, row.number) for row in rows), key=lambda pair: (TYPE_CODES[pair[0]], pair[1])
    )


def test_a_workspace_outside_the_scope_is_never_seen(team) -> None:
    assert {row.workspace_id for row in found(team, "退款 or csv", BOTH).rows} == set(
        BOTH.workspace_ids
    )
    assert found(team, "退款", SCOPE).total == 0
    assert found(team, "id:1000321 workspace:58210347").total == 2
    assert found(team, "id:1160000001001000321").total == 0
    assert NOW


def test_of_two_workspaces_each_keeps_its_own_words(team) -> None:
    assert ids(team, "status:待处理", BOTH) == ["bug:1000321"]
    assert set(ids(team, "status:new", BOTH)) == {"bug:1000321", "bug:1000512"}
