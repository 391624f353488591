"""Progress is told beside the answer: what becomes of it never becomes the answer."""

from __future__ import annotations

import asyncio
import logging

import pytest

from taplens.mcp.progress import ProgressPump
from taplens.mirror import ProgressEvent

STEP = ProgressEvent("50311786", "story", 200, 400, 3, 100.0, 2.0)


class Client:
    """A client's session, which takes progress or refuses it."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.asked = asyncio.Event()
        self.fault = fault

    async def report_progress(
        self, progress: float, total: float | None = None, message: str | None = None
    ) -> None:
        self.asked.set()
        if self.fault is not None:
            raise self.fault


async def answered(client: Client) -> str:
    """The answer of a tool that tells its progress once."""
    async with ProgressPump(client) as tell:
        tell(STEP)
        await client.asked.wait()
        await asyncio.sleep(0)
        return "已同步"


async def test_a_client_that_takes_no_progress_gets_its_answer_and_the_fault_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        assert await answered(Client(BrokenPipeError("客户端不收进度"))) == "已同步"
    assert "客户端不收进度" in caplog.text


async def test_a_tools_own_fault_is_the_one_that_is_told() -> None:
    client = Client(BrokenPipeError())
    with pytest.raises(ValueError, match="工具"):
        async with ProgressPump(client) as tell:
            tell(STEP)
            await client.asked.wait()
            await asyncio.sleep(0)
            raise ValueError("工具出错")


async def test_a_client_that_takes_progress_leaves_nothing_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert await answered(Client()) == "已同步"
    assert not caplog.records


async def test_a_call_cancelled_while_its_progress_ends_stays_cancelled() -> None:
    client, ending, ended = Client(), asyncio.Event(), asyncio.Event()

    async def slow(*_: object) -> None:
        client.asked.set()
        try:
            await asyncio.Event().wait()
        finally:  # the transport still writes out what it holds
            ending.set()
            await ended.wait()

    client.report_progress = slow  # type: ignore[method-assign]
    call = asyncio.create_task(answered(client))
    await ending.wait()
    call.cancel()
    await asyncio.wait([call])
    ended.set()
    assert call.cancelled()
