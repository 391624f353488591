"""How long charts take to be drawn, and how large they are: in a fresh process, then warm.

    python bench/charts.py [--rounds 15] [--json]

The samples are one of each kind (chart_samples.py). A PNG has 1,920 × 1,080 pixels.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from chart_samples import samples

from tapd import machine
from taplens.charts import Chart, render

LIMIT = 400.0  # ms, warm
FRESH = """
import sys, time
sys.path.insert(0, {folder!r})
from chart_samples import trend
from taplens.charts import render
chart, began = trend(), time.perf_counter()
render(chart, format={format!r})
print(time.perf_counter() - began)
"""


def fresh(form: str, rounds: int) -> float:
    """Milliseconds of the first chart of a process, matplotlib's import included; the median."""
    program = FRESH.format(folder=str(Path(__file__).parent), format=form)
    command = [sys.executable, "-c", program]
    taken = [float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in
             range(rounds)]  # fmt: skip
    return statistics.median(taken) * 1000


def warm(chart: Chart, form: Any, rounds: int) -> tuple[float, int]:
    """Milliseconds and bytes of a picture; the median."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        picture = render(chart, format=form)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000, len(picture)


def measured(rounds: int) -> dict[str, Any]:
    first = {form: fresh(form, max(3, rounds // 3)) for form in ("png", "svg")}
    render(next(iter(samples().values())))
    kinds = {
        name: {form: warm(chart, form, rounds) for form in ("png", "svg")}
        for name, chart in samples().items()
    }
    return {"fresh": first, "warm": kinds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measured(options.rounds)
    worst = max(ms for kind in found["warm"].values() for ms, _ in kind.values())
    if options.json:
        print(json.dumps(found | {"worst": worst}))
    else:
        show(found, options.rounds)
        print(f"\nworst warm chart {worst:.0f} ms, at most {LIMIT:.0f}")
    sys.exit(worst > LIMIT)


def show(found: dict[str, Any], rounds: int) -> None:
    print(f"Charts, medians of {rounds} ({machine()})\n")
    first = found["fresh"]
    print(f"first chart of a process: PNG {first['png']:.0f} ms, SVG {first['svg']:.0f} ms\n")
    print("| chart | PNG | | SVG | |\n|---|---|---|---|---|")
    for name, kind in found["warm"].items():
        cells = [f"{ms:.0f} ms | {size / 1000:.0f} kB" for ms, size in kind.values()]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
