"""A provider of raw bytes: plays each answer, and each fault, exactly as a test writes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Exchange:
    """One request as it came, and the connection on which to answer it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def begin(self, media: str = "text/event-stream", status: int = 200) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {media}\r\nTransfer-Encoding: chunked\r\n\r\n"
        await self.send(head.encode())

    async def part(self, data: bytes) -> None:
        await self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def end(self) -> None:
        await self.send(b"0\r\n\r\n")

    async def left(self) -> None:
        """Returns once the client has gone. It sends nothing before it has its answer."""
        await self.reader.read(1)
        self.gone.set()

    def cut(self) -> None:
        self.writer.transport.abort()
        raise ConnectionResetError


Play = Callable[[Exchange], Awaitable[None]]


@dataclass
class ScriptedServer:
    """Answers with `script` in turn, the last one for good."""

    script: list[Play] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    base_url: str = ""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.base_url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def seen(self, count: int) -> Exchange:
        """The `count`-th request, once it has come."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.exchanges) >= count)
        return self.exchanges[count - 1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            exchange = await self._read(reader, writer)
            self.exchanges.append(exchange)
            async with self._news:
                self._news.notify_all()
            play = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            await play(exchange)

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Exchange:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        method, path, _ = first.split(" ")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Exchange(method, path, headers, body, reader, writer)


def answers(
    body: Any, status: int = 200, headers: str = "", media: str = "application/json"
) -> Play:
    """Answers with `body`, as JSON unless it is bytes."""
    payload = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()

    async def play(exchange: Exchange) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {media}\r\nContent-Length: {len(payload)}\r\n"
        await exchange.send((head + headers + "\r\n").encode() + payload)

    return play


def streams(*parts: bytes, ends: bool = True) -> Play:
    """Streams `parts`, one network chunk each, then ends the body or cuts the connection."""

    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        for part in parts:
            await exchange.part(part)
        if not ends:
            exchange.cut()
        await exchange.end()

    return play


async def resets(exchange: Exchange) -> None:
    """Drops the connection without a byte."""
    exchange.cut()


async def keeps_silent(exchange: Exchange) -> None:
    """Never answers."""
    await exchange.left()


def event(data: Any) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


def chunk(delta: dict[str, Any], finish: str | None = None, index: int = 0) -> dict[str, Any]:
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {
        "id": "c-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
    }


def whole(content: str | None = "你好！😀", finish: str = "stop", **message: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": content} | message
    return {
        "id": "c-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": said, "finish_reason": finish}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


DONE = event("[DONE]")
