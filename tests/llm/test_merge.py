"""Deltas into answers: the merged stream equals what would have come whole."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from taplens.llm.merge import Ending, Merger

from .scripted_server import chunk


def merged(*chunks: dict[str, Any], choices: int = 1) -> dict[str, Any]:
    merger = Merger(choices)
    for piece in chunks:
        merger.add(piece)
    return merger.answer()


def message_of(*deltas: dict[str, Any]) -> dict[str, Any]:
    answer = merged(*map(chunk, deltas), chunk({}, "stop"))
    message: dict[str, Any] = answer["choices"][0]["message"]
    return message


def call_piece(index: int | None, arguments: str = "", **first: Any) -> dict[str, Any]:
    name = {"name": first.pop("name")} if "name" in first else {}
    place = {} if index is None else {"index": index}
    return place | first | {"function": {"arguments": arguments} | name}


def test_content_and_reasoning_are_joined_each_on_its_own() -> None:
    message = message_of(
        {"role": "assistant", "reasoning_content": "想"},
        {"reasoning_content": "一想"},
        {"content": "你"},
        {"content": "好😀"},
    )
    assert message == {"role": "assistant", "reasoning_content": "想一想", "content": "你好😀"}


def test_tool_calls_in_pieces_are_joined_by_their_index() -> None:
    message = message_of(
        {"tool_calls": [call_piece(0, id="a", type="function", name="find")]},
        {"tool_calls": [call_piece(1, id="b", type="function", name="count")]},
        {"tool_calls": [call_piece(0, '{"词":'), call_piece(1, "{")]},
        {"tool_calls": [call_piece(1, "}"), call_piece(0, ' "登录"}')]},
    )
    assert message["content"] is None
    assert message["tool_calls"] == [
        {
            "id": "a",
            "type": "function",
            "function": {"name": "find", "arguments": '{"词": "登录"}'},
        },
        {"id": "b", "type": "function", "function": {"name": "count", "arguments": "{}"}},
    ]


def test_a_name_repeated_in_every_piece_is_one_name() -> None:
    message = message_of(
        {"tool_calls": [call_piece(0, "{", id="a", name="find")]},
        {"tool_calls": [call_piece(0, "}", id="", name="find")]},
    )
    call = message["tool_calls"][0]
    assert (call["id"], call["function"]) == ("a", {"name": "find", "arguments": "{}"})


def test_pieces_without_an_index_are_told_apart_by_their_ids() -> None:
    message = message_of(
        {"tool_calls": [call_piece(None, "{", id="a", name="find")]},
        {"tool_calls": [call_piece(None, "}")]},
        {"tool_calls": [call_piece(None, "[]", id="b", name="count")]},
    )
    arguments = [call["function"]["arguments"] for call in message["tool_calls"]]
    assert arguments == ["{}", "[]"]


def test_several_choices_are_kept_apart() -> None:
    answer = merged(
        chunk({"content": "甲"}, index=1),
        chunk({"content": "乙"}, index=0),
        chunk({"content": "一"}, "stop", index=1),
        chunk({}, "length", index=0),
        choices=2,
    )
    said = [(c["index"], c["message"]["content"], c["finish_reason"]) for c in answer["choices"]]
    assert said == [(0, "乙", "length"), (1, "甲一", "stop")]


def test_trap_usage_chunk_with_empty_choices() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    answer = merged(chunk({"content": "好"}, "stop"), {"choices": [], "usage": usage})
    assert answer["usage"] == usage
    assert len(answer["choices"]) == 1


def test_usage_in_every_chunk_counts_once_and_the_last_one() -> None:
    chunks = [chunk({"content": "x"}) | {"usage": {"total_tokens": n}} for n in (1, 2, 3)]
    assert merged(*chunks, chunk({}, "stop") | {"usage": None})["usage"] == {"total_tokens": 3}


def test_usage_that_no_chunk_told_is_not_invented() -> None:
    assert "usage" not in merged(chunk({"content": "x"}, "stop"))


def test_trap_tool_calls_null_and_content_null() -> None:
    message = message_of({"content": "好", "tool_calls": None}, {"content": None})
    assert message == {"role": "assistant", "content": "好"}
    calls = message_of({"content": None, "tool_calls": [call_piece(0, "{}", id="a", name="f")]})
    assert calls["content"] is None


def test_trap_an_empty_string_differs_from_a_missing_field() -> None:
    assert message_of({"reasoning_content": ""}, {"content": "a"})["reasoning_content"] == ""
    assert "reasoning_content" not in message_of({"content": "a"})


def test_fields_that_this_version_does_not_know_are_kept() -> None:
    answer = merged(
        chunk({"content": "a", "annotations": [1]}) | {"system_fingerprint": "f"},
        chunk({}, "stop"),
    )
    assert answer["system_fingerprint"] == "f"
    assert answer["choices"][0]["message"]["annotations"] == [1]


def test_log_probabilities_are_joined() -> None:
    first, second = chunk({"content": "a"}), chunk({"content": "b"}, "stop")
    first["choices"][0]["logprobs"] = {"content": [{"token": "a"}]}
    second["choices"][0]["logprobs"] = {"content": [{"token": "b"}]}
    logprobs = merged(first, second)["choices"][0]["logprobs"]
    assert logprobs == {"content": [{"token": "a"}, {"token": "b"}]}


def test_a_stream_is_complete_once_every_choice_has_its_reason() -> None:
    merger = Merger(choices=2)
    merger.add(chunk({"content": "a"}, "stop", index=0))
    assert not merger.complete
    merger.add(chunk({}, "stop", index=1))
    assert merger.complete


def test_a_stream_is_complete_when_it_says_so_and_not_before() -> None:
    ending = Ending()
    assert not ending.complete
    ending.see(chunk({"content": "a"}))
    assert not ending.complete
    ending.end()
    assert ending.complete


TEXT = st.text(alphabet='你好 ，。a😀{}"\\\n', max_size=12)
CALL = st.builds(
    lambda number, name, arguments: {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    },
    st.integers(0, 99),
    st.text(alphabet="abc_", min_size=1, max_size=5),
    TEXT,
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": st.none() | TEXT},
    optional={
        "reasoning_content": TEXT,
        "tool_calls": st.lists(CALL, min_size=1, max_size=3),
    },
)
WHOLE = st.builds(
    lambda messages, reason, usage: {
        "id": "c-1",
        "created": 1,
        "model": "m",
        "object": "chat.completion",
        "choices": [
            {"index": index, "message": message, "finish_reason": reason}
            for index, message in enumerate(messages)
        ],
        "usage": usage,
    },
    st.lists(MESSAGE, min_size=1, max_size=3),
    st.sampled_from(["stop", "length", "tool_calls", "content_filter"]),
    st.fixed_dictionaries({"total_tokens": st.integers(0, 99)}),
)


def pieces_of(draw: Any, text: str) -> list[str]:
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    edges = [0, *cuts, len(text)]
    return [text[start:stop] for start, stop in itertools.pairwise(edges)]


def deltas_of(draw: Any, message: dict[str, Any]) -> list[dict[str, Any]]:
    """The message as a provider streams it: reasoning first, then content, then the calls."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": None}]
    for name in ("reasoning_content", "content"):
        if message.get(name) is not None:
            deltas += [{name: piece} for piece in pieces_of(draw, message[name])]
    arguments = []
    for index, call in enumerate(message.get("tool_calls", ())):
        head = {"id": call["id"], "type": "function"}
        name = {"name": call["function"]["name"]}
        deltas.append({"tool_calls": [{"index": index, **head, "function": name}]})
        pieces = pieces_of(draw, call["function"]["arguments"])
        arguments.append([{"index": index, "function": {"arguments": p}} for p in pieces])
    for row in itertools.zip_longest(*arguments):
        deltas += [{"tool_calls": [piece for piece in row if piece is not None]}]
    return deltas


@settings(max_examples=40)
@given(whole=WHOLE, data=st.data())
def test_merging_the_deltas_of_any_answer_gives_the_answer(
    whole: dict[str, Any], data: st.DataObject
) -> None:
    rows = []
    for choice in whole["choices"]:
        deltas = deltas_of(data.draw, choice["message"])
        chunks = [chunk(delta, index=choice["index"]) for delta in deltas]
        rows.append([*chunks, chunk({}, choice["finish_reason"], choice["index"])])
    merger = Merger(len(rows))
    for row in itertools.zip_longest(*rows):
        for piece in row:
            if piece is not None:
                assert not merger.complete
                merger.add(piece)
    assert merger.complete
    merger.add({"choices": [], "usage": whole["usage"]})
    assert merger.answer() == whole
