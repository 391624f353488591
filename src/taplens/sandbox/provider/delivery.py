"""Putting a reply on the wire step by step, while watching whether the caller is still there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.types import Receive, Send

from taplens.sandbox.provider.wire import Reply, Tear, Wait
from taplens.sandbox.server.delivery import tear

Pause = Callable[[Wait], Awaitable[None]]


async def deliver(reply: Reply, pause: Pause, receive: Receive, send: Send) -> str:
    """Send a reply; returns how it ended: finished, torn or disconnected.

    `pause` waits as a step asks for.
    """
    if all(isinstance(step, bytes) for step in reply.steps) and not reply.streamed:
        return await _send(reply, pause, receive, send)
    sending = asyncio.ensure_future(_send(reply, pause, receive, send))
    watching = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait((sending, watching), return_when=asyncio.FIRST_COMPLETED)
        return sending.result() if sending.done() else "disconnected"
    finally:
        for task in (sending, watching):
            task.cancel()
        await asyncio.gather(sending, watching, return_exceptions=True)


async def _send(reply: Reply, pause: Pause, receive: Receive, send: Send) -> str:
    begun = False
    for step in reply.steps:
        if isinstance(step, Tear):
            await tear(receive, send)
            return "torn"
        if isinstance(step, Wait):
            await pause(step)
            continue
        if not begun:
            await send(_head(reply))
            begun = True
        await send({"type": "http.response.body", "body": step, "more_body": True})
        await asyncio.sleep(0)  # each step is a write of its own, so that events come one by one
    if not begun:
        await send(_head(reply))
    await send({"type": "http.response.body", "body": b""})
    return "finished"


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _head(reply: Reply) -> dict[str, object]:
    headers = {"Content-Type": reply.media, **reply.headers}
    if len(reply.steps) == 1 and isinstance(reply.steps[0], bytes) and not reply.streamed:
        headers["Content-Length"] = str(len(reply.steps[0]))
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": reply.status, "headers": raw}
