"""Times whole calls of flow_metrics and forecast on 100,000 generated items with 600,000 changes.

Run: python bench/flow.py [--items 100000] [--rounds 7] [--home FOLDER] [--json]
With --home the mirror is kept there and used again.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from history import add_history
from mirror_reads import NOW, WORKSPACE, generate, place_maker
from sqlalchemy import insert, update

from taplens.clock import Clock
from taplens.config import Settings
from taplens.mirror import Keeper
from taplens.mirror.database import open_mirror
from taplens.mirror.schema import stream, workspace
from taplens.tools import registry
from taplens.tools.context import ToolContext

YEAR = {"since": "365d"}
CALLS: list[tuple[str, dict[str, Any], int]] = [  # the call, and what it may take (ms)
    ("flow_metrics", {**YEAR}, 300),
    ("flow_metrics", {"metric": "lead_time", "by": "module", **YEAR}, 300),
    ("flow_metrics", {"metric": "cycle_time", "by": "owner", **YEAR}, 300),
    ("flow_metrics", {"metric": "cycle_time", "interval": "month", **YEAR}, 300),
    ("flow_metrics", {"metric": "throughput", "by": "severity", **YEAR}, 300),
    ("flow_metrics", {"metric": "ageing", **YEAR}, 300),
    ("flow_metrics", {"metric": "time_in_status", **YEAR}, 300),
    ("flow_metrics", {"metric": "reopen_rate", "by": "priority", **YEAR}, 300),
    ("flow_metrics", {"metric": "fix_time", **YEAR}, 300),
    ("flow_metrics", {"metric": "escaped", **YEAR}, 300),
    ("flow_metrics", {"metric": "rejected", "by": "module", **YEAR}, 300),
    ("flow_metrics", {"metric": "density"}, 300),
    ("flow_metrics", {"metric": "burndown", "where": 'iteration:"迭代 45"'}, 300),
    ("flow_metrics", {"metric": "cumulative_flow", "interval": "day", **YEAR}, 500),
    ("flow_metrics", {"metric": "cumulative_flow", "interval": "day", "by": "status", **YEAR}, 500),
    ("forecast", {}, 100),
    ("forecast", {"where": "type:bug module:模块7"}, 100),
    ("forecast", {"until": "+90d"}, 100),
]


def prepare(settings: Settings, items: int) -> None:
    """Make the mirror, with a history that is known from its beginning."""
    with contextlib.closing(open_mirror(settings)) as database:
        generate(database, items)
        add_history(database, place_maker(database, 1))
        with database.write() as connection:
            connection.execute(update(workspace).values(answerable_at=NOW, synced_at=NOW))
            rows = [
                {
                    "workspace": 1, "name": name, "complete": True, "history_from": history,
                    "read_at": NOW,
                }
                for names, history in ((_CHANGES, 0), (_ITEMS, None))
                for name in names
            ]  # fmt: skip
            connection.execute(insert(stream), rows)


_CHANGES = ("story_change", "bug_change", "task_change")
_ITEMS = ("story", "bug", "task", "tcase", "iteration")


async def measure(settings: Settings, rounds: int) -> dict[str, dict[str, float]]:
    """Warm medians (milliseconds) of the calls, and what they may take."""
    figures = {}
    async with Keeper(settings) as keeper:
        context = ToolContext(
            keeper=keeper, workspaces=(WORKSPACE,), budget=4_000, clock=Clock(lambda: NOW)
        )
        for name, arguments, most in CALLS:
            await registry.call(context, name, arguments)
            times = []
            for _ in range(rounds):
                started = time.perf_counter()
                await registry.call(context, name, arguments)
                times.append((time.perf_counter() - started) * 1_000)
            what = f"{name} {json.dumps(arguments, ensure_ascii=False)}"
            figures[what] = {"median": statistics.median(times), "most": most}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        home = options.home or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = Settings(home=home, workspace_ids=(WORKSPACE,))
        if not (home / "mirror.db").exists():
            prepare(settings, options.items)
        figures = asyncio.run(measure(settings, options.rounds))
    if options.json:
        json.dump(figures, sys.stdout, ensure_ascii=False, indent=2)
        return
    for what, figure in figures.items():
        print(f"{figure['median']:8.1f} ms of {figure['most']:3}  {what}")


if __name__ == "__main__":
    main()
