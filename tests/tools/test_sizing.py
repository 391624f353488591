"""The estimate is never below what the dearest tokenizers take, and texts split without loss."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.tools.sizing import chunks, fitting, largest, tokens

# (text, tokens in the dearest of the vocabularies of GPT-4, GPT-4o, Qwen and DeepSeek)
MEASURED = [
    ("hello world", 2),
    ("status_key", 2),
    ("customfieldone", 3),
    ("测试中", 2),
    ("登录失败：验证码错误", 6),
    ("2026-01-01 18:05", 16),
    ("1120888888001000123", 19),
    ('{"type":"bug","status":"新"}', 9),
    ("བོད་ཡིག", 14),
    ("ᠪᠠᠶᠠᠷ", 15),
    ("😀", 2),
    ("㐂𠮷", 7),
    ("ＡＬＥＸ", 8),
    ("AAAACQAAAABrBOvTqdJAVVKZ1WK8", 18),
    ("https://www.tapd.cn/50311786/bugtrace/bugs/view/1150311786001000003", 41),
    ("- bug 1000153 [处理中] 紧急 【H5】免打扰设置角标数量不清零 @沈听澜 (severity: 严重)", 47),
]


@pytest.mark.parametrize(("text", "least"), MEASURED)
def test_the_estimate_is_from_above(text: str, least: int) -> None:
    assert tokens(text) >= least


def test_a_script_outside_the_common_ones_costs_its_bytes() -> None:
    assert tokens("བོད་ཡིག") == len("བོད་ཡིག".encode())
    assert tokens("😀") == 4


def test_no_text_costs_nothing() -> None:
    assert tokens("") == 0


@given(st.text(), st.text())
def test_a_longer_text_never_costs_less(first: str, second: str) -> None:
    assert tokens(first + second) >= max(tokens(first), tokens(second)) - 1


@given(st.text(alphabet="ab 1,。\n测试中😀བ.", max_size=400), st.integers(8, 60))
def test_chunks_join_to_the_text_and_none_is_too_large(text: str, most: int) -> None:
    pieces = chunks(text, most)
    assert "".join(pieces) == text
    assert all(tokens(piece) <= most for piece in pieces)
    assert all(pieces)


def test_a_text_is_cut_after_a_paragraph_where_one_ends_in_time() -> None:
    first, second = "登录页面打不开。" * 3 + "\n\n", "复现步骤如下。" * 3
    assert chunks(first + second, tokens(first + second) - 1) == [first, second]


def test_rows_are_kept_from_the_first_on_while_they_fit() -> None:
    assert fitting([3, 4, 5], 7) == 2
    assert fitting([8], 7) == 0
    assert fitting([], 7) == 0


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_the_largest_number_that_fits_is_found_from_any_guess(
    most: int, guess: int, limit: int
) -> None:
    assert largest(most, guess, lambda number: number <= limit) == min(most, limit)
