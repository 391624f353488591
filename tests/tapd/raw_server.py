"""A TAPD of raw bytes: plays each answer, and each fault, exactly as it is written here."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at: float

    def number(self, name: str) -> int:
        return int(self.query[name])


Play = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]
Answer = bytes | Play
Handler = Callable[[Request], Answer]


@dataclass
class RawServer:
    """Answers with `script` in turn (the last one for good), or with what `handler` returns."""

    script: list[Answer] = field(default_factory=list)
    handler: Handler | None = None
    requests: list[Request] = field(default_factory=list)
    base_url: str = ""
    in_flight: int = 0
    most_in_flight: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.base_url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def seen(self, count: int) -> None:
        """Returns once `count` requests have come in."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.requests) >= count)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while request := await self._read(reader):
                self.requests.append(request)
                async with self._news:
                    self._news.notify_all()
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                try:
                    await self._play(request, writer)
                finally:
                    self.in_flight -= 1
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Request | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Request(method, parts.path, query, headers, time.monotonic())

    async def _play(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if self.handler is not None:
            answer = self.handler(request)
        else:
            answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if callable(answer):
            await answer(request, writer)
        else:
            writer.write(answer)
            await writer.drain()


def http(status: int, body: bytes, *, headers: str = "", media: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n"
    return (head + headers + "\r\n").encode() + body


def good(data: Any, info: Any = "success") -> bytes:
    """A successful answer as PHP writes it: escaped slashes, \\u escapes."""
    text = json.dumps({"status": 1, "data": data, "info": info}, separators=(",", ":"))
    return http(200, text.replace("/", "\\/").encode())


def refusal(status: int, info: str, headers: str = "") -> bytes:
    body = {"status": status, "data": "", "info": info, "meta": {"request_id": "0" * 32}}
    return http(status, json.dumps(body).encode(), headers=headers)


def html(status: int = 200) -> bytes:
    page = "<!DOCTYPE html><html><body>系统维护中</body></html>".encode()
    return http(status, page, media="text/html; charset=utf-8")


def rows(wrapper: str, first: int, count: int) -> list[dict[str, dict[str, str]]]:
    return [{wrapper: {"id": str(number)}} for number in range(first, first + count)]


async def reset(_request: Request, writer: asyncio.StreamWriter) -> None:
    """Drops the connection without a byte."""
    writer.transport.abort()
    raise ConnectionResetError


async def cut_transfer(_request: Request, writer: asyncio.StreamWriter) -> None:
    """Promises more bytes than it sends, then drops the connection."""
    writer.write(good([{"Story": {"id": "1"}}])[:-10])
    await writer.drain()
    writer.transport.abort()
    raise ConnectionResetError


async def drip(_request: Request, writer: asyncio.StreamWriter) -> None:
    """Sends a byte now and then, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


def held(gate: asyncio.Event, answer: bytes) -> Play:
    """Answers once the gate opens."""

    async def play(_request: Request, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(answer)
        await writer.drain()

    return play
