"""Values of a provider or a client that JSON can hold and we can't: none is a fault of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.errors import ModelProtocolError, RequestFault
from taplens.gateway.usage import told
from taplens.llm.answers import answer_of, chunk_of
from taplens.llm.faults import event_fault, retry_after_of, typed_fault
from taplens.llm.json_text import parsed
from taplens.llm.request import parse

from .scripted_server import chunk, whole

if TYPE_CHECKING:
    from taplens.llm.entries import Upstream


def test_a_code_of_many_digits_is_no_number_of_a_fault(upstream: Upstream) -> None:
    for code in ("9" * 5000, "٣" * 5000, 10**18):
        body = orjson.dumps({"code": code, "message": "坏了"})
        assert typed_fault(400, body, upstream).provider_code is None
        assert event_fault({"code": code, "message": "坏了"}, upstream).status == 503


def test_a_fault_inside_half_a_character_is_read(upstream: Upstream) -> None:
    fault = typed_fault(400, rb'{"code": 20015, "message": "\ud83d"}', upstream)
    assert fault.provider_code == 20015


def test_retry_after_is_bounded() -> None:
    assert retry_after_of({"Retry-After": "9" * 300}) == 86_400.0
    assert retry_after_of({"Retry-After": "Thu, 01 Jan 2026 00:00:00 +" + "9" * 30}) is None


def test_a_usage_that_no_answer_can_have_is_none() -> None:
    assert told({"prompt_tokens": 2**62, "completion_tokens": 1}) is None
    assert told({"prompt_tokens": 1, "completion_tokens": True}) is None


def test_half_a_character_breaks_no_answer(upstream: Upstream) -> None:
    data = json.dumps(chunk({"content": "好\ud83d"}))
    assert chunk_of(data, upstream)["choices"][0]["delta"]["content"] == "好\ufffd"
    body = json.dumps(whole("\ude00好 \\ud83d 😀")).encode()
    said = answer_of(body, upstream)["choices"][0]["message"]["content"]
    assert said == "\ufffd好 \\ud83d 😀"


@given(st.text(st.characters(codec=None) | st.sampled_from('\\u"dD8\ud83d\ude00\udfff')))
def test_every_text_that_json_can_hold_is_read(text: str) -> None:
    written = json.dumps(text)
    expected = json.loads(written).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert parsed(written) == expected
    assert parsed(written.encode()) == expected


def test_a_text_that_is_no_json_is_refused_and_not_repeated(upstream: Upstream) -> None:
    for body in (b"", rb'"\ud83d', rb'{"a": "\ud83"}', "张三的工资是".encode(), b"[" * 5000):
        with pytest.raises(ModelProtocolError) as caught:
            answer_of(body, upstream)
        assert "张三" not in str(caught.value)


def test_half_a_character_of_a_client_is_refused_by_its_name() -> None:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "好\ud83d"}]})
    with pytest.raises(RequestFault) as caught:
        parse(body.encode())
    assert caught.value.code == "request_half_character"
    assert "ud83d" in caught.value.message("zh")
    whole_pair = body.replace("\\ud83d", "\\ud83d\\ude00").encode()
    assert parse(whole_pair).messages[0].content == "好😀"
    with pytest.raises(RequestFault) as caught:
        parse(whole_pair[:-1])
    assert caught.value.code == "request_not_json"
