"""Times the classic tools on a data file, each beside the reading of the file alone.

Run: python bench/classic.py [--items 20000]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from tapd import machine
from taplens.config import Settings
from taplens.mirror import Keeper
from taplens.tools import registry
from taplens.tools.classic.data import DATA_FILE
from taplens.tools.context import ToolContext
from taplens.tools.sizing import tokens

BUDGET = 2_000
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("precise_search_tapd_data", {"search_value": "登录"}),
    ("search_tapd_by_priority", {}),
    ("get_tapd_data_statistics", {}),
    ("analyze_time_trends", {"data_type": "bug", "chart_type": "status"}),
    ("analyze_word_frequency", {}),
    ("vectorize_data", {}),
    ("search_data", {"query": "登录页面打不开"}),
    ("preview_tapd_description_cleaning", {}),
    ("preprocess_tapd_description", {"output_file_path": "local_data/preprocessed_data.json"}),
    ("enhance_tapd_with_knowledge", {}),
]


async def run(items: int, home: Path) -> None:
    async with Keeper(Settings(home=home, workspace_ids=("10000000",))) as keeper:
        context = ToolContext(keeper=keeper, workspaces=("10000000",), budget=BUDGET)

        async def call(name: str, arguments: dict[str, Any]) -> tuple[float, str]:
            began = time.perf_counter()
            result = await registry.call(context, name, arguments)
            return time.perf_counter() - began, result.text

        part = items // 4
        names = ("n_story_A", "n_story_B", "n_bug_A", "n_bug_B")
        seconds, _ = await call("generate_fake_tapd_data", dict.fromkeys(names, part))
        path = home / DATA_FILE
        began = time.perf_counter()
        json.loads(path.read_text(encoding="utf-8"))
        alone = time.perf_counter() - began
        megabytes = path.stat().st_size / 1e6
        print(f"{items} items, {megabytes:.1f} MB; made in {seconds:.2f} s")
        print(f"json.loads of the file alone: {alone * 1000:.0f} ms")
        print(f"{'tool':36}{'seconds':>9}{'x file':>8}{'tokens':>8}")
        for name, arguments in CALLS:
            runs = [await call(name, arguments) for _ in range(3)]
            best, text = min(runs, key=lambda one: one[0])
            print(f"{name:36}{best:9.3f}{best / alone:8.1f}{tokens(text):8}")
            assert tokens(text) <= BUDGET


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    asked = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(asked.items, Path(folder)))


if __name__ == "__main__":
    main()
