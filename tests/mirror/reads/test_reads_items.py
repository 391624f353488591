"""Single items come whole: fields, texts, comments, history, links, time in each status."""

from __future__ import annotations

from typing import Any

import pytest

from taplens.errors import ArgumentError
from taplens.mirror.reads_items import ItemDetail, get_items
from tests.mirror.reads.builders import (
    BOTH,
    ITERATIONS,
    ME,
    NOW,
    SCOPE,
    SECOND,
    WORKSPACE,
    instant,
    long_id,
)

WEB = "https://www.tapd.cn"


def got(team, *asked: tuple[str | None, str], scope=SCOPE, **more: Any) -> list[ItemDetail]:
    with team.read() as connection:
        return get_items(connection, asked, scope, web_base_url=WEB, **more)


def story(team, **more: Any) -> ItemDetail:
    (detail,) = got(team, ("story", "1000321"), **more)
    return detail


def test_an_item_is_found_by_its_short_id_and_every_form_of_its_full_one(team) -> None:
    for asked in ("1000321", "#1000321", long_id(1000321), f"10{WORKSPACE}001000321"):
        assert [detail.row.type for detail in got(team, (None, asked))] == ["story", "bug"]
        assert [detail.row.type for detail in got(team, ("bug", asked))] == ["bug"]


def test_items_come_in_the_order_they_were_asked_for_and_unknown_ones_are_left_out(team) -> None:
    details = got(team, (None, "1000877"), (None, "999"), ("bug", "1000512"), (None, "1003301"))
    assert [detail.asked for detail in details] == ["1000877", "1000512", "1003301"]


def test_a_short_id_is_looked_for_in_every_workspace_of_the_scope_and_in_no_other(team) -> None:
    found = got(team, ("bug", "1000321"), scope=BOTH)
    assert [detail.row.workspace_id for detail in found] == [WORKSPACE, SECOND]
    assert got(team, (None, "1160000001001000321"), scope=BOTH) == []


def test_fields_carry_tapds_name_and_value_and_the_teams_words(team) -> None:
    fields = {field.name: field for field in story(team).fields}
    assert (fields["status"].label, fields["status"].value_label) == ("状态", "测试中")
    assert fields["iteration_id"].value == ITERATIONS[2]
    assert fields["iteration_id"].value_label == "2026-S2"
    assert fields["category_id"].value_label == "导出"
    assert fields["workitem_type_id"].value_label == "需求"
    assert fields["owner"].value_label == f"{ME}, zhangwei"
    assert (fields["custom_field_one"].label, fields["custom_field_one"].value) == ("客户", "ACME")
    assert fields["custom_field_two"].value_label == "线上, 线下"
    assert fields["label"].value_label == "阻塞, 待讨论"
    assert "description" not in fields
    assert "parent_id" not in fields
    (bug,) = got(team, ("bug", "1000321"))
    values = {field.name: field.value_label for field in bug.fields}
    assert (values["priority"], values["severity"]) == ("紧急", "致命")
    assert values["custom_field_three"] == "zhangwei, tenzin"


def test_rich_texts_come_as_markdown(team) -> None:
    (text,) = story(team).texts
    assert (text.name, text.label) == ("description", "详细描述")
    assert text.text == "作为**运营**，我希望导出订单"
    (case,) = got(team, (None, "1003301"))
    assert [text.name for text in case.texts] == ["steps", "expectation"]


def test_comments_come_oldest_first_with_author_and_time(team) -> None:
    first, second = story(team).comments
    assert (first.author, first.text) == ("zhangwei", "请验证")
    assert (second.author, second.reply_to) == ("aygul", first.id)
    assert second.text == "已在 **1.4.1** 验证"
    assert second.created == instant("2026-03-12 10:00:12")


def test_the_history_comes_newest_first_in_the_teams_words(team) -> None:
    history = story(team).history
    assert [(entry.field, entry.old, entry.new) for entry in history.changes] == [
        ("status", "实现中", "测试中"),
        ("description", "旧的描述", "作为运营，我希望导出订单"),
        ("status", "规划中", "实现中"),
        ("iteration_id", "", "2026-S2"),
    ]
    assert [entry.is_rich for entry in history.changes] == [False, True, False, False]
    assert history.changes[0].author == "zhangwei"
    assert history.changes[0].label == "状态"
    assert history.since == instant("2026-01-01 00:00:00")
    assert history.more == 0


def test_a_bounded_history_says_how_much_more_there_is(team) -> None:
    history = story(team, changes=3).history
    assert (len(history.changes), history.more) == (3, 1)


def test_links_name_parents_children_and_everything_related(team) -> None:
    linked = [(link.link, link.type, link.number) for link in story(team).links]
    assert linked == [
        ("child", "story", 1000322),
        ("task", "task", 1000877),
        ("bug", "bug", 1000321),
        ("bug", "bug", 1000512),
        ("tcase", "tcase", 1003301),
    ]
    (child,) = got(team, ("story", "1000322"))
    (parent,) = child.links
    assert (parent.link, parent.number, parent.title) == ("parent", 1000321, "订单导出为 CSV 文件")
    assert (parent.status_label, parent.is_open) == ("测试中", True)
    (case,) = got(team, (None, "1003301"))
    assert [(link.link, link.number) for link in case.links] == [("story", 1000321)]


def test_the_time_in_each_status_is_told_in_hours(team) -> None:
    intervals = story(team).intervals
    assert [(entry.label, entry.author) for entry in intervals] == [
        ("规划中", ""),
        ("实现中", "tenzin"),
        ("测试中", "zhangwei"),
    ]
    assert intervals[0].hours == pytest.approx(23.31, abs=0.01)
    assert intervals[-1].ended is None
    assert intervals[-1].hours == round((NOW - intervals[-1].began) / 3600, 2)


def test_without_a_history_the_status_lasts_since_the_item_was_created(team) -> None:
    (task,) = got(team, (None, "1000877"))
    (interval,) = task.intervals
    assert (interval.label, interval.began, interval.ended) == ("进行中", task.row.created, None)


def test_a_removed_item_tells_what_became_of_it(team) -> None:
    (moved,) = got(team, (None, "1000480"))
    assert moved.removal is not None
    assert (moved.removal.kind, moved.removal.by) == ("moved", "aygul")
    assert moved.removal.at == instant("2026-02-12 10:10:00")
    assert moved.removal.moved_to.startswith("https://www.tapd.cn/")
    (interval,) = moved.intervals
    assert interval.hours == pytest.approx(49.17, abs=0.01)


def test_what_was_gone_before_the_mirror_began_is_known_by_its_tombstone(team) -> None:
    for asked in ("1000300", long_id(1000300)):
        (gone,) = got(team, (None, asked))
        assert (gone.row.type, gone.row.title, gone.row.number) == ("story", "早已删除", 1000300)
        assert gone.removal is not None
        assert gone.removal.kind == "deleted"
        assert gone.fields == ()


@pytest.mark.parametrize(
    ("asked", "link"),
    [
        (("story", "1000321"), f"{WEB}/{WORKSPACE}/prong/stories/view/{long_id(1000321)}"),
        (("bug", "1000321"), f"{WEB}/{WORKSPACE}/bugtrace/bugs/view/{long_id(1000321)}"),
        ((None, "1000877"), f"{WEB}/{WORKSPACE}/prong/tasks/view/{long_id(1000877)}"),
        ((None, "1003301"), f"{WEB}/{WORKSPACE}/sparrow/tcase/view/{long_id(1003301)}"),
        ((None, "1000045"), f"{WEB}/{WORKSPACE}/prong/iterations/card_view/{long_id(1000045)}"),
    ],
)
def test_every_item_links_to_its_page(team, asked, link) -> None:
    (detail,) = got(team, asked)
    assert detail.link == link


@pytest.mark.parametrize("asked", ["abc", "", "12x", "１２"])
def test_an_id_that_is_no_number_is_refused(team, asked) -> None:
    with pytest.raises(ArgumentError):
        got(team, (None, asked))


def test_too_many_ids_are_refused(team) -> None:
    with pytest.raises(ArgumentError):
        got(team, *((None, str(number)) for number in range(51)))
