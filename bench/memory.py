"""Peak memory of a sync, by default of 200,000 items. Takes long: the history has millions of rows.

python bench/memory.py [--items 200000] [--minutes 60]
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))
from tapd import machine, sandbox


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--minutes", type=float, default=60, help="end the sync after so long (60)")
    options = parser.parse_args()
    print(f"{machine()}; {options.items} items, budget lifted", flush=True)
    with sandbox(options.items) as environment, tempfile.TemporaryDirectory() as home:
        environment |= {"TAPLENS_HOME": home, "TAPLENS_REQUESTS_PER_MINUTE": "1000000"}
        began = time.monotonic()
        peak, ended = watch(environment, options.minutes * 60)
        seconds = time.monotonic() - began
        print(f"peak memory {peak / 1e6:.0f} MB, aim <= 300; {seconds:.0f} s")
        print("the sync ended" if ended else f"cut off; by then: {reached(home)}")


def watch(environment: dict[str, str], limit: float) -> tuple[int, bool]:
    """The peak memory (bytes, looked at ten times a second) of a `taplens sync`; if it ended."""
    command = [sys.executable, "-m", "taplens", "sync"]
    process = psutil.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL)
    deadline, peak = time.monotonic() + limit, 0
    try:
        while time.monotonic() < deadline:
            peak = max(peak, process.memory_info().rss)
            try:
                code = process.wait(0.1)
            except psutil.TimeoutExpired:
                continue
            return peak, code == 0
        return peak, False
    finally:
        if process.is_running():
            process.kill()
            process.wait(10)


def reached(home: str) -> str:
    """How many items and changes a mirror holds."""
    with closing(sqlite3.connect(Path(home) / "mirror.db")) as connection:
        counts = {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("item", "comment", "change")
        }
    return ", ".join(f"{count:,} rows of {name}" for name, count in counts.items())


if __name__ == "__main__":
    main()
