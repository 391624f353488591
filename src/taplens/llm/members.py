"""The members of a JSON object where they stand in its bytes, so that one can be changed alone.

Decoding and encoding again would change what nobody meant to change: integers beyond 64 bits,
long decimals, escapes, blanks. Only texts that a JSON parser has accepted may be given here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import orjson

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_PLAIN = rb'(?:[^"{}\[\]]++|' + _STRING + rb")*+"
_NAME = re.compile(rb"[\s,{]*+(" + _STRING + rb")\s*+:\s*+", re.DOTALL)
_SCALAR = re.compile(_STRING + rb"|[^\s,}]++", re.DOTALL)
# To the next bracket; what holds no brackets itself is passed over at once.
_BRACKET = re.compile(
    rb'(?:[^"{}\[\]]++|' + _STRING + rb"|[{\[]" + _PLAIN + rb"[}\]])*+([{}\[\]])", re.DOTALL
)
_OPENING = b"{["


class Member(NamedTuple):
    """A member of an object: its name as it is written, and where its value begins and ends."""

    written: bytes
    start: int
    end: int

    @property
    def name(self) -> str:
        """The name as it is meant: escapes are read."""
        name: str = orjson.loads(self.written)
        return name


def members(body: bytes) -> Iterator[Member]:
    """The members of the object in `body`, in order, repeated ones too."""
    end = 0
    while found := _NAME.match(body, end):
        start = found.end()
        end = _value_end(body, start)
        yield Member(found[1], start, end)


def repeated(body: bytes, names: int) -> str | None:
    """A name that stands more than once in `body`, whose parsed object has so many `names`."""
    found = list(members(body))
    if len(found) == names:
        return None
    counts = Counter(one.name for one in found)
    return counts.most_common(1)[0][0]


def replaced(body: bytes, name: str, value: bytes) -> bytes:
    """`body` with the JSON text `value` as the value of `name`, which is added where it isn't.

    Every other byte stays as it is. `body` has another member than `name`.
    """
    for one in members(body):
        if one.name == name:
            return body[: one.start] + value + body[one.end :]
    last = body.rindex(b"}")
    return body[:last] + b"," + orjson.dumps(name) + b":" + value + body[last:]


def _value_end(body: bytes, start: int) -> int:
    if body[start] not in _OPENING:
        return _end(_SCALAR, body, start)
    depth, end = 1, start + 1
    while depth:
        end = _end(_BRACKET, body, end)
        depth += 1 if body[end - 1] in _OPENING else -1
    return end


def _end(pattern: re.Pattern[bytes], body: bytes, start: int) -> int:
    found = pattern.match(body, start)
    assert found is not None, "not a JSON object"
    return found.end()
