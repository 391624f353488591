"""One member of a JSON object is changed, and every other byte is as it was."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taplens.errors import RequestFault
from taplens.llm.members import members, repeated, replaced
from taplens.llm.request import parse

blanks = st.text(" \t\r\n", max_size=2)
texts = st.builds(
    json.dumps, st.text(st.characters(exclude_categories=["Cs"])), ensure_ascii=st.booleans()
) | st.sampled_from([r'"\\"', r'"\""', r'"{[\"}]"', r'"\ud83d\ude00"', '"模型：，😀"'])
numbers = st.sampled_from(["0", "-1.5E+10", "18446744073709551616123", "0.10000000000000000000001"])
scalars = texts | numbers | st.sampled_from(["null", "true", "false"])


@st.composite
def joined(draw: st.DrawFn, pieces: Any, brackets: str) -> str:
    """A list or an object of these pieces, with blanks wherever they may stand."""
    drawn = draw(st.lists(pieces, max_size=4))
    inner = ",".join(draw(blanks) + piece + draw(blanks) for piece in drawn)
    return brackets[0] + (inner or draw(blanks)) + brackets[1]


def member(values: Any) -> Any:
    return st.builds(
        lambda name, a, b, value: f"{name}{a}:{b}{value}", texts, blanks, blanks, values
    )


values = st.recursive(
    scalars, lambda inner: joined(inner, "[]") | joined(member(inner), "{}"), max_leaves=12
)
MODEL = st.sampled_from(['"model"', r'"mod\u0065l"', r'"\u006d\u006f\u0064\u0065\u006c"'])


@given(
    before=st.lists(st.tuples(texts, values), max_size=4),
    after=st.lists(st.tuples(texts, values), max_size=4),
    name=MODEL, value=values, gaps=st.tuples(*[blanks] * 6),
)  # fmt: skip
def test_only_the_values_own_bytes_are_replaced(
    before: Any, after: Any, name: str, value: str, gaps: tuple[str, ...]
) -> None:
    a, b, c, d, e, f = gaps
    others = [(n, v) for n, v in before + after if json.loads(n) != "model"]
    first = "".join(f"{n}{a}:{b}{v}{c}," for n, v in others[: len(others) // 2])
    rest = "".join(f",{c}{n}{a}:{b}{v}" for n, v in others[len(others) // 2 :])
    head, tail = f"{d}{{{e}{first}{a}{name}{b}:{c}", f"{f}{rest}{e}}}{d}"
    body = (head + value + tail).encode()
    orjson.loads(body)
    assert replaced(body, "model", b'"Qwen/\xe6\xa8\xa1"') == (head + '"Qwen/模"' + tail).encode()


@given(body=joined(member(values), "{}"), blank=blanks)
def test_the_members_are_those_that_a_parser_finds(body: str, blank: str) -> None:
    text = (blank + body + blank).encode()
    found = list(members(text))
    pairs: list[tuple[str, Any]] = json.loads(text, object_pairs_hook=list)
    assert [one.name for one in found] == [name for name, _ in pairs]
    again = [json.loads(text[one.start : one.end], object_pairs_hook=list) for one in found]
    assert again == [value for _, value in pairs]
    twice = repeated(text, len(orjson.loads(text)))
    assert (twice is not None) == (len(dict(pairs)) < len(pairs))


@given(body=joined(member(values), "{}"))
def test_what_is_missing_is_added_at_the_end_and_nothing_else_changes(body: str) -> None:
    text = b'{"model":"x",' + body.encode()[1:] if json.loads(body) else b'{"model":"x" }'
    if any(one.name == "stream" for one in members(text)):
        return
    added = replaced(text, "stream", b"true")
    assert added == text[:-1] + b',"stream":true}'


@pytest.mark.parametrize(
    ("second", "field"),
    [
        ('"model": "y"', "model"),
        (r'"mod\u0065l": "y"', "model"),
        ('"messages": []', "messages"),
        ('"stream" : true, "stream": false', "stream"),
        ('"max_tokens": 1, "max_tokens": 1', "max_tokens"),
    ],
)
def test_row_400_a_field_that_stands_twice_is_named(second: str, field: str) -> None:
    body = '{"model": "x", "messages": [{"role": "user", "content": "你好"}], ' + second + "}"
    with pytest.raises(RequestFault) as fault:
        parse(body.encode())
    assert (fault.value.code, fault.value.field) == ("request_field_repeated", field)


def test_the_same_name_deeper_or_in_a_text_is_no_repetition() -> None:
    said = '{"model": "x"} \\"model\\": 1'
    body = json.dumps(
        {
            "model": "x",
            "messages": [{"role": "user", "content": said, "model": 1}],
            "user": "mod\u0065l \\u0065 é",
            "metadata": {"model": {"model": ["stream", {"stream": 1}]}},
        }
    )
    assert parse(body.encode()).model == "x"
