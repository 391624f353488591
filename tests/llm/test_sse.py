"""The event stream: any bytes, cut anywhere, decode to the same events."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.errors import ModelProtocolError
from taplens.llm.sse import DONE, Decoder, Event, encode


def decode(*pieces: bytes) -> list[Event]:
    decoder = Decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.finish()


def data_of(*pieces: bytes) -> list[str]:
    return [event.data for event in decode(*pieces)]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(b"data: a\n\ndata: b\n\n", ["a", "b"], id="two events"),
        pytest.param(b": keep-alive\n\ndata: a\n\n", ["a"], id="comment lines"),
        pytest.param(b"\n\n\ndata: a\n\n\n\n", ["a"], id="blank lines"),
        pytest.param(b"data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"], id="CRLF"),
        pytest.param(b"data: a\r\rdata: b\r\r", ["a", "b"], id="lone CR"),
        pytest.param(b"data: a\r\n\ndata: b\n\r\n", ["a", "b"], id="mixed line ends"),
        pytest.param(b"\xef\xbb\xbfdata: a\n\n", ["a"], id="byte order mark"),
        pytest.param(b"data: \xef\xbb\xbfa\n\n", ["\ufeffa"], id="byte order mark inside"),
        pytest.param(b"data: a\ndata: b\n\n", ["a\nb"], id="several data lines"),
        pytest.param(b"data:a\ndata:  b\n\n", ["a\n b"], id="one space is dropped"),
        pytest.param(b"data\n\n", [""], id="a field without colon"),
        pytest.param(b"event: ping\n\n", [], id="an event without data"),
        pytest.param(b"data: a\n", [], id="no blank line at the end"),
        pytest.param(b"data: [DONE]", [DONE], id="[DONE] at the very end"),
        pytest.param(b"data: [DON", [], id="a cut [DONE]"),
        pytest.param(b"data: \xe4\xbd\n\n", ["\ufffd"], id="broken UTF-8"),
        pytest.param("data: 你好，😀\n\n".encode(), ["你好，😀"], id="Chinese and emoji"),
        pytest.param(b"retry: 5\nunknown: x\ndata: a\n\n", ["a"], id="other fields"),
    ],
)
def test_a_stream_decodes_as_the_standard_says(stream: bytes, expected: list[str]) -> None:
    assert data_of(stream) == expected


def test_an_event_keeps_its_type_and_the_last_id() -> None:
    events = decode(b"event: error\nid: 7\ndata: a\n\ndata: b\nid: no\0\n\n")
    assert events == [Event("a", "error", "7"), Event("b", "message", "7")]


def test_a_character_split_over_two_reads_is_one_character() -> None:
    stream = "data: 你😀\n\n".encode()
    assert all(data_of(stream[:cut], stream[cut:]) == ["你😀"] for cut in range(len(stream)))


def test_a_line_end_split_over_two_reads_is_one_line_end() -> None:
    assert data_of(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == ["a\nb"]


def test_an_event_comes_out_with_its_last_byte() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: a\r\n\r") == [Event("a")]
    assert decoder.feed(b"\ndata: b\n\n") == [Event("b")]


@pytest.mark.parametrize("end", [b"", b"\n"], ids=["one long line", "many lines"])
def test_an_event_without_end_is_refused_before_it_fills_the_memory(end: bytes) -> None:
    decoder = Decoder(event_bytes=1000)
    with pytest.raises(ModelProtocolError) as caught:
        for _ in range(20):
            decoder.feed(b"data: " + b"x" * 100 + end)
    assert caught.value.code == "event_too_large"


def test_many_events_are_not_taken_for_one_large_one() -> None:
    decoder = Decoder(event_bytes=1000)
    assert sum(len(decoder.feed(b"data: " + b"x" * 900 + b"\n\n")) for _ in range(50)) == 50


PIECES = st.sampled_from(
    ["data: ", "data:", "data", "event: e", "id: 1", ":", "\n", "\r", "\r\n", "\n\n", "\ufeff", " "]
)
STREAMS = st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=30).map(
    lambda parts: "".join(parts).encode()
)


@given(stream=st.one_of(STREAMS, st.binary(max_size=60)), data=st.data())
def test_any_split_of_any_stream_decodes_to_the_same_events(
    stream: bytes, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[start:stop] for start, stop in itertools.pairwise(edges)]
    assert decode(*pieces) == decode(stream)


@given(st.text())
def test_what_is_encoded_decodes_to_the_same_text(text: str) -> None:
    # Nothing can carry a carriage return: the format has but one line end.
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    assert data_of(encode(text)) == [lines]
    assert data_of(encode(text.encode())) == [lines]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_what_is_encoded_decodes_to_the_same_object(value: dict[str, object]) -> None:
    (data,) = data_of(encode(value))
    assert json.loads(data) == value


def test_the_end_is_encoded_as_documented() -> None:
    assert encode(DONE) == b"data: [DONE]\n\n"
