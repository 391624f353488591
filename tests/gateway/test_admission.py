"""How many tokens a request is taken for before anybody has counted them."""

from __future__ import annotations

import base64
import json
import os

from hypothesis import given
from hypothesis import strategies as st

from taplens.gateway.admission import estimated_tokens
from tests.gateway.serving_here import chat


def picture(megabytes: int) -> dict[str, object]:
    encoded = base64.b64encode(os.urandom(megabytes << 20)).decode()
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded}"}}


def body(*parts: object) -> bytes:
    return json.dumps(chat() | {"messages": [{"role": "user", "content": list(parts)}]}).encode()


def test_a_picture_is_no_million_of_tokens() -> None:
    text = {"type": "text", "text": "这张截图里有什么缺陷？" * 100}
    words = estimated_tokens(body(text))
    assert words < estimated_tokens(body(text, picture(3))) < words + 1200
    assert estimated_tokens(body(picture(1), text, picture(1))) < words + 2400


def test_a_text_that_only_speaks_of_data_counts_as_text() -> None:
    long = "data: 很长的文字 " * 10_000
    assert estimated_tokens(body({"type": "text", "text": long})) > 50_000


@given(st.lists(st.sampled_from([b'"data:', b";base64,", b'"', b"x" * 5000]), max_size=50))
def test_an_estimate_is_always_more_than_nothing(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    assert 1 <= estimated_tokens(whole) <= len(whole) // 4 + 1
