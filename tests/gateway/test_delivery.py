"""A client that takes nothing while the upstream is silent: it is given up, and its end seen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from taplens.gateway.answers import Stream
from taplens.gateway.call import ClientGone
from taplens.gateway.delivery import HEARTBEAT, Delivery
from taplens.gateway.faults import fault_event

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

BLOCK = 'data: {"choices": [{"delta": {"content": "好"}}]}\n\n'.encode()


class Client:
    """A client at the other end of ASGI that takes all but heartbeats."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.stuck = asyncio.Event()
        self.leaves = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message.get("body") == HEARTBEAT:
            self.stuck.set()
            await asyncio.Event().wait()
        self.taken.append(message.get("body", b""))


class Upstream:
    """One block, then silence."""

    closed = False

    async def blocks(self) -> AsyncGenerator[bytes, None]:
        try:
            yield BLOCK
            await asyncio.Event().wait()
        finally:
            self.closed = True


async def delivered(client: Client, upstream: Upstream, patience_seconds: float) -> None:
    delivery = Delivery(
        Stream(upstream.blocks(), fault_event),
        client.receive,
        client.send,
        "r-1",
        heartbeat_seconds=0.02,
        patience_seconds=patience_seconds,
    )
    before = asyncio.all_tasks()
    with pytest.raises(ClientGone):
        await delivery.deliver()
    await asyncio.sleep(0)  # cancelled tasks end with the next turn of the loop
    assert asyncio.all_tasks() <= before


async def test_a_client_that_takes_no_heartbeat_is_given_up() -> None:
    client, upstream = Client(), Upstream()
    async with asyncio.timeout(4):
        await delivered(client, upstream, patience_seconds=0.1)
    assert client.stuck.is_set()
    assert client.taken == [b"", BLOCK]
    assert upstream.closed


async def test_a_client_that_leaves_during_a_stuck_heartbeat_is_seen_at_once() -> None:
    client, upstream = Client(), Upstream()
    async with asyncio.timeout(4):
        task = asyncio.create_task(delivered(client, upstream, patience_seconds=3600))
        await client.stuck.wait()
        client.leaves.set()
        await task
    assert upstream.closed
