"""Every sentence is held against the data: lies are marked, truths are not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taplens.agent.checks.numerals import numerals
from taplens.agent.checks.sentences import Splitter
from tests.agent.model.corpus import LIES, MORE_LIES, TRUTHS, checker, told

_MARK = "〔未核实〕"
_MOST_FALSE = 0.05


@pytest.mark.parametrize(("name", "question", "answer"), LIES, ids=[name for name, _, _ in LIES])
def test_a_lie_is_marked(name: str, question: str, answer: str) -> None:
    sentences = told(question, answer)
    assert any(_MARK in text and faults for text, faults in sentences), name


@pytest.mark.parametrize(("question", "answer"), MORE_LIES)
def test_a_lie_in_other_words_is_marked(question: str, answer: str) -> None:
    assert any(_MARK in text for text, _ in told(question, answer))


def test_at_most_one_true_sentence_in_twenty_is_marked() -> None:
    found = [
        (text, faults)
        for question, answer in TRUTHS
        for text, faults in told(question, answer)
        if text.strip()
    ]
    marked = [faults for _, faults in found if faults]
    assert len(found) >= 40
    assert len(marked) <= _MOST_FALSE * len(found), marked


def test_a_reference_becomes_the_value_of_its_cell() -> None:
    assert told("未关闭的缺陷？", "张三有 {{r1.data[0].count}} 个未关闭的缺陷。")[0][0] == (
        "张三有 8 个未关闭的缺陷。"
    )


def test_a_mark_that_the_model_writes_itself_counts_for_nothing() -> None:
    text, faults = told("未关闭的缺陷？", "目前有 23 个〔未核实〕未关闭的缺陷。")[0]
    assert text == "目前有 23〔未核实〕 个未关闭的缺陷。"
    assert faults


def test_marks_are_english_for_an_english_question() -> None:
    verdict = checker("How many bugs?", "en").check("There are 23 open bugs.")
    assert verdict.text == "There are 23[unverified] open bugs."


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8 个", 8), ("１２３ 条", 123), ("三个需求", 3), ("十二条", 12), ("一百二十三个", 123),
        ("一半的缺陷", 50), ("1.2万条", 12_000), ("三成", 30), ("百分之三十", 30), ("两天", 2),
        ("12,345 items", 12_345),
        ("twenty-three bugs", 23), ("one hundred and five bugs", 105), ("a third of", 33.3),
        ("37.5%", 37.5), ("٣ bugs", 3), ("8️⃣ bugs", 8), ("a dozen bugs", 12), ("有一个缺陷", 1),
        ("one urgent bug", 1), ("二〇个", 20), ("叁个", 3), ("3k items", 3000), ("数十个", None),
        ("半年", None), ("v2.3.1", None),
    ],
)  # fmt: skip
def test_a_number_is_found_in_any_form(text: str, value: float | None) -> None:
    assert [one.value for one in numerals(text)] == [value]


@pytest.mark.parametrize(
    "text",
    ["这是一个好趋势", "统一处理", "一些缺陷", "第一，", "进一步", "千万不要", "十分重要",
     "三方依赖", "成功", "1. 列表", "one of the bugs", "no one knows", "p85", "UTF8"],
)  # fmt: skip
def test_what_counts_nothing_is_no_number(text: str) -> None:
    assert not [one for one in numerals(text) if one.value is not None]


@given(st.integers(0, 10**9))
def test_any_whole_number_in_digits_is_found(number: int) -> None:
    for text in (f"有 {number} 个", f"有{number:,}个", f"there are {number} bugs"):
        assert [one.value for one in numerals(text)] == [number]
    wide = str(number).translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    assert [one.value for one in numerals(f"有{wide}个")] == [number]


_TEXTS = st.text(alphabet="缺陷有8个。!? \n.{}r1rowstotal[0]|「」张三", max_size=60)


@given(_TEXTS, st.lists(st.integers(0, 60), max_size=6))
def test_sentences_are_the_same_however_the_text_is_cut(text: str, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut <= len(text))})
    pieces = [text[a:b] for a, b in pairwise(places)]
    whole, cut = Splitter(), Splitter()
    at_once = [*whole.feed(text), *whole.finish()]
    one_by_one = [part for piece in pieces for part in cut.feed(piece)] + cut.finish()
    assert "".join(at_once) == text == "".join(one_by_one)
    assert at_once == one_by_one


_VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=9)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "type", "owner", "count", "period", "x"]), inner),
    ),
    max_leaves=12,
)


@settings(max_examples=80)
@given(
    st.lists(_VALUES, max_size=4), st.sampled_from(["{{r99.rows[0].count}}", "{{r99.rows[1].x}}"])
)
def test_a_result_of_any_shape_can_be_learnt_and_referred_to(rows: list[object], text: str) -> None:
    made = checker("未关闭的缺陷？")
    made.learn("r99", "count_items", {"where": "(", "by": ["owner"]}, {"data": rows})
    assert "{{" not in made.check(f"张三有 {{{{r99.{text}}}}} 个。").text


@settings(max_examples=60)
@given(st.text(max_size=80))
def test_any_text_gets_a_verdict(text: str) -> None:
    verdict = checker("未关闭的缺陷？").check(text)
    assert isinstance(verdict.text, str)


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_no_number_that_no_cell_holds_leaves_unmarked(number: int) -> None:
    held = {8, 5, 4, 3, 20, 40, 25, 15}
    verdict = checker("未关闭的缺陷？").check(f"张三有 {number} 个未关闭的缺陷。")
    assert (number == 8) == (_MARK not in verdict.text), held
