"""Sending answers: whole ones at once, streams as they come, with heartbeats and an honest end."""

from __future__ import annotations

import asyncio
from asyncio import FIRST_COMPLETED
from typing import TYPE_CHECKING

from taplens.errors import RefusalError, TapLensError
from taplens.gateway.answers import Answer, Headers, Stream
from taplens.gateway.call import ClientGone

if TYPE_CHECKING:
    from starlette.types import Receive, Send

HEARTBEAT = b": keep-alive\n\n"
# A client is watched from then on: quick answers are there before, and a watch has its price.
WATCH_SECONDS = 0.25
_STREAM_HEADERS: Headers = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),  # a proxy in front must not collect events
]


async def send_answer(send: Send, answer: Answer, request_id: str) -> None:
    """Send a whole answer."""
    headers = [
        (b"content-type", answer.kind),
        (b"content-length", b"%d" % len(answer.body)),
        (b"x-request-id", request_id.encode("latin-1")),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


class Delivery:
    """Passes one stream on.

    The answer begins with the first block, or with a heartbeat after `heartbeat_seconds` of
    silence. A client that leaves, or takes nothing for `patience_seconds`, ends the upstream.
    """

    def __init__(
        self,
        stream: Stream,
        receive: Receive,
        send: Send,
        request_id: str,
        *,
        heartbeat_seconds: float,
        patience_seconds: float,
    ) -> None:
        self._stream = stream
        self._receive = receive
        self._send = send
        self._request_id = request_id
        self._heartbeat_seconds = heartbeat_seconds
        self._patience_seconds = patience_seconds
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        self._moved_at = self._loop.time()
        self._turn = asyncio.Lock()  # blocks and heartbeats take turns
        self._gone = False
        self._attendant: asyncio.Task[None] | None = None
        self._timer = self._loop.call_later(min(WATCH_SECONDS, heartbeat_seconds), self._watch)
        self.started = False

    async def deliver(self) -> None:
        """Send all of it. Raises what the stream raises before its first block, and ClientGone."""
        try:
            await self._pass_on()
        except TapLensError as fault:
            if not self.started:
                raise
            self._watch_no_more()
            await self._end(self._stream.fault_event(fault))
        except asyncio.CancelledError:
            if self._gone:
                asyncio.current_task().uncancel()  # type: ignore[union-attr]
                raise ClientGone from None
            # The server ends before the stream does: it must not be taken for complete.
            if self._turn.locked() or not self.started:
                raise
            await self._end(self._stream.fault_event(RefusalError("server_stopping", status=503)))
        else:
            self._watch_no_more()
            await self._end(b"")
        finally:
            self._watch_no_more()
            await self._stream.blocks.aclose()

    async def _pass_on(self) -> None:
        async for block in self._stream.blocks:
            await self._write(block)

    async def _write(self, block: bytes) -> None:
        async with self._turn:
            self._moved_at = self._loop.time()
            if not self.started:
                await self._start()
            await self._send({"type": "http.response.body", "body": block, "more_body": True})

    async def _start(self) -> None:
        self.started = True
        headers = [*_STREAM_HEADERS, (b"x-request-id", self._request_id.encode("latin-1"))]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _end(self, last: bytes) -> None:
        if not self.started:
            await self._start()
        try:
            async with asyncio.timeout(self._patience_seconds):
                await self._send({"type": "http.response.body", "body": last})
        except TimeoutError:
            raise ClientGone from None

    def _watch(self) -> None:
        self._attendant = asyncio.create_task(self._attend(), name="taplens-stream-attendant")

    def _watch_no_more(self) -> None:
        self._timer.cancel()
        if self._attendant is not None:
            self._attendant.cancel()

    async def _attend(self) -> None:
        """Beat while the upstream is silent; end all when the client leaves or stops taking."""
        leaving = asyncio.ensure_future(self._left())
        waiting: set[asyncio.Future[None]] = {leaving}
        shortest = min(self._heartbeat_seconds, self._patience_seconds)
        try:
            while not leaving.done():
                # Locked: the client has not taken the last block, or the last beat, yet.
                stuck = self._turn.locked()
                limit = self._patience_seconds if stuck else self._heartbeat_seconds
                left = self._moved_at + limit - self._loop.time()
                if left > 0:
                    await asyncio.wait((leaving,), timeout=min(left, shortest))
                elif stuck:
                    break
                else:
                    # Beside the watch: a beat that the client doesn't take must not end it.
                    waiting = {leaving, asyncio.ensure_future(self._write(HEARTBEAT))}
                    await asyncio.wait(waiting, timeout=shortest, return_when=FIRST_COMPLETED)
            self._gone = True
            assert self._main is not None
            self._main.cancel()
        finally:
            for one in waiting:
                one.cancel()

    async def _left(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


class Attendance:
    """While inside, a client that leaves ends what its answer is made with: raises ClientGone."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._watch: asyncio.Task[None] | None = None
        self._gone = False

    async def __aenter__(self) -> None:
        self._main = asyncio.current_task()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(WATCH_SECONDS, self._begin)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        if self._gone and kind is asyncio.CancelledError:
            self._main.uncancel()  # type: ignore[union-attr]
            raise ClientGone

    def _begin(self) -> None:
        self._watch = asyncio.create_task(self._wait(), name="taplens-attendance")

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._main.cancel()  # type: ignore[union-attr]
