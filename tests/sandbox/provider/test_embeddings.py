"""The sandbox's embeddings: as documented, always the same, and wrong on request."""

from __future__ import annotations

import base64
import struct

import pytest

from tests.sandbox.provider.conftest import Chat, Reply

MODEL = "BAAI/bge-m3"


def embedded(api: Chat, given: object, model: str = MODEL, **more: object) -> Reply:
    return api.ask("POST", "/v1/embeddings", {"model": model, "input": given} | more)


def test_each_text_has_a_vector_and_the_same_again(api: Chat) -> None:
    first = embedded(api, ["登录闪退", "登录失败", "导出"]).json
    assert first == embedded(api, ["登录闪退", "登录失败", "导出"]).json
    assert [row["index"] for row in first["data"]] == [0, 1, 2]
    login, failed, export = (row["embedding"] for row in first["data"])
    near = sum(a * b for a, b in zip(login, failed, strict=True))
    far = sum(a * b for a, b in zip(login, export, strict=True))
    assert near > far
    assert first["usage"]["total_tokens"] > 0
    assert embedded(api, "登录闪退").json["data"][0]["embedding"] == login


def test_vectors_come_in_base64_where_they_are_asked_for_so(api: Chat) -> None:
    (row,) = embedded(api, "闪退", encoding_format="base64").json["data"]
    numbers = struct.unpack("<64f", base64.b64decode(row["embedding"]))
    (plain,) = embedded(api, "闪退").json["data"]
    assert numbers == pytest.approx(plain["embedding"], abs=1e-6)


@pytest.mark.parametrize("given", ["", [], [""], [1], None, ["x"] * 33, {"text": "x"}])
def test_what_is_no_list_of_texts_is_refused(api: Chat, given: object) -> None:
    reply = embedded(api, given)
    assert (reply.status, reply.json["code"]) == (400, 20015)


def test_an_unknown_model_and_format_are_refused(api: Chat) -> None:
    assert embedded(api, "x", model="deepseek-chat").json["code"] == 20012
    assert embedded(api, "x", encoding_format="int8").json["code"] == 20015


def test_faults_strike_the_vectors(api: Chat, provider) -> None:
    provider.fault("fewer_vectors", times=1)
    assert len(embedded(api, ["a", "b"]).json["data"]) == 1
    provider.fault("short_vectors", times=1)
    assert len(embedded(api, "a").json["data"][0]["embedding"]) == 32
    provider.fault("null_vector", times=1)
    assert embedded(api, "a").json["data"][0]["embedding"][0] is None
    provider.fault("503", times=1)
    assert embedded(api, "a").status == 503
    assert embedded(api, "a").status == 200
