"""Texts and questions become the same tokens, whatever anybody writes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.mirror.index.tokens import LONGEST, Phrase, normalized, phrase, phrases, tokens

HAN = "登录支付超时闪退页面订单号在哪里々コメント결제"
MIXED = HAN + "aZ09９Ａ-_/#. ，。（）\u3000\u200b\n\0🎉👨‍👩‍👧བསྟན་éÉß超時"
han = st.text(st.sampled_from(HAN), min_size=2, max_size=12)


def found(wanted: list[Phrase], text: str) -> bool:
    """Whether every phrase stands in `text`, as an index of places would tell."""
    held = tokens(text)
    return all(any(_stands(one, held[start:]) for start in range(len(held))) for one in wanted)


def _stands(wanted: Phrase, held: list[str]) -> bool:
    *first, last = wanted.tokens
    here = held[: len(wanted.tokens)]
    if len(here) < len(wanted.tokens) or here[:-1] != first:
        return False
    return here[-1].startswith(last) if wanted.prefix else here[-1] == last


@given(st.text(st.characters()) | st.text(st.sampled_from(MIXED)))
def test_no_text_is_refused_and_tokens_hold_neither_blanks_nor_marks(text: str) -> None:
    for token in tokens(text):
        assert token
        assert len(token) <= LONGEST
        assert not any(character.isspace() or character in "\"'*\\:" for character in token)
        assert token.encode("utf-8")
    for one in [*phrases(text), phrase(text)]:
        assert one is None or one.tokens


@given(before=st.text(st.sampled_from(MIXED)), text=han, after=st.text(st.sampled_from(MIXED)))
def test_a_chinese_text_is_found_by_any_two_characters_that_stand_in_it(before, text, after):
    whole = before + text + after
    run = normalized(text)
    for start in range(len(run) - 1):
        window = run[start : start + 2]
        assert found(phrases(window), whole)
    for character in run:
        assert found(phrases(character), whole)


@given(before=st.text(st.sampled_from(MIXED)), text=st.text(st.sampled_from(MIXED)))
def test_a_text_is_found_by_itself(before: str, text: str) -> None:
    assert found(phrases(text), f"{before} {text}")
    whole = phrase(text)
    assert whole is None or found([whole], f"{before} {text}")


@given(st.text(st.sampled_from(HAN + "abcXYZ0189-# ")))
def test_width_and_case_make_no_difference(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert tokens(wide) == tokens(text.upper()) == tokens(text.lower()) == tokens(text)
    assert tokens(unicodedata.normalize("NFD", text)) == tokens(text)


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [("支付超時", "支付超时"), ("登錄頁閃退", "登录页闪退"), ("訂單匯出", "订单汇出")],
)
def test_traditional_and_simplified_characters_are_the_same(traditional, simplified) -> None:
    assert tokens(traditional) == tokens(simplified)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("闪退了", "闪退 退了 了"),
        ("ORDER-1024", "order 1024"),
        ("ｉＯＳ１７闪退", "ios17 闪退 退"),
        ("见order_1024失败", "见 order 1024 失败 败"),
        ("登\u200b录", "登录 录"),
        ("🎉上线👍🏽", "🎉 上线 线 👍"),
        ("བསྟན་འཛིན།", "བསྟན འཛིན"),
        ("ꀉꑌꑳ", "ꀉꑌ ꑌꑳ ꑳ"),
        ("\ufa0e\ufa0f", "\ufa0e\ufa0f \ufa0f"),
        ("℃ ㎏ ﬀ Straße", "° c kg ff strasse"),
        ('"; DROP TABLE item; --', "drop table item"),
        ("（）——！", ""),
    ],
)
def test_a_text_falls_into_these_tokens(text: str, expected: str) -> None:
    assert tokens(text) == expected.split()


@pytest.mark.parametrize(
    ("word", "text", "expected"),
    [
        ("ORDER-1024", "单号order_1024失败", True),
        ("1024", "ORDER-1024", True),
        ("102", "ORDER-1024", False),
        ("ORDER-1024", "1024 order", False),
        ("iOS闪退", "闪退，只在 iOS 上", True),
        ("crash", "the app crashed", True),
        ("退", "闪退", True),
        ("退闪", "闪退", False),
        ("支付超时", "支付，然后超时", False),
    ],
)
def test_a_bare_word_finds_what_it_means(word: str, text: str, expected: bool) -> None:
    assert found(phrases(word), text) is expected


@pytest.mark.parametrize(
    ("quoted", "text", "expected"),
    [
        ("支付 超时", "在线支付，超时了", True),
        ("支付 超时", "支付后超时", False),
        ("iOS 闪退", "iOS闪退", True),
        ("crash", "crashed", False),
        ("在 iOS", "我在 iOS 上", True),
    ],
)
def test_a_quoted_phrase_stands_side_by_side(quoted: str, text: str, expected: bool) -> None:
    wanted = phrase(quoted)
    assert wanted is not None
    assert found([wanted], text) is expected
