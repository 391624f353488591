"""Each fault points at the place and shows a filter that works."""

from __future__ import annotations

import pytest

from taplens.errors import FilterError
from taplens.filters import MAX_CHARACTERS, Value, date_bounds, excerpt, faults, parse

FAULTS = [
    ("a" * (MAX_CHARACTERS + 1), "filter_too_long", MAX_CHARACTERS),
    ("(" * 51 + "a", "filter_too_deep", 50),
    ("-" * 51 + "a", "filter_too_deep", 51),
    ("not " * 51 + "a", "filter_too_deep", 204),
    ("a " * 201, "filter_too_many", 400),
    ("id:" + "1," * 200 + "1", "filter_too_many", 403),
    ("sort:" + "a," * 200 + "a", "filter_too_many", 405),
    ('类型：缺陷 “支付', "filter_unclosed_quote", 6),
    ("status:'新", "filter_unclosed_quote", 7),
    ('"C:\\"', "filter_unclosed_quote", 0),
    ("a （b or c", "filter_unclosed_group", 2),
    ("status:（新", "filter_unclosed_group", 7),
    ("a）", "filter_unexpected_close", 1),
    ("a () b", "filter_empty_group", 2),
    ("or a", "filter_operand_missing", 0),
    ("a 或", "filter_operand_missing", 2),
    ("a or or b", "filter_operand_missing", 2),
    ("a and or b", "filter_operand_missing", 2),
    ("a and and b", "filter_operand_missing", 6),
    ("(a and) b", "filter_operand_missing", 3),
    ("not", "filter_operand_missing", 0),
    ("非 or a", "filter_operand_missing", 0),
    ("a or sort:b", "filter_operand_missing", 2),
    ("status:", "filter_value_missing", 7),
    ("status： ", "filter_value_missing", 8),
    ("status: owner:me", "filter_value_missing", 8),
    ("status: or owner:me", "filter_value_missing", 8),
    ("(status:)", "filter_value_missing", 8),
    ("status:,新", "filter_value_missing", 7),
    ("status:()", "filter_value_missing", 8),
    ("status:(新 or)", "filter_value_missing", 12),
    ("sort:", "filter_value_missing", 5),
    ("sort:-", "filter_value_missing", 6),
    ("：新", "filter_field_missing", 0),
    ("created > 2026-01-01", "filter_field_missing", 8),
    ("status != 新", "filter_field_missing", 7),
    ('"":a', "filter_field_missing", 0),
    ("created:>1,2", "filter_one_value", 11),
    ("created:..", "filter_range_incomplete", 10),
    ("-sort:a", "filter_sort_place", 6),
    ("(a sort:b)", "filter_sort_place", 8),
    ("sort>a", "filter_sort_malformed", 0),
    ("sort:~a", "filter_sort_malformed", 0),
    ("- label:阻塞", "filter_lone_minus", 0),
    ("登录 - 失败", "filter_lone_minus", 3),
    ("(-)", "filter_lone_minus", 1),
    ('"他说"你好""', "filter_after_quote", 4),
    ('status:"新"建', "filter_after_quote", 10),
    ('"a".b', "filter_after_quote", 3),
    ("a , b", "filter_unexpected", 2),
    ("，a", "filter_unexpected", 0),
    ("status:(新 测试中)", "filter_unexpected", 10),
    ('a ""', "filter_empty_words", 2),
    ("\\ ", "filter_empty_words", 0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "position"), FAULTS)
def test_a_fault_has_its_code_and_place(text: str, code: str, position: int) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert (caught.value.code, caught.value.position) == (code, position)
    for locale in ("zh", "en"):
        assert caught.value.parameters["example"] in caught.value.mend(locale)
        assert caught.value.message(locale)


def test_every_fault_is_covered_and_its_example_is_a_good_filter() -> None:
    dated = {"date_malformed", "date_range_reversed"}
    assert {code for _, code, _ in FAULTS} | dated == set(faults._EXAMPLES)
    for example in faults._EXAMPLES.values():
        assert parse(example).where


def test_a_date_fault_points_at_the_value() -> None:
    with pytest.raises(FilterError) as caught:
        date_bounds(">", [Value("2026-02-30", 9)], 0)
    assert (caught.value.code, caught.value.position) == ("date_malformed", 9)
    assert "2026-02-30" in caught.value.message("zh")


def test_a_long_find_is_shortened() -> None:
    with pytest.raises(FilterError) as caught:
        parse("：" + "长" * 3000)
    assert len(str(caught.value.parameters["found"])) <= 31


def test_an_excerpt_marks_the_place() -> None:
    assert excerpt("状态：新 （", 5) == "状态：新 ▸（"
    assert excerpt("a" * 100, 50) == "…" + "a" * 20 + "▸" + "a" * 20 + "…"
    assert excerpt("", 0) == "▸"
