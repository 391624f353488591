"""The figures: what they are of good, bad and accidental answers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged.corpus import Corpus
from judged.judged_set import Question
from judged.judging import FIRST, Key, figures, judged
from judged.query import KINDS, Query, Rule
from judged.run import table

from tests.judged.conftest import BENCH

QUERY = Query("支付超时怎么处理的", "paraphrase", Rule(holds=("支付超时",)), written=True)
KEYS = [("bug", str(number)) for number in range(30)]
keys = st.lists(st.sampled_from(KEYS), max_size=30)
some = st.sets(st.sampled_from(KEYS), min_size=1, max_size=FIRST)
Scorer = Callable[[Question], Sequence[Key]]


def scored(questions: Sequence[Question], scorer: Scorer) -> dict[str, tuple[float, float]]:
    verdicts = [judged(one.query, one.right, scorer(one)) for one in questions]
    return {name: (one.recall, one.mrr) for name, one in figures(verdicts).items()}


def test_who_answers_perfectly_gets_full_marks(questions: list[Question]) -> None:
    marks = scored(questions, lambda question: sorted(question.right))
    assert set(marks) == {*KINDS, "written by hand", "made from items", "all"}
    assert set(marks.values()) == {(1.0, 1.0)}


def test_who_answers_at_random_gets_next_to_nothing(
    corpus: Corpus, questions: list[Question]
) -> None:
    chance = Random(3)
    every = [item.key for item in corpus.items]
    marks = scored(questions, lambda _question: chance.sample(every, FIRST))
    assert max(recall for recall, _ in marks.values()) < 0.03
    assert max(mrr for _, mrr in marks.values()) < 0.03


def test_who_always_answers_the_same_gets_next_to_nothing(
    corpus: Corpus, questions: list[Question]
) -> None:
    often = [item.key for item in corpus.items if "登录闪退" in item.title][:FIRST]
    assert scored(questions, lambda _question: often)["all"][0] < 0.05


def test_a_shuffled_key_finds_perfect_answers_wrong(questions: list[Question]) -> None:
    others = Random(3).sample(questions, len(questions))
    pairs = zip(questions, others, strict=True)
    answers = {mine.query.text: sorted(other.right) for mine, other in pairs}
    recall, mrr = scored(questions, lambda question: answers[question.query.text])["all"]
    assert recall < 0.1
    assert mrr < 0.1


def test_the_eleventh_comes_too_late() -> None:
    verdict = judged(QUERY, {KEYS[10]}, KEYS)
    assert (verdict.recall, verdict.reciprocal_rank) == (0, 0)


def test_a_story_is_not_the_bug_of_the_same_number() -> None:
    assert judged(QUERY, {("story", "1")}, [("bug", "1")]).recall == 0


@given(some, keys)
def test_figures_lie_between_nothing_and_all(right: set[Key], came: list[Key]) -> None:
    verdict = judged(QUERY, right, came)
    assert 0 <= verdict.recall <= 1
    assert (verdict.recall > 0) == (verdict.reciprocal_rank > 0)


@given(some, keys)
def test_what_comes_twice_counts_once(right: set[Key], came: list[Key]) -> None:
    twice = [one for one in came for _ in range(2)]
    assert judged(QUERY, right, twice) == judged(QUERY, right, came)


@given(some, keys, st.integers(0, 29))
def test_a_wrong_item_in_front_never_helps(right: set[Key], came: list[Key], number: int) -> None:
    before = judged(QUERY, right, came)
    after = judged(QUERY, right, [("task", str(number)), *came])
    assert after.recall <= before.recall
    assert after.reciprocal_rank <= before.reciprocal_rank


def test_a_refusal_counts_as_nothing_found_and_is_told() -> None:
    refused = judged(QUERY, {KEYS[0]}, [], "filter_syntax")
    found = judged(QUERY, {KEYS[0]}, [KEYS[0]])
    marks = figures([refused, found])["all"]
    assert (marks.recall, marks.faults) == (0.5, 1)


def test_an_unknown_mode_is_told_as_absent_not_as_zero(capsys: pytest.CaptureFixture[str]) -> None:
    told = figures([judged(QUERY, {KEYS[0]}, [KEYS[0]])])
    table({"fulltext": told, "semantic": None})
    shown = capsys.readouterr().out
    assert "semantic: absent" in shown
    assert "0.00" not in shown


def test_the_failures_of_the_untouched_half_are_not_shown() -> None:
    command = [sys.executable, str(BENCH / "judged" / "run.py")]
    done = subprocess.run(
        [*command, "--half", "untouched", "--failures", "5"],
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 2
    assert "untouched" in done.stderr
