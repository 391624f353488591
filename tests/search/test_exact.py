"""Mode exact finds a text as it is written, in any field or in one."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from taplens.errors import FilterError
from taplens.filters import Words
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.schema import item
from taplens.search.exact import as_written
from tests.search.corpus import SCOPE, hits, numbers


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("闪退", {1, 2}),
        ("acme", {2}),
        ('"acme"', set()),
        ('"ACME"', {2}),
        ("依古", {6}),
        ('"olling bac"', {5}),
        ('"Olling"', set()),
        ("order-1024", {3}),
        ("2048", {5}),
        ("S上收", {6}),
        ('"，"', {1, 2, 3}),
        ("到账 type:tcase", {101}),
        ('"连接池耗尽，已"', {2}),
        ("支付超时", set()),  # written 支付超時
        ("title:~登录", {2}),
        ("标题:~login", {5}),
        ('标题:~"LOGIN"', set()),
        ('标题:~"login"', {5}),
        ("客户:~acme", {2}),
        ('客户:~"acme"', set()),
        ('客户:~"ACME"', {2}),
        ('客户:("ACME 中国" or "x")', {2}),
        ('客户:"acme 中国"', set()),
        ("客户:acme\\ 中国", {2}),
        ('客户:"ACME"', set()),
        ('status:"NEW"', {1, 2, 3, 4, 5, 6}),
        ('owner:~"阿依"', {6}),
        ('type:"BUG" id:"2"', {2}),
    ],
)
def test_a_text_is_found_as_it_is_written(corpus, where: str, expected: set[int]) -> None:
    assert set(numbers(corpus, where, mode="exact")) == expected


def test_outside_mode_exact_quotes_only_hold_a_value_together(corpus) -> None:
    assert numbers(corpus, '客户:"acme 中国"') == [2]


def test_what_no_text_can_hold_is_not_found(corpus) -> None:
    with corpus.read() as connection:
        where = as_written(Catalogue(connection, SCOPE), Words("a\0b"))
        assert connection.scalars(select(item.c.number).where(where)).all() == []


def test_in_mode_exact_bare_words_disregard_case_and_quotes_do_not(corpus) -> None:
    assert numbers(corpus, "acme", mode="exact") == [2]
    assert numbers(corpus, '"acme"', mode="exact") == []
    assert numbers(corpus, '"ACME 中"', mode="exact") == [2]
    assert set(numbers(corpus, "闪退 or olling", mode="exact")) == {1, 2, 5}
    assert numbers(corpus, "闪退 -acme sort:id", mode="exact") == [1]
    assert numbers(corpus, "type:tcase 退款", mode="exact") == [101]


def test_a_passage_is_shown_in_mode_exact_too(corpus) -> None:
    assert hits(corpus, "扩容", mode="exact").passages == ("数据库连接池耗尽，已**扩容**",)


@pytest.mark.parametrize(
    ("where", "mode", "expected"),
    [
        ('any:"acme 中国"', "auto", [2]),
        ('any:"ACME 中国"', "exact", [2]),
        ('any:"acme 中国"', "exact", []),
        ("any:acme", "auto", []),  # no value is this alone
        ("any:~ＡＣＭＥ", "auto", [2]),
        ('any:~"acme"', "exact", []),
        ("any:登录慢", "fulltext", [2]),
        ("any:阿依古丽", "auto", [6]),
        ("any:~1024", "auto", [3]),
        ("-any:~登录 闪退", "fulltext", [1]),
        ("any:阿依古丽,登录慢 sort:id", "auto", [2, 6]),
        ("any:~重现步骤", "auto", []),  # descriptions are no values
    ],
)
def test_any_is_whichever_field(corpus, where: str, mode: str, expected: list[int]) -> None:
    assert numbers(corpus, where, mode=mode) == expected


@pytest.mark.parametrize("where", ["any:>5", "闪退 sort:any"])
def test_any_has_no_order(corpus, where: str) -> None:
    with pytest.raises(FilterError) as caught:
        numbers(corpus, where)
    assert caught.value.code == "field_not_ordered"
