"""The queries: enough of each kind, answers that can be found whole, halves that stay."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged.corpus import Corpus
from judged.judged_set import Question
from judged.made import made, table
from judged.query import HALVES, KINDS, MOST, Query, Rule
from judged.spelling import misspelled

import taplens
from judged import written
from taplens.filters import parse

SOURCES = sorted(Path(written.__file__).parent.glob("*.py"))
OF_SEARCH = ("taplens.search", "taplens.mirror.", "taplens.filters")
PRODUCT = Path(taplens.__file__).parent


def test_there_are_hundreds_of_queries_a_third_of_them_by_hand(questions: list[Question]) -> None:
    by_hand = sum(question.query.written for question in questions)
    assert len(questions) >= 300
    assert by_hand >= max(100, len(questions) / 3)


def test_every_kind_is_asked_often_and_by_hand(questions: list[Question]) -> None:
    kinds = Counter(question.query.kind for question in questions)
    by_hand = Counter(question.query.kind for question in questions if question.query.written)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 50
    assert min(by_hand[kind] for kind in KINDS) >= 10


def test_every_answer_can_be_found_whole_among_the_first_ten(questions: list[Question]) -> None:
    assert {q.query.text: len(q.right) for q in questions if not 1 <= len(q.right) <= MOST} == {}


def test_every_query_is_a_filter_that_can_be_read(questions: list[Question]) -> None:
    for question in questions:
        assert parse(question.query.where).where is not None


def test_no_query_is_the_title_that_it_looks_for(corpus: Corpus, questions: list[Question]) -> None:
    titles = {item.title for item in corpus.items}
    worded = {
        q.query.text for q in questions if q.query.kind in ("mix", "misspelling", "paraphrase")
    }
    assert not worded & titles


def test_misspelled_queries_stand_in_no_title(corpus: Corpus, questions: list[Question]) -> None:
    titles = "\n".join(item.title for item in corpus.items)
    assert not [q for q in questions if q.query.kind == "misspelling" and q.query.text in titles]


def test_the_same_corpus_makes_the_same_queries(corpus: Corpus, questions: list[Question]) -> None:
    assert [q.query for q in questions if not q.query.written] == made(corpus)


def test_the_halves_are_about_equal_in_every_kind(questions: list[Question]) -> None:
    for kind in KINDS:
        halves = Counter(q.query.half for q in questions if q.query.kind == kind)
        assert 0.4 <= halves[HALVES[0]] / halves.total() <= 0.6


def test_the_halves_share_no_topic(questions: list[Question]) -> None:
    topics = [{q.query.topic for q in questions if q.query.half == half} for half in HALVES]
    assert not topics[0] & topics[1]


@pytest.mark.parametrize(
    ("topic", "half"),
    [("登录闪退", "untouched"), ("重复扣款", "tuning"), ("链接跳转 404", "tuning")],
)
def test_a_topic_never_changes_its_half(topic: str, half: str) -> None:
    assert Query("闪退", "plain", Rule(holds=(topic,)), written=True).half == half


def test_what_repeats_a_right_bug_is_right_though_it_is_worded_otherwise(corpus: Corpus) -> None:
    right = Rule(holds=("点击支付无响应",)).right(corpus)
    assert any("点击支付没有反应" in item.title for item in right)
    assert all(item.type == "bug" for item in right)


@given(st.text("支付超时订单登录闪退Android 404🎁Ａ", max_size=12), st.integers())
def test_a_mistake_changes_little_and_breaks_on_nothing(text: str, seed: int) -> None:
    wrong = misspelled(text, table("misspelling.toml"), Random(seed))
    assert abs(len(wrong) - len(text)) <= 1


def test_the_queries_know_nothing_of_how_the_product_searches() -> None:
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            assert not [one for one in names if one.startswith(OF_SEARCH)]


def test_the_product_knows_nothing_of_how_the_queries_are_worded() -> None:
    words = table("wording.toml")
    product = "\n".join(path.read_text(encoding="utf-8") for path in PRODUCT.rglob("*.py"))
    product += "\n".join(path.read_text(encoding="utf-8") for path in PRODUCT.rglob("*.toml"))
    said = [one for topic in words["topics"].values() for one in topic["said"]]
    assert not [one for one in (*said, *(q.text for q in written.written())) if one in product]
