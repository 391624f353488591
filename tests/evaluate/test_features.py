"""Kinds of features and keywords, by the table shipped and by a team's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from taplens.errors import ConfigurationError
from taplens.evaluate.features import MOST_KEYWORDS, ensure_team_file, features, path_of, table
from taplens.evaluate.model import Requirement

STOP = frozenset(("用户", "可以"))
TOLD = [
    Requirement(id="1", title="支付收银台支持优惠券", description="用户可以在下单时选择优惠券抵扣"),
    Requirement(id="2", title="登录页增加短信验证码", description="用户输入手机号后收到验证码"),
    Requirement(id="3", title="报表导出Excel", description="用户可以把缺陷趋势导出"),
    Requirement(id="4", title="ꆈꌠ 🐟", description=""),
]


def test_a_requirement_is_of_the_kinds_whose_words_it_has(tmp_path: Path) -> None:
    found = features(TOLD, table(tmp_path), STOP)
    assert [one.kinds[:1] for one in found] == [
        ("交易与支付",), ("登录与账号",), ("导入与导出",), (),
    ]  # fmt: skip
    assert "报表与统计" in found[2].kinds
    assert {"优惠券", "支付"} <= set(found[0].keywords)
    for one in found:
        assert len(one.keywords) <= MOST_KEYWORDS
        assert not STOP & set(one.keywords)


def test_latin_words_are_found_whole_and_in_any_form(tmp_path: Path) -> None:
    told = [
        Requirement(id="1", title="ＡＰＩ网关"),
        Requirement(id="2", title="capital gains"),
        Requirement(id="3", title="支持API回调"),
    ]
    kinds = [one.kinds for one in features(told, {"接口": ("api",)}, STOP)]
    assert kinds == [("接口",), (), ("接口",)]


def test_a_team_has_a_table_of_its_own(tmp_path: Path) -> None:
    path = ensure_team_file(tmp_path)
    assert table(tmp_path) == table(tmp_path / "elsewhere")
    path.write_text('# 我们的\n"收银" = ["优惠券"]\n', encoding="utf-8-sig")
    assert ensure_team_file(tmp_path) == path
    assert table(tmp_path) == {"收银": ("优惠券",)}
    assert features(TOLD, table(tmp_path), STOP)[0].kinds == ("收银",)


@pytest.mark.parametrize(
    "text", ["支付 = ", '"支付" = "付款"', '"支付" = []', '"支付" = ["", "付款"]', '"支付" = [1]',
             '["支付"]\nwords = ["付款"]', '"支付" = ["' + "长" * 41 + '"]'],
)  # fmt: skip
def test_a_table_that_is_wrong_is_told(tmp_path: Path, text: str) -> None:
    path_of(tmp_path).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        table(tmp_path)
    assert caught.value.code == "features_wrong"


def test_what_all_of_them_say_tells_none_of_them() -> None:
    same = "开关可在配置中心实时关闭"
    told = [Requirement(id="1", title="优惠券抵扣", description=same)]
    told += [Requirement(id=str(n), title=f"联想词{n}", description=same) for n in range(2, 30)]
    (first, *_) = features(told, {"支付": ("优惠券",), "配置": ("开关", "配置")}, STOP)
    assert first.kinds == ("支付",)


def test_without_requirements_or_kinds_there_are_no_features() -> None:
    assert features([], {}, STOP) == []
    assert features(TOLD[:1], {}, STOP)[0].kinds == ()
