"""What the rules decide, against verdicts set by hand, and whatever the cases."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from taplens.evaluate.deciding import LONGEST_SUGGESTION, decide, shares
from taplens.evaluate.model import BEST, ELEMENTS, MISSING_OPTIONAL, Case
from taplens.evaluate.rules import DEFAULT

_FILE = Path(__file__).with_name("verdicts.toml")
TOLD: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
BASE = Case(id="1", **TOLD["base"])


def marks_of(case: Case, **changes: Any) -> dict[str, Any]:
    (marks,) = decide([case], replace(DEFAULT, **changes))
    return {mark.element: mark for mark in marks}


@pytest.mark.parametrize("place", range(len(TOLD["case"])))
def test_a_case_gets_the_verdict_set_by_hand(place: int) -> None:
    told = dict(TOLD["case"][place])
    wanted, rules = told.pop("marks"), told.pop("rules")
    marks = marks_of(replace(BASE, **told))
    assert {name: mark.score for name, mark in marks.items() if mark.score != BEST} == wanted
    assert sorted(rule for mark in marks.values() for rule in mark.rules) == sorted(rules)


def test_there_are_sixty_verdicts() -> None:
    assert len(TOLD["case"]) >= 60


_texts = st.text(max_size=80) | st.sampled_from(["", "1. 点击\n2. 返回", "功能正常", "P0"])
cases = st.builds(
    Case, id=st.just("1"), title=_texts, precondition=_texts, steps=_texts, expected=_texts,
    priority=_texts, requirement=_texts,
)  # fmt: skip


@examples(max_examples=60)
@given(st.lists(cases, max_size=4), st.sampled_from(["zh", "en"]))
def test_every_element_has_one_mark_within_bounds(given_cases: list[Case], locale: str) -> None:
    found = decide(given_cases, DEFAULT, locale)
    assert len(found) == len(given_cases)
    for case, marks in zip(given_cases, found, strict=True):
        assert tuple(mark.element for mark in marks) == ELEMENTS
        for mark in marks:
            there = bool(str(getattr(case, mark.element)).strip())
            least = 1 if there else 0 if DEFAULT.required[mark.element] else MISSING_OPTIONAL
            assert mark.score == least or (there and least <= mark.score <= BEST)
            assert bool(mark.suggestion) == (mark.score < BEST)
            assert len(mark.suggestion) <= LONGEST_SUGGESTION


def test_what_is_required_is_the_teams_choice() -> None:
    case = replace(BASE, precondition="", title="")
    required = dict(DEFAULT.required) | {"precondition": True, "title": False}
    marks = marks_of(case, required=required)
    assert (marks["precondition"].score, marks["title"].score) == (0, MISSING_OPTIONAL)


def test_words_that_say_nothing_are_the_teams_choice() -> None:
    case = replace(BASE, expected="页面没毛病")
    assert marks_of(case)["expected"].score == BEST
    assert marks_of(case, vague=("没毛病",))["expected"].score == 5


def test_a_case_that_says_the_same_is_told_whatever_its_width() -> None:
    other = replace(BASE, id="2", title="余额不足时下单 ", steps="１． 进入购物车\n２． 点击结算")
    first, second = decide([BASE, other], DEFAULT)
    assert first[1].score == BEST
    assert second[1].rules == ("case_doubled",)
    assert "1" in second[1].suggestion


def test_a_case_that_says_nearly_the_same_is_told() -> None:
    long = "打开订单详情页，核对收货地址、支付方式、优惠券抵扣金额与发票抬头是否逐项展示"
    one = replace(BASE, steps=f"1. {long}")
    near = replace(one, id="2", steps=f"1. {long}吗")
    far = replace(BASE, id="3", title="退款到原路", steps="1. 申请退款", expected="三日内到账")
    found = decide([one, near, far], DEFAULT)
    assert [marks[1].rules for marks in found] == [(), ("case_alike",), ()]


def test_shares_are_of_all_cases_and_say_what_was_wanted() -> None:
    some = [replace(BASE, id=str(n), priority=name) for n, name in enumerate(["P0", "p1"] * 2)]
    told = {one.priority: one for one in shares([*some, replace(BASE, priority="")], DEFAULT)}
    assert (told["P0"].count, told["P0"].percent, told["P0"].fits) == (2, 40.0, False)
    assert (told["P2"].count, told["P2"].fits) == (0, False)
    assert (told["-"].count, told["-"].wanted) == (1, None)
    assert [one.count for one in shares([], DEFAULT)] == [0, 0, 0]
