"""Words find the items that hold them, the best first, with the passage that matches."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taplens.errors import FilterError
from taplens.filters import parse
from taplens.mirror.compile import compile_query
from taplens.mirror.index.tokens import phrases
from taplens.search import ranking
from taplens.search.ranking import Ranking, best_keys, ranked_page
from tests.search.corpus import SCOPE, hits, numbers


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("闪退", {1, 2}),  # not the name of a picture
        ("退", {1, 2}),
        ("order-1024", {3}),
        ("1024", {3}),
        ("ORDER", {3, 5, 6}),
        ("支付超时", {3}),
        ("支付超時", {3}),
        ("ios", {6}),
        ("iOS推送", {6}),
        ("crash", {5}),
        ("🎉", {5}),
        ("连接池", {2}),
        ("闪退 登录", {2}),
        ("闪退 -登录", {1}),
        ("闪退 or 乱码", {1, 2, 4}),
        ('"rolling back"', {5}),
        ('"back rolling"', set()),
        ('"点击 确认"', set()),
        ("点击确认", {1}),
        ("重现步骤 客户:ACME", set()),
        ('重现步骤 客户:"ACME 中国"', {2}),
        ("——", set()),
        ("到账", set()),
        ("type:tcase 到账", {101}),
        ("type:tcase 已有订单 申请退款", {101}),
    ],
)
def test_a_filter_in_words_finds(corpus, where: str, expected: set[int]) -> None:
    found = hits(corpus, where, mode="fulltext")
    assert {row.number for row in found.rows} == expected
    assert found.total == len(expected)
    assert found.warnings == ()


def test_what_holds_a_word_in_its_title_comes_before_what_holds_it_elsewhere(corpus) -> None:
    assert numbers(corpus, "闪退") == [1, 2]
    assert numbers(corpus, "登录")[0] == 2
    assert numbers(corpus, "闪退 or 导出")[:2] in ([1, 4], [4, 1])


def test_a_sort_of_ones_own_is_kept(corpus) -> None:
    assert numbers(corpus, "重现步骤 sort:id") == [1, 2, 3, 4, 6]
    assert numbers(corpus, "重现步骤 sort:-id", limit=2, offset=1) == [4, 3]


def test_pages_joined_are_the_whole_ranking(corpus) -> None:
    whole = hits(corpus, "重现步骤")
    pages = [hits(corpus, "重现步骤", limit=2, offset=start) for start in (0, 2, 4, 6)]
    assert [row.number for page in pages for row in page.rows] == [row.number for row in whole.rows]
    assert {page.total for page in pages} == {whole.total} == {5}


def test_the_passage_of_the_body_that_matches_is_shown_marked(corpus) -> None:
    one, two = hits(corpus, "闪退").passages
    assert one == "点击确认后**闪退**，重现步骤如下：打开 App，下单。"
    assert two == "重现步骤：登录，等待。偶尔**闪退**。"
    assert hits(corpus, "连接池").passages == ("数据库**连接池**耗尽，已扩容",)
    assert hits(corpus, "order-2048").passages == ("…v2.3.1 by rolling back. **ORDER-2048**",)
    assert hits(corpus, "推送").passages == ("",)  # the title says it
    assert hits(corpus, "重现步骤 sort:id").passages[1].startswith("**重现步骤**：登录")


@pytest.mark.parametrize("where", ["闪退", "重现步骤", "登录", "order", "支付 type:bug"])
def test_of_words_that_stand_nearly_everywhere_titles_come_first_and_then_the_last_changed(
    corpus, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    scored = hits(corpus, where, mode="fulltext")
    monkeypatch.setattr(ranking, "MOST_SCORED", 0)
    common = hits(corpus, where, mode="fulltext")
    assert common.total == scored.total
    assert {row.number for row in common.rows} == {row.number for row in scored.rows}
    word = where.split(maxsplit=1)[0]
    titled = [word in row.title.lower() for row in common.rows]
    assert titled == sorted(titled, reverse=True)
    pages = [hits(corpus, where, mode="fulltext", limit=1, offset=at) for at in range(7)]
    found = [row.number for page in pages for row in page.rows]
    assert found == [row.number for row in common.rows]


def test_where_nothing_holds_all_words_the_nearest_comes_first_and_the_answer_says_so(corpus):
    found = hits(corpus, "支付超时怎么处理的")
    assert found.rows[0].number == 3
    assert [notice.code for notice in found.warnings] == ["nearest"]
    assert hits(corpus, "支付超时怎么处理的", mode="fulltext").total == 0
    assert hits(corpus, "量子纠缠").total == 0


def test_conditions_hold_also_for_what_is_nearest(corpus) -> None:
    assert numbers(corpus, "who fixed the login crash last June") == [5]
    assert numbers(corpus, "who fixed the login crash last June id:4") == []
    assert 2 not in numbers(corpus, "闪退支付很慢 -登录")


@pytest.mark.parametrize(
    "text",
    [
        '"; DROP TABLE item; --',
        "NEAR(a b) AND OR NOT",
        "title : * ^ + - { } [ ]",
        "' OR 1=1 --",
        "a\x00b\x1b[31m\ud800",
        "&|!<->:*",
        "\\",
        "%_",
        "🎉" * 30,
    ],
)
def test_operators_of_engines_and_control_characters_are_only_ever_text(corpus, text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    for where in (f'"{quoted}"', f'-"{quoted}" id:1', f'登录 or "{quoted}"'):
        for mode in ("auto", "fulltext", "exact"):
            hits(corpus, where, mode=mode)


@pytest.mark.parametrize(
    "text", ["闪" * 3990, "a中" * 1990, "a-" * 1990, " ".join(["ab"] * 190)], ids=len
)
@pytest.mark.parametrize("mode", ["auto", "fulltext", "exact"])
def test_a_question_at_the_bound_is_answered(corpus, text: str, mode: str) -> None:
    hits(corpus, text, mode=mode)


def test_a_question_beyond_the_bound_or_of_an_unknown_field_is_refused(corpus) -> None:
    with pytest.raises(FilterError) as caught:
        hits(corpus, "闪" * 10_000)
    assert caught.value.code == "filter_too_long"
    with pytest.raises(FilterError) as caught:
        hits(corpus, "闪退 没有这个字段:1")
    assert caught.value.code == "unknown_field"


def test_no_words_are_no_ranking(corpus) -> None:
    assert len(numbers(corpus, "")) == len(numbers(corpus, "*")) == 6


def test_a_part_of_a_number_finds_what_holds_it_where_no_word_is_it(corpus) -> None:
    found = hits(corpus, "支付 102")
    assert found.rows[0].number == 3
    assert (found.total, found.end > 0) == (0, True)
    assert [notice.code for notice in found.warnings] == ["contained"]
    assert hits(corpus, "支付 102", mode="fulltext").total == 0
    assert "contained" not in {notice.code for notice in hits(corpus, "支付 9997").warnings}


@settings(max_examples=30)
@given(
    words=st.lists(
        st.sampled_from(["闪退", "登录", "重现", "超时", "order", "crash", "用例"]), min_size=1
    ),
    condition=st.sampled_from(
        ["", " type:bug", " type:tcase", " id:3", " -导出", " created:<2020-01-01"]
    ),
    most=st.integers(1, 4),
)
def test_the_best_keys_are_the_first_page(corpus, words, condition: str, most: int) -> None:
    asked = Ranking(tuple(one for word in words for one in phrases(word)), any_of=True)
    with corpus.read() as connection:
        compiled = compile_query(connection, parse(condition), SCOPE)
        page = ranked_page(connection, compiled, asked, most, 0)[1]
        assert best_keys(connection, compiled, asked, most) == page
