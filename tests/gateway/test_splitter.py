"""Splitting a stream into events: quick for plain ones, and never different from the decoder."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from taplens.gateway.splitter import Splitter
from taplens.llm import sse

PIECES = [
    'data: {"内容": "缺陷 😀"}\n\n', "data: [DONE]\n\n", 'data:{"a": 1}\n\n', ": keep-alive\n\n",
    "\n", "\r\n", "event: message\n", "id: 7\n", "retry: 1\n\n", 'data: {"a":\ndata: 1}\n\n',
    'data: {"b": 2}\r\n\r\n', "data: [DONE]", "data: {", "\ufeff",
]  # fmt: skip
streams = st.lists(st.sampled_from(PIECES).map(str.encode) | st.binary(max_size=4), max_size=9)


@given(stream=streams.map(b"".join), cuts=st.lists(st.integers(0, 300), max_size=6))
@example(stream=b"data: \xff\n\n", cuts=[])
@example(stream=b"data: 1\n\n\ndata: 2\n\n", cuts=[9])
@example(stream=b"data: 1\n\n\xef\xbb\xbfdata: 2\n\n", cuts=[9])
def test_any_stream_split_anywhere_gives_what_the_decoder_gives(
    stream: bytes, cuts: list[int]
) -> None:
    decoder, splitter = sse.Decoder(), Splitter()
    expected = [*decoder.feed(stream), *decoder.finish()]
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    found: list[bytes] = []
    for begin, end in pairwise(edges):
        found += splitter.feed(stream[begin:end])
    found += splitter.finish()
    assert found == [event.data.replace("\n", " ").encode() for event in expected]
