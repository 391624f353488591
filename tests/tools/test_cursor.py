"""A cursor is good for its query alone, and damage is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.errors import CursorError
from taplens.tools.cursor import MOST, Cursor, decode, encode

QUERY = {"where": "type:bug 状态:测试中", "workspace": ["50311786"]}


@given(st.integers(0, MOST), st.integers(0, 2**40))
def test_a_cursor_comes_back_as_it_was(position: int, as_of: int) -> None:
    cursor = Cursor(position, as_of)
    assert decode(encode(cursor, "find_items", QUERY), "find_items", QUERY) == cursor


def test_no_cursor_is_the_beginning() -> None:
    assert decode("  ", "find_items", QUERY) == Cursor(0, 0)


@pytest.mark.parametrize(
    ("tool", "query"),
    [
        ("get_items", QUERY),
        ("find_items", QUERY | {"where": "type:bug"}),
        ("find_items", QUERY | {"workspace": ["46027719"]}),
    ],
)
def test_a_cursor_of_another_query_is_refused(tool: str, query: dict[str, object]) -> None:
    text = encode(Cursor(20, 1), "find_items", QUERY)
    with pytest.raises(CursorError) as caught:
        decode(text, tool, query)
    assert caught.value.code == "cursor_of_another_query"


@given(st.integers(0, 27), st.sampled_from("ABCxyz019-_"))
def test_a_cursor_with_one_character_changed_is_refused(place: int, character: str) -> None:
    text = encode(Cursor(20, 1_790_000_000), "find_items", QUERY)
    changed = text[:place] + character + text[place + 1 :]
    if changed != text:
        with pytest.raises(CursorError):
            decode(changed, "find_items", QUERY)


@given(st.text(max_size=200))
def test_any_other_text_is_refused(text: str) -> None:
    if text.strip():
        with pytest.raises(CursorError):
            decode(text, "find_items", QUERY)
