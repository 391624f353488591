"""A serving process has the snapshot ready before it is asked; others make it when they are."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taplens.config import Settings
from taplens.mirror import Keeper
from taplens.mirror.snapshot import store
from taplens.sandbox import RunningSandbox

Connect = Callable[..., Settings]


def folders(home: Path) -> list[str]:
    """The names of the folders of snapshots."""
    return [path.name for path in home.glob("snapshot/*/*")]


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(4):
        while not condition():  # noqa: ASYNC110 - a folder tells nobody that it is there
            await asyncio.sleep(0.02)


async def test_a_serving_process_makes_the_snapshot_after_a_sync(
    shared_sandbox: RunningSandbox, connect_sqlite: Connect, tmp_path: Path
) -> None:
    async with Keeper(connect_sqlite(shared_sandbox)) as keeper:
        keeper.start()
        await until(lambda: any(name.startswith("base-") for name in folders(tmp_path)))


async def test_a_command_makes_it_only_when_it_is_asked_for(
    shared_sandbox: RunningSandbox, connect_sqlite: Connect, tmp_path: Path
) -> None:
    async with Keeper(connect_sqlite(shared_sandbox)) as keeper:
        await keeper.sync()
        assert folders(tmp_path) == []
        items = await keeper.analyse(
            lambda source: source.snapshot.rows("SELECT count(*) FROM item")[0][0]
        )
        assert items > 100
        assert len(folders(tmp_path)) == 1


async def test_closing_in_the_middle_of_it_waits_for_no_more_than_it_and_leaves_no_half(
    shared_sandbox: RunningSandbox,
    connect_sqlite: Connect,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = threading.Event()
    write = store.write_base

    def slow(*arguments: Any) -> None:
        begun.set()
        time.sleep(0.1)
        write(*arguments)

    monkeypatch.setattr(store, "write_base", slow)
    async with Keeper(connect_sqlite(shared_sandbox)) as keeper:
        keeper.start()
        await until(begun.is_set)
    assert not [name for name in folders(tmp_path) if name.startswith("new-")]


async def test_questions_do_not_hold_up_the_event_loop(
    shared_sandbox: RunningSandbox, connect_sqlite: Connect
) -> None:
    async with Keeper(connect_sqlite(shared_sandbox)) as keeper:
        await keeper.sync()
        asked = asyncio.create_task(keeper.analyse(lambda _source: time.sleep(0.3)))
        turns = 0
        while not asked.done():
            await asyncio.sleep(0.01)
            turns += 1
        assert turns > 5


def test_serving_starts_without_the_engine() -> None:
    program = (
        "import sys\n"
        "import taplens.mcp.server, taplens.mirror.keeper, taplens.tools.count_items\n"
        "import taplens.tools.trends, taplens.cli.commands.trends\n"
        "heavy = ('duckdb', 'taplens.mirror.snapshot.opened')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, encoding="utf-8"
    )
    assert answer.stdout.strip() == "[]"
