"""Names of fields and their values are understood as people write them."""

from __future__ import annotations

import pytest

from tests.mirror.reads.asking import ids, refused
from tests.mirror.reads.builders import BOTH, ITERATIONS, ME, SCOPE, WORKSPACE, long_id


@pytest.mark.parametrize(
    "where",
    [
        "severity:fatal",
        "severity:致命",
        "严重程度:致命",
        "Ｓｅｖｅｒｉｔｙ:FATAL",
        "severity:fatal,致命",
    ],
)
def test_a_field_and_its_value_answer_to_labels_and_codes_of_any_width(team, where) -> None:
    assert ids(team, where) == ["bug:1000321"]


@pytest.mark.parametrize("name", ["status", "v_status", "状态"])
def test_a_status_is_found_by_the_teams_word_in_every_workflow_that_uses_it(team, name) -> None:
    assert ids(team, f"{name}:测试中 sort:id") == ["story:1000321", "bug:1000513"]


def test_a_status_key_means_what_each_workflow_calls_by_it(team) -> None:
    assert ids(team, "status:status_3 sort:id") == ["story:1000321", "story:1000323", "bug:1000513"]
    assert ids(team, "status:灰度中") == ["story:1000323"]


def test_a_priority_answers_to_code_and_label(team) -> None:
    assert ids(team, "priority:紧急") == ["bug:1000321"]
    assert ids(team, "priority:urgent") == ["bug:1000321"]
    assert ids(team, "优先级:4") == ["story:1000321"]
    assert ids(team, "优先级:high sort:id") == ["story:1000321", "bug:1000512"]


def test_tapds_own_field_names_and_labels_work_as_ours_do(team) -> None:
    expected = ["bug:1000321"]
    for where in ("version:1.4.0", "version_report:1.4.0", "发现版本:1.4.0", "版本:1.4.0"):
        assert ids(team, where) == expected
    assert ids(team, "current_owner:我 type:bug") == expected


def test_a_custom_field_answers_to_its_label_in_every_type_that_has_it(team) -> None:
    both = ["story:1000321", "bug:1000321", "bug:1000513"]
    assert ids(team, "客户:ACME sort:type,id") == both
    assert ids(team, "custom_field_one:ａｃｍｅ sort:type,id") == both
    assert ids(team, "客户:globex") == ["bug:1000512"]


def test_one_key_that_means_different_fields_asks_each_by_its_own_kind(team) -> None:
    assert ids(team, "custom_field_two:线上 sort:id") == ["story:1000321", "story:1000322"]
    assert ids(team, "复现时间:2026-03-01") == ["bug:1000321"]


def test_people_are_found_by_nick_by_name_and_as_me(team) -> None:
    mine = ["bug:1000321", "story:1000322"]
    assert sorted(ids(team, "owner:me -owner:zhangwei")) == mine
    assert sorted(ids(team, f"owner:{ME} -owner:张伟")) == mine
    assert ids(team, "reporter:ئايگۈل severity:fatal") == ["bug:1000321"]
    assert ids(team, "评审人:བསྟན་འཛིན།") == ["bug:1000321"]


def test_an_iteration_is_named_by_name_id_or_as_the_current_one(team) -> None:
    current = ["story:1000321", "bug:1000321", "task:1000877"]
    for value in ("2026-S2", "2026-s2", "当前", "current", "1000046", ITERATIONS[2]):
        assert ids(team, f"iteration:{value} sort:type,id") == current
    assert len(ids(team, "iteration:2026-S1,2026-S2")) == 4


def test_references_are_named_by_name_or_id(team) -> None:
    assert ids(team, "category:导出") == ["story:1000321"]
    assert ids(team, "workitem_type:技术需求") == ["story:1000323"]
    assert ids(team, "parent:1000321") == ["story:1000322"]
    assert ids(team, f"parent:10{WORKSPACE}001000321") == ["story:1000322"]
    assert ids(team, "story:1000321 sort:type") == ["bug:1000321", "task:1000877"]
    assert ids(team, "parent:~csv") == ["story:1000322"]
    assert ids(team, "iteration:~s3") == ["story:1000322"]


def test_the_type_is_named_in_either_language(team) -> None:
    assert len(ids(team, "type:缺陷")) == len(ids(team, "类型:bug")) == 4
    assert ids(team, "type:用例") == ["tcase:1003301"]
    assert len(ids(team, "type:迭代")) == 3


def test_ids_are_short_or_full_whatever_their_prefix(team) -> None:
    both = ["story:1000321", "bug:1000321"]
    for value in ("1000321", "#1000321", long_id(1000321), f"10{WORKSPACE}001000321"):
        assert ids(team, f"id:{value} sort:type") == both
    assert ids(team, "id:1003301,1000047 sort:type") == ["tcase:1003301", "iteration:1000047"]


def test_a_workspace_is_named_by_id_or_name(team) -> None:
    assert ids(team, "workspace:支付中台", BOTH) == ["bug:1000321"]
    assert len(ids(team, f"workspace:{WORKSPACE}", BOTH)) == 9


@pytest.mark.parametrize(
    ("where", "code", "position", "near"),
    [
        ("sevrity:fatal", "unknown_field", 0, "severity"),
        ("type:bug 客戶:ACME", "unknown_field", 9, "客户"),
        ("sort:-creatd", "unknown_field", 5, "created"),
        ("severity:fatl", "unknown_value", 9, "fatal"),
        ("status:测试", "unknown_value", 7, "测试中"),
        ("type:buk", "unknown_value", 5, "bug"),
        ("is:opne", "unknown_value", 3, "open"),
        ("owner:zhangwie", "unknown_value", 6, "zhangwei"),
        ("iteration:2026-S9", "unknown_value", 10, "2026-S"),
        ("客户:ACME type:story category:倒出", "unknown_value", 28, "导出"),
        ("workspace:60000001", "unknown_value", 10, WORKSPACE),
        ("removed:gone", "unknown_value", 8, "deleted"),
        ("parent:没有编号", "unknown_value", 7, ""),
        ("id:abc", "id_malformed", 3, ""),
        ("effort:viel", "number_malformed", 7, ""),
        ("created:neulich", "date_malformed", 8, ""),
        ("status:>新", "field_not_ordered", 0, ""),
        ("severity:>fatl", "unknown_value", 10, "fatal"),
        ("type:>bug", "field_not_ordered", 0, ""),
        ("created:~2026", "field_not_text", 0, ""),
    ],
)
def test_an_unknown_name_or_value_is_refused_at_its_place_with_the_nearest(
    team, where, code, position, near
) -> None:
    fault = refused(team, where)
    assert (fault.code, fault.position) == (code, position)
    assert near in str(fault.parameters.get("nearest", ""))
    for locale in ("en", "zh"):
        assert fault.message(locale)
        assert fault.mend(locale)


def test_me_is_refused_where_nobody_is_known_to_ask(team) -> None:
    from dataclasses import replace

    assert refused(team, "owner:me", replace(SCOPE, me="")).code == "me_unknown"


def test_a_value_that_no_list_offers_is_accepted_where_items_hold_it(team) -> None:
    assert ids(team, "creator:old_hand") == ["story:1000324"]
    assert refused(team, "owner:secret_nick").code == "unknown_value"
    assert "secret" not in str(refused(team, "owner:secret_nik").parameters["nearest"])


def test_a_priority_answers_to_the_words_everybody_knows(team) -> None:
    assert ids(team, "type:story priority:高") == ids(team, "type:story priority:High") != []
    assert ids(team, "type:bug priority:P0") == ["bug:1000321"]
    assert ids(team, "priority:medium sort:id") == ids(team, "priority:中,Middle sort:id")
