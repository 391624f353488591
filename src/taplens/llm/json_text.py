"""JSON of others: parsed as orjson does, and read on where they cut a text within a character."""

from __future__ import annotations

import re
from typing import Any

import orjson

# All that stands before the escape of half a surrogate pair, and that escape. What stands before
# is taken escape by escape, so that no backslash is taken for another one's second half.
_HALF = re.compile(
    rb"((?:[^\\]++|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|\\(?!u[dD][89a-fA-F]).)*+)\\u[dD][89a-fA-F][0-9a-fA-F]{2}",
    re.DOTALL,
)
_LOOKED_AT = 1024 * 1024
_REPLACEMENT = rb"\ufffd"


def parsed(text: str | bytes) -> Any:
    r"""What `text` says; half of a surrogate pair (`"\ud83d"`) is read as U+FFFD.

    So are bytes that are no UTF-8. Raises ValueError.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        data = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
        return orjson.loads(_with_whole_characters(data).decode("utf-8", "replace"))


def has_half_character(text: bytes) -> bool:
    """Whether `text`, a JSON text, holds the escape of half a surrogate pair in its first MiB."""
    return _HALF.match(text, 0, _LOOKED_AT) is not None  # the event loop waits for the answer


def _with_whole_characters(text: bytes) -> bytes:
    pieces: list[bytes] = []
    end = 0
    while found := _HALF.match(text, end):
        pieces += (found[1], _REPLACEMENT)
        end = found.end()
    return b"".join((*pieces, text[end:]))
