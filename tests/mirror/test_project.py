"""A page of rows as columns: the same whatever stands beside a row, whatever a column holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from taplens.mirror.landing.project import project, unpacked
from taplens.mirror.terms import LONGEST

WORKSPACE = "50311786"
CELLS = st.one_of(
    st.none(),
    st.sampled_from(["", "0", "|", "陆千帆;", "ａ|b", "2026-02-18 13:58:13", "结算页🐟\0", "3.5"]),
    st.text(max_size=5),
    st.lists(st.integers(0, 2), max_size=2),
)
NAMES = ("name", "status", "owner", "label", "created", "begin", "effort", "parent_id")
CUSTOM = ("custom_field_one", "custom_field_12", "custom_plan_field_1", "priority_label")


def rows(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"id": f"11{WORKSPACE}{number:09}", **cell} for number, cell in enumerate(cells, start=1)
    ]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.dictionaries(st.sampled_from(NAMES + CUSTOM), CELLS), min_size=1, max_size=5))
@example([{"name": None, "status": None, "owner": None, "effort": "NAN"}])
def test_a_row_becomes_the_same_alone_and_on_a_page(cells: list[dict[str, Any]]) -> None:
    kinds = {"custom_field_12": "float"}
    page = project("story", rows(cells), WORKSPACE, kinds)
    for position, row in enumerate(rows(cells)):
        alone = project("story", [row], WORKSPACE, kinds)
        for ours, theirs in ((page.plain, alone.plain), (page.coded, alone.coded)):
            assert {name: column[position] for name, column in ours.items()} == {
                name: column[0] for name, column in theirs.items()
            }
        assert sorted(map(repr, (v[1:] for v in page.values if v[0] == position))) == sorted(
            map(repr, (v[1:] for v in alone.values))
        )
        assert unpacked(page.payloads[position]) == {
            name: value for name, value in row.items() if value is not None and value != ""
        }


def test_texts_are_cut_and_lists_are_kept_as_text() -> None:
    page = project(
        "story",
        rows([{"module": "测" * (LONGEST + 1), "status": ["a"], "custom_field_one": "长" * 900}]),
        WORKSPACE,
        {},
    )
    assert page.coded["module"] == ["测" * LONGEST]
    assert page.coded["status"] == ["['a']"]
    assert page.values == [(0, "custom_field_one", "长" * LONGEST, None, None)]


def test_the_teams_word_for_a_priority_wins_over_its_key() -> None:
    cells: list[dict[str, Any]] = [
        {"priority": "1", "priority_label": "无关紧要"},
        {"priority": "2", "priority_label": ""},
    ]
    page = project("story", rows(cells), WORKSPACE, {})
    assert page.coded["priority"] == ["无关紧要", "2"]


@pytest.mark.parametrize("text", ["nan", "NAN", "inf", "-Infinity", "1e999"])
def test_what_no_sum_could_hold_is_no_number(text: str) -> None:
    page = project("story", rows([{"effort": text, "custom_field_12": text}]), WORKSPACE,
                   {"custom_field_12": "float"})  # fmt: skip
    assert page.plain["effort"] == [None]
    assert [(told, amount) for _, _, told, amount, _ in page.values if told == text] == [
        (text, None)
    ]
