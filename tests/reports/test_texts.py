"""Texts of other people's, whatever they are: they say the same and do nothing."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from taplens.reports.digest import _fitting, plain
from taplens.reports.prose.checking import is_plain, sentences
from taplens.reports.wording import markdown

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(TEXTS)
def test_no_mark_of_markdown_stays_unescaped(text: str) -> None:
    told = markdown(text)
    assert "\n" not in told
    bare = re.sub(r"\\.", "", told)
    assert not re.search(r"[`*_\[\]<>#!|~&$\\{}]", bare)
    assert re.sub(r"\\(.)", r"\1", told) == " ".join(text.split())


@given(TEXTS)
def test_no_mark_that_a_robot_heeds_stays_in_a_digest(text: str) -> None:
    told = plain(text)
    assert not re.search(r"[<>\[\]*_`#@~|&\n]", told)
    assert len(told) == len(" ".join(text.split()))


@given(st.lists(TEXTS.map(plain), max_size=20), st.integers(10, 400))
def test_a_digest_never_exceeds_its_bytes(lines: list[str], most: int) -> None:
    told = _fitting(lines, most)
    assert len(told.encode()) <= most
    kept = told.split("\n")
    whole = "\n".join(lines).split("\n")
    assert kept == whole or kept[:-1] == whole[: len(kept) - 1]


@given(TEXTS)
def test_sentences_lose_nothing(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(st.sampled_from("0123456789０１２３４５６７８９"), TEXTS, TEXTS)
def test_no_digit_gets_by_without_grounds(digit: str, before: str, after: str) -> None:
    assert not is_plain(f"{before} {digit} {after}")
