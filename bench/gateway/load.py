"""Closed-loop load of chat requests on loopback; what was measured is printed as one JSON object.

    python bench/gateway/load.py URL --model mock-50 --concurrency 32 --seconds 3 --stream
    python bench/gateway/load.py URL --model mock-held --hold 1000

Any status but 200, and any stream without `[DONE]`, is an error. With `--hold` that many streams
are opened, and held from their first event until a line comes on stdin.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import re
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httptools
import loops

PROMPT = "你好，请总结这个缺陷的处理过程。"
RECONNECT_SECONDS = 0.05
GRACE_SECONDS = 30.0
_SENT_AT = re.compile(rb"at=(\d+);")


@dataclass(slots=True)
class Tally:
    """What was seen between `begin` and `end` (seconds of time.perf_counter)."""

    begin: float
    end: float
    seconds: list[float] = field(default_factory=list)
    lag: list[float] = field(default_factory=list)  # of the first event, from when it was sent
    events: int = 0
    answered: int = 0  # also in the warm-up
    errors: int = 0
    statuses: dict[int, int] = field(default_factory=dict)

    def report(self, elapsed: float) -> dict[str, Any]:
        """The figures: rates a second, times in ms."""
        return {
            "answered": self.answered,
            "errors": self.errors,
            "statuses": self.statuses,
            "requests_per_second": len(self.seconds) / elapsed,
            "events_per_second": self.events / elapsed,
            "median_ms": _median(self.seconds) * 1000,
            "lag_ms": _median(self.lag) * 1000,
        }


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else math.nan


class Connection(asyncio.Protocol):
    """Sends the same request again and again, each once the last is answered."""

    def __init__(self, request: bytes, tally: Tally, *, streamed: bool, held: bool) -> None:
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = loop.create_future()
        self.begun: asyncio.Future[None] = loop.create_future()
        self._request = request
        self._tally = tally
        self._streamed = streamed
        self._held = held

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def connection_lost(self, _: Exception | None) -> None:
        if not self._complete and not self._held:
            self._tally.errors += 1
        self.lost.set_result(None)

    def _send(self) -> None:
        self._complete = False
        self._events = 0
        self._tail = b""
        self._parser = httptools.HttpResponseParser(self)
        self._began = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.abort()

    def on_body(self, body: bytes) -> None:
        if not self._streamed:
            return
        events = body.count(b"data: {")
        if events and not self._events:
            self._first_event(body)
        self._events += events
        self._tail = (self._tail + body)[-32:]

    def _first_event(self, body: bytes) -> None:
        sent_at = _SENT_AT.search(body)
        if sent_at:
            self._tally.lag.append((time.monotonic_ns() - int(sent_at[1])) / 1e9)
        if not self.begun.done():
            self.begun.set_result(None)

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        self._complete = True
        self._count(now)
        if now < self._tally.end and self._parser.should_keep_alive():
            self._send()
        else:
            self._transport.close()

    def _count(self, now: float) -> None:
        tally, status = self._tally, self._parser.get_status_code()
        tally.answered += 1
        if status != 200 or (self._streamed and b"[DONE]" not in self._tail):
            tally.errors += 1
            tally.statuses[status] = tally.statuses.get(status, 0) + 1
        elif now >= tally.begin:
            tally.seconds.append(now - self._began)
            tally.events += self._events


def request_bytes(url: str, model: str, key: str, headers: list[str], *, streamed: bool) -> bytes:
    """The request as it goes out; the body is like a real client's."""
    system = {"role": "system", "content": "You are a helpful assistant."}
    asked = {"model": model, "messages": [system, {"role": "user", "content": PROMPT}]}
    body = json.dumps(asked | {"max_tokens": 512, "stream": streamed}, ensure_ascii=False).encode()
    parts = urlsplit(url)
    lines = [
        f"POST {parts.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"Authorization: Bearer {key}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def load(options: argparse.Namespace) -> dict[str, Any]:
    """Keep `concurrency` requests under way for `seconds` after a `warmup`."""
    now = time.perf_counter()
    tally = Tally(now + options.warmup, now + options.warmup + options.seconds)
    parts = urlsplit(options.url)
    request = _request_of(options)

    async def worker() -> None:
        while time.perf_counter() < tally.end:  # again, where the server closes connections
            try:
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(request, tally, streamed=options.stream, held=False),
                    parts.hostname,
                    parts.port,
                )
            except OSError:
                tally.errors += 1
                await asyncio.sleep(RECONNECT_SECONDS)
            else:
                await connection.lost

    async with asyncio.timeout(options.warmup + options.seconds + GRACE_SECONDS):
        await asyncio.gather(*(worker() for _ in range(options.concurrency)))
    return tally.report(time.perf_counter() - tally.begin)


async def hold(options: argparse.Namespace) -> dict[str, Any]:
    """Open `hold` streams, tell when each has begun, and close them when a line comes."""
    tally = Tally(0.0, 0.0)
    request = _request_of(options)
    parts = urlsplit(options.url)
    loop = asyncio.get_running_loop()
    connections = []
    async with asyncio.timeout(GRACE_SECONDS * 4):
        for _ in range(options.hold):
            transport, connection = await loop.create_connection(
                lambda: Connection(request, tally, streamed=True, held=True),
                parts.hostname,
                parts.port,
            )
            connections.append(transport)
            await asyncio.wait((connection.begun, connection.lost), return_when="FIRST_COMPLETED")
    print(json.dumps({"open": sum(not one.is_closing() for one in connections)}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for transport in connections:
        transport.abort()
    return {"open": 0}


def _request_of(options: argparse.Namespace) -> bytes:
    streamed = options.stream or options.hold > 0
    return request_bytes(options.url, options.model, options.key, options.header, streamed=streamed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--model", default="mock")
    parser.add_argument("--key", default="none")
    parser.add_argument("--header", action="append", default=[], help="'Name: value'")
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--warmup", type=float, default=0.5)
    parser.add_argument("--stream", action="store_true")
    parser.add_argument("--hold", type=int, default=0)
    options = parser.parse_args()
    if urlsplit(options.url).hostname != "127.0.0.1":
        parser.error("loopback only")
    print(json.dumps(loops.run(hold(options) if options.hold else load(options))))


if __name__ == "__main__":
    main()
