"""Putting an answer on the wire: at once, drop by drop, or with the connection torn."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Send

from taplens.sandbox.server.envelope import Answer
from taplens.sandbox.server.faults import Outcome

_DROPS = 20
Headers = list[tuple[bytes, bytes]]


async def deliver(
    answer: Answer, outcome: Outcome, headers: Headers, receive: Receive, send: Send
) -> None:
    """Send `answer` with further `headers`, in the way the faults of `outcome` ask for."""
    if outcome.reset == "start":
        await tear(receive, send)
        return
    length = str(len(answer.body)).encode()
    start = [(b"content-type", answer.media.encode()), (b"content-length", length), *headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": start})
    if outcome.reset:
        await _part(answer.body[: len(answer.body) // 2], send)
        await tear(receive, send)
    elif outcome.drip_seconds:
        await _drip(answer.body, outcome.drip_seconds, send)
    else:
        await send({"type": "http.response.body", "body": answer.body})


async def _part(body: bytes, send: Send) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _drip(body: bytes, seconds: float, send: Send) -> None:
    size = max(1, -(-len(body) // _DROPS))
    for start in range(0, len(body), size):
        await asyncio.sleep(seconds / _DROPS)
        await _part(body[start : start + size], send)
    await send({"type": "http.response.body", "body": b""})


async def tear(receive: Receive, send: Send) -> None:
    """Close the connection under the answer.

    ASGI has no word for that; uvicorn's cycle object, whose method `send` is, has the transport.
    """
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise RuntimeError("a reset needs uvicorn as the server")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
