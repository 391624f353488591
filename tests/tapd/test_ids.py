"""Long ids, short numbers, and the prefixes and paddings they come with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.errors import ArgumentError
from taplens.tapd import alternative_ids, expand_id, short_number

CLOUD = "https://api.tapd.cn"


@pytest.mark.parametrize(
    ("given_id", "workspace", "base_url", "long"),
    [
        ("1000321", "58210347", CLOUD, "1158210347001000321"),
        (1000321, "58210347", CLOUD, "1158210347001000321"),
        ("#1000321", "58210347", CLOUD, "1158210347001000321"),
        (" 001000321 ", "58210347", CLOUD, "1158210347001000321"),
        ("1000321", "58210347", "http://127.0.0.1:8700", "1058210347001000321"),
        ("321", "582103471", CLOUD, "11582103471000000321"),
        ("500588953", "755", "https://tapd.example", "1000000755500588953"),
        ("1158210347001000321", "58210347", "http://127.0.0.1", "1158210347001000321"),
        ("11582103470000045210", "58210347", CLOUD, "11582103470000045210"),
    ],
)
def test_a_short_number_expands_and_a_long_id_stays(
    given_id: str | int, workspace: str, base_url: str, long: str
) -> None:
    assert expand_id(given_id, workspace, base_url) == long


@pytest.mark.parametrize("text", ["", "#", "abc", "12a", "一二三", "１２３", "-5", "1.5", "1 2"])
def test_anything_but_digits_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        expand_id(text, "58210347", CLOUD)
    assert caught.value.mend("zh")
    with pytest.raises(ArgumentError):
        short_number(text, "58210347")


@pytest.mark.parametrize(
    ("long", "workspace", "number"),
    [
        ("1158210347001000321", "58210347", 1000321),
        ("1058210347001000321", "58210347", 1000321),
        ("1258210347001000033", "58210347", 1000033),
        ("11582103471001000321", "582103471", 1000321),
        ("1000000755500588953", "755", 500588953),
        ("10755500588953", "755", 500588953),
        ("11582103470000045210", "58210347", 45210),
        ("1000321", "58210347", 1000321),
        ("1199999999001000321", "58210347", 1000321),
        (1158210347001000321, "58210347", 1000321),
    ],
)
def test_the_short_number_is_found_with_any_prefix_and_padding(
    long: str | int, workspace: str, number: int
) -> None:
    assert short_number(long, workspace) == number


workspaces = st.integers(1, 999_999_999).map(str)
numbers = st.integers(1, 999_999_999)


@given(numbers, workspaces, st.sampled_from([CLOUD, "http://127.0.0.1:1"]))
def test_expanding_and_shortening_are_inverse(number: int, workspace: str, base: str) -> None:
    long = expand_id(number, workspace, base)
    assert short_number(long, workspace) == number
    assert expand_id(long, workspace, base) == long or len(long) <= 9


@given(numbers, workspaces)
def test_all_alternatives_of_an_id_mean_the_same_number(number: int, workspace: str) -> None:
    alternatives = alternative_ids(expand_id(number, workspace, CLOUD), workspace)
    assert {short_number(each, workspace) for each in alternatives} == {number}
    assert expand_id(number, workspace, "http://localhost") in alternatives
