"""A text ends before a stop sequence and within its tokens, however it is cut into pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from taplens.agent.bounds import Bounds
from taplens.llm import tokens

TEXTS = st.text(alphabet="ab缺陷🐛 \n", max_size=60)


def through(bounds: Bounds, pieces: list[str]) -> str:
    said = ""
    for piece in pieces:
        if bounds.finish is None:
            said += bounds.take(piece)
    return said + ("" if bounds.finish else bounds.rest())


def first_of(text: str, stops: list[str]) -> str:
    places = [text.find(stop) for stop in stops if stop and stop in text]
    return text[: min(places)] if places else text


@given(st.lists(TEXTS, max_size=8), st.lists(st.text("ab缺陷", max_size=3), max_size=3))
def test_a_text_ends_before_the_first_stop_sequence(pieces: list[str], stops: list[str]) -> None:
    bounds = Bounds(stops, None)
    text = "".join(pieces)
    said = through(bounds, pieces)
    cut = first_of(text, stops)
    # Cut into pieces, the sequence that is complete first ends it, which may begin later.
    assert text.startswith(said)
    assert len(said) >= len(cut)
    assert not any(stop in said for stop in stops if stop)
    assert (bounds.finish == "stop") == any(stop in text for stop in stops if stop)


@given(st.lists(TEXTS, max_size=8), st.integers(1, 20))
def test_a_text_has_no_more_tokens_than_asked_for(pieces: list[str], most: int) -> None:
    bounds = Bounds((), most)
    said = through(bounds, pieces)
    text = "".join(pieces)
    assert text.startswith(said)
    assert tokens.of_size(tokens.size(said)) <= most
    assert (bounds.finish == "length") == (said != text)
