"""Many chats at once while a tenth of the provider's answers are faulty and some clients leave.

300 chats in the test suite, 10,000 with `make soak` (SOAK_REQUESTS). Its time limit is its own: at
least 5 s, and 60 ms a chat on a machine that is busy with other tests.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import pytest

from taplens.gateway.administration import usage_report
from tests.gateway.serving_here import MODEL
from tests.gateway.soak.asking import CONCURRENCY, HELD, Asking

if TYPE_CHECKING:
    from taplens.sandbox.provider.handle import RunningProvider
    from tests.gateway.conftest import Serve

REQUESTS = int(os.environ.get("SOAK_REQUESTS", "300"))
FAULTS = ("429", "503", "html", "reset", "cut", "error_event")
EVERY = 10  # one answer of ten is faulty
FLAT_MEGABYTES = 8.0  # what memory may grow by in the second half; a body kept for each is more
SETTLING_SECONDS = 3.0
PROVIDERS = f"""
[models."团队模型"]
upstreams = ["siliconflow/{MODEL}", "siliconflow/deepseek-ai/DeepSeek-V3"]
"""


@pytest.mark.timeout(5 + REQUESTS * 0.06)
async def test_under_load_with_faults_nothing_is_lost_mixed_up_or_left_behind(
    serve: Serve, provider: RunningProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "taplens.gateway")  # each fault is told: a thousand lines
    for number, kind in enumerate(FAULTS):
        provider.fault(kind, every=EVERY * len(FAULTS), after=EVERY * number)
    provider.fault("silent", model=HELD, gate="never opened")
    async with serve(providers=PROVIDERS) as server:
        await server.chat()
        tasks = asyncio.all_tasks()
        asking = Asking(server)
        await asking.ask(REQUESTS // 2)
        halfway = megabytes()
        await asking.ask(REQUESTS - REQUESTS // 2)
        grown = megabytes() - halfway
        print(f"{dict(asking.outcomes)}; {struck(provider)} faults; {grown:+.1f} MB later")

        assert asking.outcomes.keys() <= {"complete", "refused", "broken", "left"}
        assert asking.outcomes.total() == REQUESTS
        assert asking.outcomes["complete"] >= 0.85 * REQUESTS
        assert struck(provider) >= REQUESTS // EVERY - len(FAULTS)
        assert grown < FLAT_MEGABYTES

        await asyncio.to_thread(provider.wait_until_idle)
        assert await left_over(tasks) == set()
        assert connections_to(provider) <= CONCURRENCY
        metrics = (await server.get("/metrics")).body.decode()
        assert "taplens_requests_running 1.0" in metrics  # this one
        settings = server.services.settings
    assert connections_to(provider) == 0
    rows = usage_report(settings, since="2000-01-01", until="2999-01-01", by=(), key=None)
    answered = asking.begun + 1  # the first
    booked = sum(row["requests"] for row in rows)
    # An answer torn before its first event was asked for again: both have used their prompt.
    assert answered <= booked <= answered + struck(provider, "reset", "cut")


async def left_over(before: set[asyncio.Task[object]]) -> set[asyncio.Task[object]]:
    """The tasks that weren't there before and don't end."""
    new = asyncio.all_tasks() - before
    return (await asyncio.wait(new, timeout=SETTLING_SECONDS))[1] if new else set()


def struck(provider: RunningProvider, *kinds: str) -> int:
    """How many answers were made faulty, by `kinds` or by any of FAULTS."""
    return sum(fault["struck"] for fault in provider.faults() if fault["kind"] in (kinds or FAULTS))


def connections_to(provider: RunningProvider) -> int:
    """Connections of this process, and so of its gateway, to the provider."""
    port = urlsplit(provider.base_url).port
    open_ones = psutil.Process().net_connections("tcp")
    return sum(bool(one.raddr) and one.raddr.port == port for one in open_ones)


def megabytes() -> float:
    """Resident memory of the server, its client and the provider, without what is only garbage."""
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 1e6
