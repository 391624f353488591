"""The same questions to the same Parquet files, by DuckDB and by another engine (Polars).

Run after bench/snapshot.py: python bench/scale.py --home FOLDER [--rounds 11]
Needs `pip install polars`. The answers must be equal.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import polars

TABLES = ("item", "item_value", "interval")
OPEN_WORK = "item.removed IS NULL AND item.type IN (1, 2, 3)"
QUESTIONS = {
    "status and priority": f"""
        SELECT status_label, priority, count(*) AS n FROM item
        WHERE {OPEN_WORK} GROUP BY status_label, priority""",
    "owner and developer": f"""
        SELECT owner.term AS a, developer.term AS b, count(*) AS n FROM item
        LEFT JOIN (SELECT item, term FROM item_value WHERE field = 1) AS owner
            ON owner.item = item.key
        LEFT JOIN (SELECT item, term FROM item_value WHERE field = 3) AS developer
            ON developer.item = item.key
        WHERE {OPEN_WORK} GROUP BY owner.term, developer.term""",
    "created by week": f"""
        SELECT (created + 28800 + 259200) // 604800 AS week, count(*) AS n FROM item
        WHERE {OPEN_WORK} GROUP BY week""",
    "entries into end states by month of 30 days": """
        SELECT (began + 28800) // 2592000 AS month, count(*) AS n FROM interval
        WHERE is_end GROUP BY month""",
    "hours in each status": """
        SELECT label, count(*) AS n, sum(ended - began) // 3600 AS hours FROM interval
        WHERE ended IS NOT NULL GROUP BY label""",
}


def base_of(home: Path) -> Path:
    """The base of the snapshot in `home`."""
    return max((home / "snapshot").glob("*/base-*"))


def by_duckdb(base: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    engine = duckdb.connect(config={"threads": 2})
    engine.execute("SET parquet_metadata_cache = true")
    for table in TABLES:
        engine.execute(f"CREATE VIEW {table} AS FROM read_parquet('{base}/{table}-*.parquet')")
    return lambda query: engine.execute(query).fetchall()


def by_polars(base: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    frames = {table: polars.scan_parquet(f"{base}/{table}-*.parquet") for table in TABLES}
    engine = polars.SQLContext(frames)
    return lambda query: engine.execute(query).collect().rows()


def timed(rounds: int, call: Callable[[], Any]) -> float:
    call()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1_000)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    base = base_of(options.home)
    duck, other = by_duckdb(base), by_polars(base)
    print(f"{'DuckDB':>10} {'Polars':>10}  milliseconds, warm medians")
    for name, query in QUESTIONS.items():
        found, expected = sorted(map(repr, duck(query))), sorted(map(repr, other(query)))
        assert found == expected, name
        times = [timed(options.rounds, partial(ask, query)) for ask in (duck, other)]
        print(f"{times[0]:10.1f} {times[1]:10.1f}  {name}, {len(found)} rows, equal")


if __name__ == "__main__":
    main()
