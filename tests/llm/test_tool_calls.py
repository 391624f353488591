"""Tool calls: only whole arguments are run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.errors import ModelProtocolError
from taplens.llm import arguments_of

WHOLE = '{"查询": "登录失败 😀", "limit": 20}'


def call(arguments: Any) -> dict[str, Any]:
    return {"id": "a", "type": "function", "function": {"name": "find", "arguments": arguments}}


def test_whole_arguments_are_given() -> None:
    assert arguments_of(call(WHOLE)) == {"查询": "登录失败 😀", "limit": 20}


@pytest.mark.parametrize("nothing", ["", None, "{}"])
def test_no_arguments_are_an_empty_object(nothing: str | None) -> None:
    assert arguments_of(call(nothing)) == {}


@given(st.integers(1, len(WHOLE) - 1))
def test_trap_truncated_arguments_are_never_run(length: int) -> None:
    with pytest.raises(ModelProtocolError) as caught:
        arguments_of(call(WHOLE[:length]))
    assert caught.value.code == "tool_arguments_invalid"
    assert "find" in caught.value.message("zh")


@pytest.mark.parametrize("other", ["[]", '"a"', "3", "null", "{} {}", "not json"])
def test_arguments_that_are_no_object_are_never_run(other: str) -> None:
    with pytest.raises(ModelProtocolError):
        arguments_of(call(other))
