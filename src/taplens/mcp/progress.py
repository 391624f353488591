"""Progress of a tool as notifications to the client that asked for it."""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from taplens.mirror import ProgressEvent

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN = 0.25
_ENDING_SECONDS = 5.0


class Session(Protocol):
    """What can tell the client of progress: the SDK's session of one request."""

    async def report_progress(
        self, progress: float, total: float | None = None, message: str | None = None
    ) -> None:
        """Send a progress notification; nothing where the client gave no token."""


class ProgressPump:
    """Takes events from any thread and passes on the latest, at most four in a second.

    The protocol wants a number that only grows, while the steps of a sync run side by side and
    each counts from zero: the number is what all of them have done together.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._latest: dict[tuple[str, str], ProgressEvent] = {}
        self._last: ProgressEvent | None = None
        self._task: asyncio.Task[None] | None = None

    def __call__(self, event: ProgressEvent) -> None:
        """Take an event, from any thread."""
        self._loop.call_soon_threadsafe(self._take, event)

    def _take(self, event: ProgressEvent) -> None:
        self._latest[event.workspace_id, event.step] = self._last = event
        self._news.set()

    async def __aenter__(self) -> ProgressPump:
        self._task = asyncio.create_task(self._pump())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is None:
            return
        self._task.cancel()
        # Waited for, not awaited: its fault must not replace the tool's answer, and a
        # cancellation that arrives here is the caller's own.
        ended, _ = await asyncio.wait([self._task], timeout=_ENDING_SECONDS)
        for task in ended:
            if not task.cancelled() and (failed := task.exception()) is not None:
                logger.warning("A client took no progress: %s: %s", type(failed).__name__, failed)

    async def _pump(self) -> None:
        told = 0
        while True:
            await self._news.wait()
            self._news.clear()
            number = sum(event.done for event in self._latest.values())
            if self._last is not None and number > told:
                told = number
                await self._session.report_progress(number, self._total(), _told(self._last))
            await asyncio.sleep(_SECONDS_BETWEEN)

    def _total(self) -> float | None:
        total = 0
        for event in self._latest.values():
            if event.total is None:
                return None
            total += max(event.total, event.done)
        return total


def _told(event: ProgressEvent) -> str:
    of = "" if event.total is None else f"/{event.total}"
    left = "" if event.seconds_left is None else f", {event.seconds_left:.0f} s left"
    asked = f", {event.requests} requests" if event.requests else ""
    note = f", {event.note}" if event.note else ""
    return f"{event.step} {event.done}{of}{asked}{left}{note}"
