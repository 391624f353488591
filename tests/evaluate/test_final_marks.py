"""Whatever a model says, the marks that people read keep their bounds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.evaluate.deciding import LONGEST_SUGGESTION, shares
from taplens.evaluate.evaluating import evaluate
from taplens.evaluate.model import ELEMENTS, MISSING_OPTIONAL, Case, Requirement
from taplens.evaluate.rules import DEFAULT, Rules
from taplens.evaluate.verdicts import Verdict

PARTS = st.sampled_from(
    ["", " ", "登录", "1. 打开登录页\n2. 点击登录", "功能正常", "P0", "高", "P9", "R1", "余额" * 60]
)  # fmt: skip
CASES = st.builds(
    Case, id=st.text("TC01", min_size=1, max_size=3), title=PARTS, precondition=PARTS, steps=PARTS,
    expected=PARTS, priority=PARTS, requirement=PARTS,
)  # fmt: skip
VERDICTS = st.builds(
    Verdict,
    scores=st.fixed_dictionaries(dict.fromkeys(ELEMENTS, st.integers(0, 10))),
    suggestions=st.fixed_dictionaries(dict.fromkeys(ELEMENTS, st.text(max_size=300))),
    requirement_id=st.sampled_from(["", "R1"]),
    reason=st.text(max_size=20),
)


@given(
    cases=st.lists(CASES, max_size=5),
    verdicts=st.dictionaries(st.integers(0, 4), VERDICTS),
    required=st.fixed_dictionaries(dict.fromkeys(ELEMENTS, st.booleans())),
    locale=st.sampled_from(["zh", "en"]),
)
def test_a_mark_below_ten_has_a_suggestion_and_minus_one_is_a_missing_optional_part(
    cases: list[Case], verdicts: dict[int, Any], required: dict[str, bool], locale: str
) -> None:
    rules = Rules(required=required)
    told = {place: one for place, one in verdicts.items() if place < len(cases)}
    found = evaluate(cases, rules, [Requirement(id="R1", title="登录")], locale, told)
    assert [one.case for one in found.evaluations] == cases
    for one in found.evaluations:
        assert [mark.element for mark in one.marks] == list(ELEMENTS)
        for mark in one.marks:
            is_there = bool(str(getattr(one.case, mark.element)).strip())
            optional = not is_there and not required[mark.element]
            assert (mark.score == MISSING_OPTIONAL) == optional
            assert mark.score == MISSING_OPTIONAL or 0 <= mark.score <= 10
            assert bool(mark.suggestion.strip()) == (mark.score < 10)
            assert len(mark.suggestion) <= LONGEST_SUGGESTION


@pytest.mark.parametrize(
    ("words", "counts"),
    [
        (["P0", "p1", "Ｐ２"], {"P0": 1, "P1": 1, "P2": 1}),
        (["高", "中", "低"], {"P0": 1, "P1": 1, "P2": 1}),
        (["High", "middle", "LOW", "Medium"], {"P0": 1, "P1": 2, "P2": 1}),
        (["P3", "急", ""], {"P0": 0, "P1": 0, "P2": 0, "P3": 1, "急": 1, "-": 1}),
    ],
)
def test_shares_are_of_the_priorities_that_words_mean(
    words: list[str], counts: dict[str, int]
) -> None:
    cases = [Case(id=str(place), title="t", priority=word) for place, word in enumerate(words)]
    assert {one.priority: one.count for one in shares(cases, DEFAULT)} == counts
