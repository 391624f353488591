"""Database work off the event loop, which a cancellation waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

R = TypeVar("R")


async def in_thread(function: Callable[[], R]) -> R:
    """The result of `function`, run in a thread.

    A thread can't be stopped: when the caller is cancelled, this returns (with the cancellation)
    only once the thread has ended, so that nothing is written after the lease was given back or
    the database closed. How long that may take is bounded by the database's own waits.
    """
    work = asyncio.ensure_future(asyncio.to_thread(function))
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError as cancellation:  # perhaps not the last one
            cancelled = cancellation
    if cancelled is not None:
        work.exception()  # the cancellation is what is told
        raise cancelled
    return work.result()
