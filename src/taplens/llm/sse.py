"""Server-sent events: a decoder that takes bytes as they come, and an encoder.

Source: the event-stream format of the WHATWG HTML standard, sections 9.2.5 and 9.2.6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from taplens.errors import ModelProtocolError

DONE = "[DONE]"  # the data of the event with which a complete stream of chat chunks ends
EVENT_BYTES = 16 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_END = re.compile(r"\r\n|\r|\n")


class Event(NamedTuple):
    """One event: its data (lines joined by newlines), its type, and the last id seen."""

    data: str
    event: str = "message"
    id: str = ""


class Decoder:
    """Turns the bytes of one stream into events, however the network cut them.

    An event of more than `event_bytes` is refused with ModelProtocolError. `at_start`: no byte of
    the stream came before, so that a byte order mark may come first.
    """

    def __init__(self, event_bytes: int = EVENT_BYTES, *, at_start: bool = True) -> None:
        self._event_bytes = event_bytes
        self._line = bytearray()  # what has come of the current line
        self._after_carriage_return = False
        self._at_start = at_start
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._type = b""
        self._id = b""

    def feed(self, received: bytes) -> list[Event]:
        """The events that `received` completes."""
        if self._after_carriage_return and received:
            received = received.removeprefix(b"\n")  # the second half of a CRLF
            self._after_carriage_return = False
        if b"\r" in received:
            self._after_carriage_return = received.endswith(b"\r")
            received = received.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        rest = received.split(b"\n")
        self._line += rest[0]
        events: list[Event] = []
        for following in rest[1:]:
            self._take(bytes(self._line), events)
            self._line = bytearray(following)
        if len(self._line) + self._data_bytes > self._event_bytes:
            raise ModelProtocolError("event_too_large", megabytes=self._event_bytes >> 20)
        return events

    def finish(self) -> list[Event]:
        """What the stream's end completes.

        The standard drops an event that no blank line ended, because it may have been cut.
        `[DONE]` can't be cut and still read so: it alone counts without its blank line.
        """
        events: list[Event] = []
        self._take(bytes(self._line), [])
        self._line.clear()
        if self._data == [DONE.encode()]:
            self._dispatch(events)
        return events

    def _take(self, line: bytes, events: list[Event]) -> None:
        """Takes one whole line."""
        if self._at_start:
            line = line.removeprefix(_BYTE_ORDER_MARK)
            self._at_start = False
        if not line:
            self._dispatch(events)
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._data_bytes += len(value) + 1
        elif name == b"event":
            self._type = value
        elif name == b"id" and b"\0" not in value:
            self._id = value

    def _dispatch(self, events: list[Event]) -> None:
        if self._data:
            data, kind, number = (
                part.decode("utf-8", "replace")
                for part in (b"\n".join(self._data), self._type or b"message", self._id)
            )
            events.append(Event(data, kind, number))
            self._data = []
            self._data_bytes = 0
        self._type = b""


def encode(data: str | bytes | Mapping[str, Any]) -> bytes:
    """One event with `data`: text, JSON already in bytes, or an object to be written as JSON."""
    if isinstance(data, Mapping):
        return b"data: " + orjson.dumps(data) + b"\n\n"
    text = data.decode("utf-8") if isinstance(data, bytes) else data
    return "".join(f"data: {line}\n" for line in _LINE_END.split(text)).encode() + b"\n"
