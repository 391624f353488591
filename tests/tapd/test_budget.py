"""Never more than N requests in any window, whoever asks and whatever happens to them."""

from __future__ import annotations

import ast
import asyncio
import os
import subprocess
import sys
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taplens.config import Secret, Settings
from taplens.errors import MirrorError, RateLimitError
from taplens.tapd import Client, RequestBudget
from taplens.tapd.budget import Slot, SlotFile

from .conftest import ManualTime
from .raw_server import RawServer, good

SPENDER = """
import asyncio, pathlib, sys
from taplens.config import Secret, Settings
from taplens.tapd import Client, RequestBudget

async def main(home, base_url, limit, window, requests):
    settings = Settings(home=pathlib.Path(home), api_base_url=base_url,
                        access_token=Secret("t"))
    budget = RequestBudget(settings.home / "budget.db", "t", int(limit), hold_seconds=5,
                           window_seconds=float(window))
    async with Client(settings, budget=budget) as client:
        await asyncio.gather(*(client.get("stories") for _ in range(int(requests))))

asyncio.run(main(*sys.argv[1:]))
"""


def most_in_any_window(times: list[float], window: float) -> int:
    times = sorted(times)
    return max(bisect_right(times, start + window) - at for at, start in enumerate(times))


def budget_at(
    path: Path, limit: int, time: ManualTime | None = None, **changes: Any
) -> RequestBudget:
    options: dict[str, Any] = {"hold_seconds": 45.0}
    if time is not None:
        options |= {"clock": time.clock, "sleep": time.sleep}
    return RequestBudget(path / "budget.db", "user:demo", limit, **options | changes)


async def test_three_processes_together_keep_to_the_budget(
    server: RawServer, tmp_path: Path
) -> None:
    limit, window, each = 10, 0.4, 12
    server.script = [good([])]
    arguments = [str(tmp_path), server.base_url, str(limit), str(window), str(each)]
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", SPENDER, *arguments)
        for _ in range(3)
    ]
    assert await asyncio.gather(*(process.wait() for process in processes)) == [0, 0, 0]
    times = [request.at for request in server.requests]
    assert len(times) == 3 * each
    assert most_in_any_window(times, window) <= limit
    # And they don't dawdle: 36 requests at 10 a window take little more than 3 windows.
    assert max(times) - min(times) < 8 * window


@dataclass(order=True)
class Event:
    at: float
    order: int
    act: str = field(compare=False)
    duration: float = field(compare=False, default=0.0)
    fate: str = field(compare=False, default="")
    slot: Slot | None = field(compare=False, default=None)


@settings(max_examples=60, deadline=None)
@given(
    limit=st.integers(1, 5),
    requests=st.lists(
        st.tuples(
            st.floats(0, 200),  # when it is wanted
            st.floats(0, 45),  # how long the attempt lasts
            st.floats(0, 1),  # the part of that before the server sees it
            st.sampled_from(["ends", "ends", "ends", "dies", "leaves"]),
        ),
        min_size=1,
        max_size=30,
    ),
)
def test_no_window_ever_holds_more_requests_than_the_limit(
    tmp_path_factory: pytest.TempPathFactory, limit: int, requests: Any
) -> None:
    """What the server sees in simulated time, with any delay on the way, when some requests are
    given up before they begin and some processes die in the middle."""
    path = tmp_path_factory.mktemp("budget") / "budget.db"
    files = [SlotFile(path, "k", limit, window=60, hold=45) for _ in range(2)]
    arrivals: list[float] = []
    numbers = count()
    events = [
        Event(at, next(numbers), "want", duration, f"{fate} {part}")
        for at, duration, part, fate in requests
    ]
    heapify(events)
    while events:
        event = heappop(events)
        file = files[event.order % 2]
        if event.act == "end":
            assert event.slot is not None
            file.give_back(event.slot, event.at + 60)
            continue
        slot = file.take(event.at)
        if slot is None:
            heappush(events, replace(event, at=event.at + 1, order=next(numbers)))
            continue
        assert event.at <= slot.start <= event.at + 60
        fate, part = event.fate.split()
        if fate == "leaves":
            file.give_back(slot, slot.start)
            continue
        arrivals.append(slot.start + event.duration * float(part))
        if fate == "ends":
            end = Event(slot.start + event.duration, next(numbers), "end", slot=slot)
            heappush(events, end)
    for file in files:
        file.close()
    assert not arrivals or most_in_any_window(arrivals, 60 - 1e-6) <= limit


async def test_a_slot_is_ready_one_window_after_its_attempt_ended(
    tmp_path: Path, manual_time: ManualTime
) -> None:
    budget = budget_at(tmp_path, 2, manual_time)
    for _ in range(2):
        async with budget.slot() as waited:
            assert waited == 0
            manual_time.now += 10  # the network took its time
    async with budget.slot() as waited:
        assert waited == pytest.approx(50)  # the first attempt ended 10 s ago
    await budget.aclose()


async def test_an_attempt_given_up_while_it_waits_leaves_its_place_to_the_next(
    tmp_path: Path, manual_time: ManualTime
) -> None:
    waiting = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    budget = budget_at(tmp_path, 1, manual_time)
    patient = budget_at(tmp_path, 1, manual_time, sleep=sleep)
    async with budget.slot():
        pass

    async def wait_in_vain() -> None:
        async with patient.slot():
            raise AssertionError

    task = asyncio.create_task(wait_in_vain())
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await patient.aclose()
    async with budget.slot() as waited:
        assert waited == pytest.approx(60)
    await budget.aclose()


async def test_a_request_cancelled_while_it_asks_for_a_slot_costs_none(tmp_path: Path) -> None:
    budget = budget_at(tmp_path, 3)

    async def ask() -> None:
        async with budget.slot():
            raise AssertionError

    for turns in range(6):
        task = asyncio.create_task(ask())
        for _ in range(min(turns, 1)):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with budget.slot() as first, budget.slot() as second, budget.slot() as third:
        assert max(first, second, third) < 5
    await budget.aclose()


def test_the_slot_of_a_process_that_died_frees_itself(tmp_path: Path) -> None:
    dead, alive = (SlotFile(tmp_path / "b.db", "k", 1, window=60, hold=45) for _ in range(2))
    assert dead.take(0.0) is not None
    dead.close()
    assert alive.take(104.9) is None
    slot = alive.take(105.0)
    assert slot is not None and slot.start == 105.0
    alive.close()


def test_who_slept_over_its_time_cannot_take_the_slot_from_its_new_holder(
    tmp_path: Path,
) -> None:
    slots = SlotFile(tmp_path / "b.db", "k", 1, window=60, hold=45)
    old = slots.take(0.0)
    new = slots.take(200.0)
    assert old is not None and new is not None
    slots.give_back(old, 201.0)
    assert slots.take(202.0) is None
    slots.close()


def test_slots_of_before_a_restart_of_the_machine_block_nothing(tmp_path: Path) -> None:
    slots = SlotFile(tmp_path / "b.db", "k", 2, window=60, hold=45)
    first, second = slots.take(900_000.0), slots.take(900_000.0)
    assert first is not None and second is not None
    slots.give_back(first, 900_060.0)
    slots.close()
    starts = [slot.start for slot in (slots.take(5.0), slots.take(5.0)) if slot]
    assert starts == [5.0, 5.0]
    assert slots.take(5.0) is None
    slots.close()


def test_accounts_have_budgets_of_their_own(tmp_path: Path) -> None:
    one, other = (SlotFile(tmp_path / "b.db", key, 1, window=60, hold=45) for key in "ab")
    assert one.take(0.0) is not None
    assert other.take(0.0) is not None
    one.close()
    other.close()


async def test_who_finds_every_slot_in_use_for_an_hour_is_told(
    tmp_path: Path, manual_time: ManualTime
) -> None:
    budget = budget_at(tmp_path, 1, manual_time, hold_seconds=100_000.0)
    async with budget.slot():
        with pytest.raises(RateLimitError) as caught:
            async with budget.slot():
                raise AssertionError
    assert caught.value.code == "budget_exhausted"
    await budget.aclose()


async def test_tasks_of_one_process_are_served_in_their_order(
    tmp_path: Path, manual_time: ManualTime
) -> None:
    budget = budget_at(tmp_path, 2, manual_time)
    served: list[int] = []

    async def ask(number: int) -> None:
        async with budget.slot():
            served.append(number)

    await asyncio.gather(*(ask(number) for number in range(6)))
    await budget.aclose()
    assert served == sorted(served)


async def test_two_homes_of_one_user_share_one_budget(
    server: RawServer, tmp_path: Path, manual_time: ManualTime
) -> None:
    server.script = [good([])]
    common = {"api_base_url": server.base_url, "access_token": Secret("t")}
    homes = [
        Settings(
            home=tmp_path / name, budget_folder=tmp_path / "用户", requests_per_minute=1, **common
        )
        for name in ("甲", "乙")
    ]
    for home in homes:
        async with Client(home, clock=manual_time.clock, sleep=manual_time.sleep) as client:
            await client.get("stories")
    assert sum(manual_time.slept) == pytest.approx(60)


def test_the_folder_of_the_budget_is_the_users_whatever_the_home(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from taplens.config import load;"
        "print([str(load({'home': pathlib.Path(home)}, {}).budget_path) for home in sys.argv[1:]])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "甲"), str(tmp_path / "乙")],
        check=True,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )
    first, second = ast.literal_eval(answer.stdout)
    assert first == second
    assert not Path(first).is_relative_to(tmp_path)


async def test_a_folder_that_cannot_be_written_makes_way_for_the_home_and_that_is_told(
    server: RawServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    server.script = [good([])]
    settings = Settings(
        home=tmp_path / "家",
        budget_folder=tmp_path / "file" / "cache",
        api_base_url=server.base_url,
        access_token=Secret("t"),
    )
    async with Client(settings) as client:
        assert await client.get("stories") == []
    assert (tmp_path / "家" / "budget.db").exists()
    assert "TAPLENS_BUDGET_FOLDER" in caplog.text


async def test_a_damaged_file_is_a_typed_fault_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "budget.db").write_bytes(b"not a database, at all" * 100)
    budget = budget_at(tmp_path, 1)
    with pytest.raises(MirrorError) as caught:
        async with budget.slot():
            raise AssertionError
    assert caught.value.code == "budget_unusable"
    assert "budget.db" in caught.value.message("zh")
    await budget.aclose()


async def test_a_home_that_cannot_be_made_is_a_typed_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    budget = budget_at(tmp_path / "file" / "home", 1)
    with pytest.raises(MirrorError):
        async with budget.slot():
            raise AssertionError
    await budget.aclose()
