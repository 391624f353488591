"""The state and the make-up of a workspace, in the team's words."""

from __future__ import annotations

import pytest

from taplens.errors import EmptyMirrorError, NotFoundError
from taplens.mirror.reads_describe import describe_workspace
from taplens.mirror.reads_workspace import workspace_state
from taplens.mirror.scope import Scope
from tests.mirror.reads.builders import (
    BOTH,
    FOREIGN,
    ME,
    NOW,
    SCOPE,
    SECOND,
    WORKSPACE,
    instant,
)


def state(team, workspace_id=WORKSPACE, scope=SCOPE):
    with team.read() as connection:
        return workspace_state(connection, scope, workspace_id)


def description(team):
    with team.read() as connection:
        return describe_workspace(connection, BOTH, WORKSPACE)


def test_the_state_counts_by_type_and_openness(team) -> None:
    assert {entry.type: (entry.total, entry.open) for entry in state(team).types} == {
        "story": (4, 3),
        "bug": (4, 3),
        "task": (1, 1),
        "tcase": (1, 1),
        "iteration": (3, 2),
    }


def test_statuses_come_in_the_order_of_their_workflow(team) -> None:
    bugs = [entry for entry in state(team).statuses if entry.type == "bug"]
    assert [(entry.label, entry.count, entry.is_open) for entry in bugs] == [
        ("新", 1, True),
        ("接受/处理", 1, True),
        ("测试中", 1, True),
        ("已关闭", 1, False),
    ]


def test_open_urgent_bugs_are_named(team) -> None:
    found = state(team)
    assert found.urgent_total == 1
    assert [row.title for row in found.urgent] == ["CSV 丢失前导零"]
    assert state(team, SECOND, BOTH).urgent_total == 0


def test_the_state_says_how_fresh_it_is_and_how_far_back_it_reaches(team) -> None:
    found = state(team)
    assert found.name == "环宇商城"
    assert found.as_of == NOW - 60
    assert found.history_from == instant("2026-02-01 00:00:00")
    assert [entry.name for entry in found.streams] == ["bug_change", "story", "story_change"]
    assert state(team, SECOND, BOTH).history_from is None


def test_a_workspace_outside_the_scope_is_unknown_and_an_empty_one_says_so(team) -> None:
    with pytest.raises(NotFoundError) as caught:
        state(team, FOREIGN)
    assert "别家" not in caught.value.message("zh")
    with pytest.raises(EmptyMirrorError):
        state(team, "77777777", Scope(("77777777",), NOW))


def test_fields_are_described_as_a_filter_takes_them(team) -> None:
    fields = {field.name: field for field in description(team).fields if not field.key}
    assert fields["severity"].options[0] == ("fatal", "致命")
    assert fields["severity"].types == ("bug",)
    assert fields["version"].labels == ("发现版本",)
    assert fields["owner"].kind == "people"
    customs = {(field.name, field.types): field for field in description(team).fields if field.key}
    assert customs["客户", ("story",)].options == (("1", "ACME"), ("2", "环宇"))
    assert customs["客户", ("bug",)].options == ()
    assert customs["渠道", ("story",)].key == "custom_field_two"
    assert customs["耗时", ("story",)].kind == "number"


def test_every_described_field_name_works_in_a_filter(team) -> None:
    from tests.mirror.reads.asking import found

    for field in description(team).fields:
        found(team, f'"{field.name}":any')
        for value, label in field.options:
            found(team, f'"{field.name}":"{value}"')
            found(team, f'"{field.name}":"{label}"')


def test_workflows_people_and_plans_are_described(team) -> None:
    told = description(team)
    flows = {(flow.type, flow.workitem_type): flow.statuses for flow in told.workflows}
    assert [status.label for status in flows["story", "技术需求"]] == ["待评估", "灰度中", "已上线"]
    assert [status.label for status in flows["bug", ""] if status.is_end] == ["已关闭"]
    assert flows["bug", ""][0].is_first
    people = {person.nick: person for person in told.people}
    assert people["zhangwei"].name == "张伟"
    assert people[ME].roles == ("开发",)
    assert [(entry.name, entry.is_current) for entry in told.iterations] == [
        ("2026-S1", False),
        ("2026-S2", True),
        ("2026-S3", False),
    ]
    assert told.categories == ("报表", "报表 / 导出")
    assert told.workitem_types == ("技术需求", "需求")
    assert set(told.modules) == {"报表", "登录"}
    assert set(told.labels) == {"阻塞", "待讨论", "有风险"}
