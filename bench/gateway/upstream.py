"""A model provider as fast as one core allows, so that what stands before it is what is measured.

Answers are built beforehand; the model's name chooses the answer:

    mock         a short answer, whole, or as a stream of two events
    mock-<n>     a stream of n events, sent at once
    mock-clock   after a while a stream whose first event says when it was sent (`at=<ns>;`)
    mock-held    a stream of one event that stays open until the client leaves

    python bench/gateway/upstream.py --port 9000
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import httptools
import loops
import orjson

THINKING_SECONDS = (0.1, 0.3)  # not all the same, or all streams would begin at once
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\n%s\r\n\r\n"
_STREAM_HEAD = _HEAD % (b"text/event-stream", b"transfer-encoding: chunked")
_END = b"0\r\n\r\n"
_A_TURN = 16  # events sent before other connections have their turn


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


def _usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 20, "completion_tokens": tokens, "total_tokens": 20 + tokens}


def _event(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    base = {"id": "mock", "object": "chat.completion.chunk", "created": 0, "model": "mock"}
    data = json.dumps(base | {"choices": [choice]} | more, ensure_ascii=False).encode()
    return _chunk(b"data: " + data + b"\n\n")


def _whole() -> bytes:
    message = {"role": "assistant", "content": "你好，这是一个模拟回答。"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    base = {"id": "mock", "object": "chat.completion", "created": 0, "model": "mock"}
    body = json.dumps(base | {"choices": [choice], "usage": _usage(9)}, ensure_ascii=False).encode()
    return _HEAD % (b"application/json", b"content-length: %d" % len(body)) + body


WHOLE = _whole()
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


@cache
def _events(count: int) -> tuple[bytes, ...]:
    """A stream of `count` events, before `[DONE]`."""
    words = [_event({"role": "assistant", "content": ""})]
    words += [
        _event({"content": "缺陷" if number % 7 == 0 else f"tok{number} "})
        for number in range(count - 2)
    ]
    return (*words, _event({"content": ""}, "stop", usage=_usage(count)))


_DONE = _chunk(b"data: [DONE]\n\n")


class Connection(asyncio.Protocol):
    """One client; requests on it come one after another."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""
        self._path = b""
        self._sending: asyncio.Task[None] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        if self._sending is not None:
            self._sending.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_message_begin(self) -> None:
        self._body = self._path = b""

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if not self._path.endswith(b"/chat/completions"):
            self._transport.write(NOT_FOUND)
            return
        asked = orjson.loads(self._body)
        if asked.get("stream"):
            kind = asked["model"].rpartition("mock-")[2]
            self._sending = asyncio.ensure_future(self._stream(kind))
        else:
            self._transport.write(WHOLE)

    async def _stream(self, kind: str) -> None:
        write = self._transport.write
        write(_STREAM_HEAD)
        if kind == "held":
            write(_event({"role": "assistant", "content": "稍等"}))
            await asyncio.get_running_loop().create_future()
        for number, event in enumerate(await _timed() if kind == "clock" else _sized(kind)):
            write(event)
            if number % _A_TURN == 0:
                await asyncio.sleep(0)
        write(_DONE + _END)


def _sized(kind: str) -> tuple[bytes, ...]:
    return _events(int(kind) if kind.isdigit() else 2)


async def _timed() -> Iterator[bytes]:
    """The clock is the machine's: other processes read the same."""
    await asyncio.sleep(random.uniform(*THINKING_SECONDS))

    def events() -> Iterator[bytes]:
        yield _event({"role": "assistant", "content": f"at={time.monotonic_ns()};"})
        yield from _events(2)

    return events()


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    loops.run(_serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
