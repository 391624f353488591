"""Items like one: duplicates are found, templates are not, and each says why."""

from __future__ import annotations

from typing import Any

import pytest

from taplens.errors import NotFoundError
from taplens.mirror.index.documents import Document
from taplens.mirror.index.habits import learned
from taplens.mirror.landing.items import land_items
from taplens.search.similar import Found, original_of, shared_phrases, similar
from tests.search.corpus import SCOPE, bug, build, land
from tests.search.embedded import sense

_TEMPLATE = "<p>【前置条件】</p><p>已登录测试账号</p><p>【步骤】</p><p>{}</p><p>【期望结果】</p>"


def written(number: int, title: str, steps: str, module: str, **more: Any) -> dict[str, Any]:
    return bug(number, title, _TEMPLATE.format(steps), module=module, **more)


BUGS = [
    written(
        201, "支付超时后订单仍待支付", "下单后等待，报 TimeoutException，单号 ORDER-1024", "支付"
    ),
    written(202, "付款超时，订单状态没更新", "下单等待很久，TimeoutException ORDER-1024", "支付"),
    written(203, "支付页文案有错别字", "打开支付页看文案", "支付"),
    written(204, "支付超时后订单仍待支付", "购物车里下单后等待", "购物车"),
    written(205, "导出的报表乱码", "导出报表打开", "报表"),
    written(206, "图表颜色看不清", "打开报表看图表", "报表"),
    written(207, "头像上传失败", "选择一张图片", ""),
    bug(208, "", ""),
]


@pytest.fixture
def team(mirror):
    land(mirror, land_items, "bug", BUGS)
    build(mirror)
    return mirror


def like(database, number: str, text: str | None = None, **more: Any) -> Found:
    with database.read() as connection:
        original = original_of(connection, ("bug", number), SCOPE)
        meant = sense(original.text) if text is None else None
        return similar(connection, original, SCOPE, meant, **more)


def numbers(found: Found) -> list[int]:
    return [alike.row.number for alike in found.rows]


def test_the_same_fault_is_found_in_its_module_and_says_why(team) -> None:
    found = like(team, "201")
    assert numbers(found)[0] == 202
    assert 204 not in numbers(found)
    first = found.rows[0]
    assert "ORDER-1024" in first.ids
    assert "TimeoutException" in first.ids
    assert "module" in first.same
    assert any("超时" in phrase for phrase in first.shared)
    assert 0.2 <= first.score <= 1


def test_other_modules_are_compared_when_asked_for(team) -> None:
    assert numbers(like(team, "201", all_modules=True))[0] == 204
    assert len(numbers(like(team, "201", all_modules=True, limit=1))) == 1


def test_an_item_without_a_module_is_compared_with_all(team) -> None:
    assert 207 not in numbers(like(team, "207"))


def test_a_shared_template_makes_no_two_items_alike(team) -> None:
    assert 205 not in numbers(like(team, "201", all_modules=True))
    with team.read() as connection:
        original = original_of(connection, ("bug", "201"), SCOPE)
    assert "已登录测试账号" not in original.body
    assert "期望结果" not in original.body
    assert "TimeoutException" in original.body


def test_without_vectors_the_words_still_find_it(team) -> None:
    assert 202 in numbers(like(team, "201", text=""))


def test_what_is_gone_is_never_alike_but_may_be_asked_about(team) -> None:
    from sqlalchemy import update

    from taplens.mirror.fields import REMOVAL_CODES
    from taplens.mirror.schema import item

    code = next(iter(REMOVAL_CODES.values()))
    with team.write() as connection:
        connection.execute(update(item).where(item.c.number == 202).values(removed=code))
    assert 202 not in numbers(like(team, "201"))
    assert numbers(like(team, "202"))[0] == 201


def test_an_unknown_item_is_an_error_and_one_without_a_text_is_told(team) -> None:
    with pytest.raises(NotFoundError) as caught:
        like(team, "999")
    assert caught.value.code == "items_unknown"
    found = like(team, "208")
    assert (found.rows, [notice.code for notice in found.warnings]) == ((), ["no_text_to_compare"])


def test_until_the_index_is_there_nothing_is_compared(mirror) -> None:
    with mirror.read() as connection:
        original = original_of(connection, ("bug", "1"), SCOPE)
        found = similar(connection, original, SCOPE)
    assert [notice.code for notice in found.warnings] == ["index_not_ready_for_similar"]


def test_a_template_with_words_of_its_own_in_each_item_is_no_reason() -> None:
    steps = "打开{}页面，等待{}秒后观察页面，相关入口点击一次，有明确提示"
    places = "甲乙丙丁戊己庚辛壬癸"
    told = [Document(f"第{n}个", steps.format(places[n % 10], n)) for n in range(40)]
    habits = learned(told)
    one = habits.without_templates(steps.format("收银台", 41) + "，余额不见了")
    assert one.splitlines() == ["打开收银台页面", "余额不见了"]
    both = steps.format("收银台", 4) + "，余额不见了"
    assert shared_phrases(both, both, habits) == ("余额不见了", "收银台")
    assert shared_phrases("4 a 明确提示 42 等", both + " 4 a 42 等", habits) == ()
    assert shared_phrases("4042", "4042", habits) == ("4042",)


def test_shared_phrases_are_the_longest_of_both_the_rarest_first() -> None:
    habits = learned([Document("点击支付超时"), Document("点击按钮"), Document("点击图片")])
    shared = shared_phrases("点击支付超时 login", "收银台支付超时 LOGIN 点击", habits)
    assert shared == ("login", "支付超时", "点击")[: len(shared)]
    assert "支付超时" in shared
