"""Times the columnar snapshot and what reads it: 100,000 items with 570,000 changes.

Run: python bench/snapshot.py [--items 100000] [--rounds 11] [--home FOLDER] [--json]
With --home the mirror is kept there and used again. Tools are timed as a client waits for them:
the whole call, with what it tells of how fresh the mirror is.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from history import add_history
from mirror_reads import NOW, WORKSPACE, generate, pairs, place_maker
from sqlalchemy import update

from taplens.config import Settings
from taplens.mirror.database import open_mirror
from taplens.mirror.keeper import Keeper
from taplens.mirror.schema import item, workspace
from taplens.mirror.versions import touch
from taplens.tools import registry
from taplens.tools.context import ToolContext

TRENDS: dict[str, dict[str, Any]] = {
    "monthly trend": {"interval": "month"},
    "monthly trend, by severity": {"interval": "month", "by": "severity", "where": "type:bug"},
    "monthly trend, by owner": {"interval": "month", "by": "owner"},
    "monthly trend, by status": {"interval": "month", "by": "status"},
    "daily trend of a year": {"interval": "day", "since": "2025-04", "until": "2026-03"},
    "monthly trend of one module's bugs": {"interval": "month", "where": "type:bug module:模块7"},
}
Times = dict[str, tuple[float, float]]


def prepare(home: Path, items: int) -> None:
    """A mirror with a past in `home`, unless there is one."""
    fresh = not (home / "mirror.db").exists()
    with contextlib.closing(open_mirror(Settings(home=home))) as database:
        if fresh:
            generate(database, items)
            add_history(database, place_maker(database, 1))
            with database.write() as connection:
                connection.execute(update(workspace).values(answerable_at=NOW, synced_at=NOW))


async def timed(rounds: int, call: Callable[[], Awaitable[Any]]) -> tuple[float, float]:
    """Medians of the calls after the first, in milliseconds: by the wall, by the processor."""
    await call()
    walls, processors = [], []
    for _ in range(rounds):
        wall, processor = time.perf_counter(), time.process_time()
        await call()
        walls.append((time.perf_counter() - wall) * 1_000)
        processors.append((time.process_time() - processor) * 1_000)
    return statistics.median(walls), statistics.median(processors)


async def measure(home: Path, rounds: int) -> dict[str, Any]:
    settings = Settings(home=home, workspace_ids=(WORKSPACE,))
    async with Keeper(settings) as keeper:
        context = ToolContext(keeper=keeper, workspaces=(WORKSPACE,))
        times: Times = {"snapshot rebuilt": await timed(3, lambda: rebuilt(keeper, home))}
        times["one more changed item in it"] = await timed(5, lambda: extended(keeper))
        first = time.perf_counter(), time.process_time()
        await registry.call(context, "trends", {"interval": "month"})
        times["the first trend of a version"] = (
            (time.perf_counter() - first[0]) * 1_000,
            (time.process_time() - first[1]) * 1_000,
        )
        for name, asked in TRENDS.items():
            times[name] = await timed(rounds, lambda asked=asked: ask(context, "trends", asked))
        for pair in pairs():
            asked = {"by": list(pair)}
            times[" × ".join(pair)] = await timed(
                rounds, lambda asked=asked: ask(context, "count_items", asked)
            )
    files = [file for file in (home / "snapshot").rglob("*") if file.is_file()]
    return {"times": times, "bytes": sum(file.stat().st_size for file in files)}


async def ask(context: ToolContext, name: str, asked: dict[str, Any]) -> None:
    await registry.call(context, name, asked)


async def rebuilt(keeper: Keeper, home: Path) -> None:
    """A base from nothing. An item is touched, so that a new version is asked for."""
    shutil.rmtree(home / "snapshot", ignore_errors=True)
    await extended(keeper)


async def extended(keeper: Keeper) -> None:
    database = await keeper.mirror()
    with database.write() as connection:
        connection.execute(
            update(item).where(item.c.key == 500).values(modified=item.c.modified + 1)
        )
        touch(connection, [500])
    await keeper.analyse(lambda _source: None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        home = options.home or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        prepare(home, options.items)
        figures = asyncio.run(measure(home, options.rounds))
    if options.json:
        json.dump(figures, sys.stdout, ensure_ascii=False, indent=2)
        return
    for what, (wall, processor) in figures["times"].items():
        print(f"{wall:9.1f} ms by the wall {processor:9.1f} ms by the processor  {what}")
    print(f"{figures['bytes'] / 1e6:9.1f} MB on disk")


if __name__ == "__main__":
    main()
