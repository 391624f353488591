"""What people and models type is read as they mean it."""

from __future__ import annotations

import pytest

from taplens.filters import Condition, Not, Or, Query, Value, Words, parse, to_text


def canonical(text: str) -> str:
    return to_text(parse(text))


@pytest.mark.parametrize(
    ("typed", "canonical_text"),
    [
        ("类型：缺陷　状态：新建、测试中；已关闭", "类型:缺陷 状态:新建,测试中,已关闭"),
        ("创建时间：＞＝2026-01-01", "创建时间:>=2026-01-01"),
        ("优先级＞３", "优先级:>３"),
        ("标题：～登录｜注册", "标题:~登录,注册"),
        ("（标签：阻塞 或 标签：紧急） 非 状态：已关闭", "(标签:阻塞 or 标签:紧急) -状态:已关闭"),
        ("－标签：阻塞", "-标签:阻塞"),
        ("！标签：阻塞", "-标签:阻塞"),
        ("标题：“支付 超时”", '标题:"支付 超时"'),
        ("「支付 超时」 『退款』", '"支付 超时" "退款"'),
        ("‘支付 超时’ 'a b'", '"支付 超时" "a b"'),
        ("“支付 超时\" 状态：新", '"支付 超时" 状态:新'),
        ("\"支付 超时” 状态：新", '"支付 超时" 状态:新'),
        ("”支付 超时” 状态：新", '"支付 超时" 状态:新'),
        ('"他说“你好”"', '"他说“你好”"'),
        ("“他说\"你好\"”", '"他说\\"你好\\""'),
        ("创建时间：2026年1月1日 12：30。。2026年2月1日",
         '创建时间:"2026年1月1日 12：30"..2026年2月1日'),
        ("ｏｒ：ｘ", '"ｏｒ":ｘ'),
    ],
)  # fmt: skip
def test_full_width_and_mixed_typing_is_read(typed: str, canonical_text: str) -> None:
    assert canonical(typed) == canonical_text


@pytest.mark.parametrize(
    ("typed", "canonical_text"),
    [
        ("type=bug AND status IN", "type:bug status IN"),
        ("status != closed", None),
        ("status:<>closed", "status:!=closed"),
        ("status:!closed", "status:!=closed"),
        ("status!=closed", "status:!=closed"),
        ("status≠closed effort≥3", "status:!=closed effort:>=3"),
        ("status==open", "status:open"),
        ("title:=~登录", "title:~登录"),
        ("title:!~登录", "-title:~登录"),
        ("type:bug, status:new", "type:bug status:new"),
        ("status:新 , 测试中 owner:me", "status:新,测试中 owner:me"),
        ("owner:张三;李四;", "owner:张三,李四"),
        ("(owner:张三;) x", "owner:张三 x"),
        ("status:新| owner:me", "status:新 or owner:me"),
        ("status:新||owner:me", "status:新 or owner:me"),
        ("status:新 | 登录", "status:新 or 登录"),
        ("登录|注册", "登录 or 注册"),
        ("status:(新, 测试中 | 重新打开,)", "status:新,测试中,重新打开"),
        ("status: ( 新 OR 测试中 )", "status:新,测试中"),
        ("created:2026-01-01 00:00:00~2026-02-01 23:59:59",
         'created:"2026-01-01 00:00:00".."2026-02-01 23:59:59"'),
        ("created:>2026-01-01 12:00+08:00", 'created:>"2026-01-01 12:00+08:00"'),
        ("created:2026-01-01 .. 2026-02-01", "created:2026-01-01..2026-02-01"),
        ("version:1.0~rc1", 'version:"1.0~rc1"'),
        ("title:加载中...", 'title:"加载中..."'),
        ("owner:none", "owner:none"),
        ("owner:!=none", "owner:any"),
        ("owner:NULL", "owner:none"),
        ("owner:*", "owner:any"),
        ("created:!=2026-01..2026-02", "-created:2026-01..2026-02"),
        ("effort:1,3..5,none", "effort:1 or effort:3..5 or effort:none"),
        ("title:~none", 'title:~"none"'),
        ("link:https://example.com/a?b", 'link:"https://example.com/a?b"'),
        ("not(a) or(b)", "-a or b"),
        ("预估工时(小时):>5", '"预估工时(小时)":>5'),
        ("登录(测试) (a or 模块:支付(旧))", '登录\\(测试\\) (a or 模块:"支付(旧)")'),
        ("a(b or c)", "a (b or c)"),
        ("sort:created:desc,priority:升序,-x", "sort:-created,priority,-x"),
        ("a sort:x b sort:-y", "a b sort:x,-y"),
        ("排序：-创建时间", "sort:-创建时间"),
        ('"sort":x', '"sort":x'),
        ("*", ""),
        ("\ufeff  登录\u200b", "登录"),
    ],
)  # fmt: skip
def test_habits_from_other_languages_are_read(typed: str, canonical_text: str | None) -> None:
    if canonical_text is not None:
        assert canonical(typed) == canonical_text
        assert canonical(canonical_text) == canonical_text


def test_or_joins_weaker_than_standing_side_by_side() -> None:
    assert canonical("a b or c d") == canonical("(a b) or (c d)")
    assert canonical("a (b or c) d") == "a (b or c) d"


def test_quoted_words_are_exact_and_keywords_in_quotes_are_words() -> None:
    assert parse('"or"') == Query(Words("or", exact=True))
    assert parse("登录") == Query(Words("登录"))
    assert parse("非空字段").where == Words("非空字段")
    assert parse("或许").where == Words("或许")


def test_a_backslash_is_itself_in_quotes_and_an_escape_outside() -> None:
    assert parse(r'"C:\temp"').where == Words(r"C:\temp", exact=True)
    assert parse(r'"a\\b\"c"').where == Words(r'a\b"c', exact=True)
    assert parse("12\\:30").where == Words("12:30")
    assert parse("a\\").where == Words("a\\")


def test_quotes_take_a_meaning_away_from_none_and_ranges() -> None:
    assert parse('label:"none"').where == Condition("label", "=", [Value("none")])
    assert parse('version:"1..2"').where == Condition("version", "=", [Value("1..2")])
    assert parse('version:"1".."2"').where == Condition(
        "version", "range", [Value("1"), Value("2")]
    )


def test_positions_point_into_the_original_text() -> None:
    text = "类型：缺陷 非（ “客户 名称”：甲、乙 or 支付） sort:-创建时间"
    query = parse(text)
    alternatives = query.where.parts[1].part
    assert isinstance(alternatives, Or)
    condition, words = alternatives.parts
    assert text[condition.position] == "“"
    assert [text[value.position] for value in condition.values] == ["甲", "乙"]
    assert text[words.position :].startswith("支付")
    assert text[query.sort[0].position :] == "-创建时间"


def test_fifty_levels_and_two_hundred_terms_are_read() -> None:
    assert parse("(" * 50 + "a" + ")" * 50) == Query(Words("a"))
    assert isinstance(parse("-" * 50 + "a").where, Not)
    assert len(parse("a " * 200).where.parts) == 200
    assert len(parse("id:" + ",".join(["1"] * 200)).where.values) == 200
