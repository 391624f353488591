"""Times answers of taplens-direct over 100,000 generated items with 600,000 changes.

Run: python bench/ask.py [--items 100000] [--rounds 7] [--home FOLDER] [--json]
With --home the mirror is kept there and used again (bench/flow.py makes the same one).
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

from flow import prepare
from mirror_reads import NOW, WORKSPACE

from taplens.agent.direct.answerer import Direct
from taplens.clock import Clock
from taplens.config import Settings
from taplens.mirror import Keeper

QUESTIONS = (
    "上周新增了多少缺陷？",
    "How many bugs are still open?",
    "未关闭的紧急缺陷有哪些？",
    "未关闭缺陷按处理人分布",
    "Which module has the most open bugs?",
    "客户是ACME的致命缺陷有多少",
    "最老的5个未关闭缺陷",
    "the 5 most recently updated stories",
    "成员07 上周修复了多少缺陷",
    "open bugs assigned to 成员11",
    "本月和上月新增缺陷对比",
    "逾期未完成的任务有多少",
    "最近30天缺陷趋势",
    "bugs created per month this year",
    "超过30天没更新的未关闭缺陷有多少",
    "bugs with severity serious or higher by status",
    "成员03上周做了什么",
    "缺陷的修复时长",
    "lead time of stories by module",
    "未关闭的缺陷什么时候能做完？",
    "某某的缺陷有多少",
)


async def measure(settings: Settings, rounds: int) -> dict[str, float]:
    """Warm medians (milliseconds) of each question."""
    clock = Clock(lambda: NOW)
    figures = {}
    async with Keeper(settings, clock=clock) as keeper:

        async def opened() -> Keeper:
            return keeper

        direct = Direct(opened, clock)
        for question in QUESTIONS:
            answered = await direct.ask([question])
            times = []
            for _ in range(rounds):
                started = time.perf_counter()
                answered = await direct.ask([question])
                times.append((time.perf_counter() - started) * 1_000)
            figures[f"{question} [{answered.basis.confidence}]"] = statistics.median(times)
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
    for question, milliseconds in figures.items():
        print(f"{milliseconds:8.1f} ms  {question}")
    print(f"{statistics.median(figures.values()):8.1f} ms  p50 of the questions")


if __name__ == "__main__":
    main()
