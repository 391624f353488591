"""Cursors: where the next page of one query begins, bound to that query.

A cursor is the position, the second the first page was answered as of, and a digest over both,
the tool and its arguments. It holds no secret and grants nothing: whoever forges one gets a
page of a query that may be asked anyway. The digest is there so that a cursor of another
query, or a damaged one, is refused instead of answered wrongly.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taplens.errors import CursorError

_LAYOUT = struct.Struct(">IQ")  # position, as_of
_DIGEST_BYTES = 9
_LENGTH = (_LAYOUT.size + _DIGEST_BYTES) * 4 // 3  # 21 bytes: no padding in base64
MOST = 10_000_000  # no query has more rows


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the rows of a query: `position` rows were given, `as_of` epoch seconds."""

    position: int = 0
    as_of: int = 0


def encode(cursor: Cursor, tool: str, query: Mapping[str, Any]) -> str:
    """The cursor as text, good only for `tool` with the arguments `query`."""
    body = _LAYOUT.pack(cursor.position, cursor.as_of)
    return base64.urlsafe_b64encode(body + _digest(body, tool, query)).decode("ascii")


def decode(text: str, tool: str, query: Mapping[str, Any]) -> Cursor:
    """The cursor behind `text`; the beginning for "".

    Raises CursorError: `cursor_malformed`, or `cursor_of_another_query`.
    """
    text = text.strip()
    if not text:
        return Cursor()
    packed = _unpacked(text)
    body, digest = packed[: _LAYOUT.size], packed[_LAYOUT.size :]
    position, as_of = _LAYOUT.unpack(body)
    if digest != _digest(body, tool, query) or position > MOST:
        raise CursorError("cursor_of_another_query")
    return Cursor(position, as_of)


def _unpacked(text: str) -> bytes:
    if len(text) != _LENGTH:
        raise CursorError("cursor_malformed")
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as fault:
        raise CursorError("cursor_malformed") from fault


def _digest(body: bytes, tool: str, query: Mapping[str, Any]) -> bytes:
    meant = json.dumps([tool, query], sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(
        body + meant.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES
    ).digest()
