"""Printing and parsing are inverse for every tree, and no text breaks the parser."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taplens.errors import FilterError
from taplens.filters import (
    MAX_CHARACTERS,
    OPERATORS,
    And,
    Condition,
    Node,
    Not,
    Or,
    Query,
    SortKey,
    Value,
    Words,
    excerpt,
    parse,
    to_text,
)

NASTY = [
    *r"""
    or OR Or or或 或 或者 and 且 && & || | not 非 非空 none None 空 null any 任意 * sort 排序
    - -- -a -7d ! !a .. ... a..b a.. ..b 1~5 ~ ～ ~a < <= > >= = == != <> ≥5 ≤ ≠ 。。
    : :: a:b ：a a： http://x https://tapd.cn/?a=b 12:30 12:30:00 2026-01-01 desc created:desc
    ( ) () (a) a(b) a(b a)b （中国） ACME（中国） , ，a a, a,b 、 ; ； ；a
    " "a" “ ” “确定” a“b”c ' it's ‘ ’ 「a」 『』 ＂ a＂b 《手册》 【登录】 {found} %s
    \ \\ a\ \a C:\temp \" ＼ 🐞 👩ZWJ💻 👨ZWJ👩ZWJ👧 é ｏｒ ＮＯＴ 测试中 阻塞 ཏཱ་ བོད་ ⵣ ۱۲
    """.replace("ZWJ", "\u200d").split(),
    "a b", " a", "a ", "\t", "\n", "a\nb", "\u3000", "客户\u3000名称", "\u200b", "\ufeffa", "\x00",
    "2026-01-01 12:00", "2026年1月1日 12:30", "\u00a0", "\u2028",
]  # fmt: skip
PIECES = st.one_of(
    st.sampled_from(NASTY),
    st.text(alphabet=st.sampled_from('ab1 -:,;|()"\\~.<>=!或非“”：（）*'), max_size=8),
    st.text(max_size=8),
)
TEXTS = st.lists(PIECES, min_size=1, max_size=3).map("".join)
NAMES = TEXTS.filter(lambda text: bool(text.strip()))
VALUES = TEXTS.map(Value)
COUNTS = {name: (least, min(most, 4)) for name, (least, most) in OPERATORS.items()}


def conditions() -> st.SearchStrategy[Node]:
    return st.sampled_from(sorted(OPERATORS)).flatmap(
        lambda operator: st.builds(
            Condition,
            NAMES,
            st.just(operator),
            st.lists(VALUES, min_size=COUNTS[operator][0], max_size=COUNTS[operator][1]),
        )
    )


def joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=4)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, parts))


LEAVES: st.SearchStrategy[Node] = st.one_of(conditions(), st.builds(Words, NAMES, st.booleans()))
NODES = st.recursive(LEAVES, joined, max_leaves=12)
QUERIES = st.builds(
    Query, st.none() | NODES, st.lists(st.builds(SortKey, NAMES, st.booleans()), max_size=3)
)


@settings(max_examples=150, deadline=None)
@given(QUERIES)
def test_every_tree_survives_being_printed_and_parsed(query: Query) -> None:
    text = to_text(query)
    if len(text) <= MAX_CHARACTERS:
        assert parse(text) == query
        assert to_text(parse(text)) == text


@pytest.mark.parametrize("text", NASTY)
def test_every_nasty_text_survives_in_every_place(text: str) -> None:
    values = (Value(text), Value("x"))
    nodes: list[Node] = [Condition("名称", "=", values[:1]), Condition("a", "=", values)]
    nodes += [Condition("a", "range", values), Condition("a", "range", values[::-1])]
    nodes += [Condition("a", operator, values[:1]) for operator in ("~", "!=", ">", "<=")]
    sort = []
    if text.strip():
        nodes += [Words(text), Words(text, exact=True), Condition(text, "=", values[:1])]
        nodes += [Condition(text, "unset"), Words("12:30")]
        sort = [SortKey(text, descending=True), SortKey(text)]
    for node in nodes:
        for query in (
            Query(node, sort),
            Query(Not(Not(node))),
            Query(Or((node, And((node, node))))),
        ):
            assert parse(to_text(query)) == query
    pairs = [Query(And((first, second))) for first in nodes for second in nodes]
    assert [parse(to_text(query)) for query in pairs] == pairs


FRAGMENTS = st.lists(
    st.one_of(
        st.sampled_from([*NASTY, "status:", "created:>", "a:(", "sort:", "(", ")", " ", "  "]),
        st.characters(),
    ),
    max_size=30,
)


@settings(max_examples=300, deadline=None)
@given(FRAGMENTS.map("".join) | FRAGMENTS.map(" ".join) | st.text())
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    try:
        query = parse(text)
    except FilterError as error:
        assert 0 <= error.position <= len(text)
        assert error.parameters["example"] and "▸" in excerpt(text, error.position)
        assert error.message("zh") and error.message("en") and error.mend("zh")
    else:
        printed = to_text(query)
        if len(printed) <= MAX_CHARACTERS:
            assert parse(printed) == query


@pytest.mark.parametrize(
    "unit",
    ['"', "a(", "a()", "()", "a:b,", "\\", "-", "(", "a:1..", "“", "a|", "a:(", "not ", " ,",
     "2026-01-01 1"],
)  # fmt: skip
def test_no_repetition_makes_the_parser_slow_or_overflow(unit: str) -> None:
    text = (unit * MAX_CHARACTERS)[:MAX_CHARACTERS]
    try:
        parse(text)
    except FilterError as error:
        assert 0 <= error.position <= len(text)


@settings(max_examples=50, deadline=None)
@given(QUERIES)
def test_trees_can_be_copied_pickled_and_hashed(query: Query) -> None:
    assert copy.deepcopy(query) == query == pickle.loads(pickle.dumps(query))
    assert hash(copy.copy(query)) == hash(query)


def test_a_tree_is_equal_wherever_it_stood_and_never_changes() -> None:
    assert parse("a:b") == parse("   a:b")
    assert parse("a b").where != parse("a or b").where
    assert Words("a") != Words("a", exact=True)
    assert repr(Query(Words("登录"))) == "Query(Words('登录', False), ())"
    words = Words("a")
    with pytest.raises(AttributeError):
        words.text = "b"
    with pytest.raises(AttributeError):
        del words.text


def test_a_tree_that_has_no_text_can_not_be_built() -> None:
    for build in (
        lambda: Words(" "),
        lambda: Condition(" ", "=", [Value("a")]),
        lambda: Condition("a", "like", [Value("a")]),
        lambda: Condition("a", ">", [Value("a"), Value("b")]),
        lambda: Condition("a", "range", [Value("a")]),
        lambda: And([Words("a")]),
        lambda: SortKey(""),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            build()
