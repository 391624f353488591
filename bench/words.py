"""Times word frequency on generated items with the sandbox's texts, and what memory it takes.

Run: python bench/words.py [--items 100000] [--rounds 3] [--home FOLDER]
With --home the mirror is kept there and used again. Times are by the wall and by the processor,
which leaves out the waiting for it where other work goes on.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
import tracemalloc
from pathlib import Path

from mirror_reads import (
    NOW,
    PAGE,
    PEOPLE,
    SEED,
    SHARES,
    WORKSPACE,
    _land_metadata,
    _row,
    place_maker,
)

from search import opened
from taplens.analysis.words.frequency import word_frequency
from taplens.analysis.words.stop_words import stop_words
from taplens.filters import parse
from taplens.mirror.database import Database
from taplens.mirror.index.keeping import build_chunk
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.metadata import ensure_workspace
from taplens.mirror.scope import Scope
from taplens.sandbox.texts import Writer

QUESTIONS = {
    "everything": "",
    "bugs (40%)": "type:bug",
    "one module (1/25)": "module:模块7",
    "a word": "超时",
}


def generate(database: Database, items: int, seed: int = SEED) -> None:
    """Fill an empty mirror with `items` items of the sandbox's titles and descriptions."""
    chance, number = random.Random(seed), 0
    writer = Writer(chance, WORKSPACE)
    with database.write() as connection:
        key = ensure_workspace(connection, {"id": WORKSPACE, "name": "环宇商城"})
    place_of = place_maker(database, key)
    with place_of() as place:
        _land_metadata(place)
    for kind, share in SHARES.items():
        left = items * share // 100
        while left:
            rows = []
            for _ in range(min(PAGE, left)):
                number += 1
                rows.append(_row(chance, kind, number) | _told(writer, kind, number))
            left -= len(rows)
            with place_of() as place:
                land_items(place, kind, rows)
    indexed = 1
    while indexed:
        with database.write() as connection:
            indexed = build_chunk(connection, key)


def _told(writer: Writer, kind: str, number: int) -> dict[str, str]:
    if kind == "bug":
        domain, title = writer.bug(number)
        return {"title": title, "description": writer.bug_description(domain, title, "20260301")}
    domain, title = writer.story(number)
    return {"name": title, "description": writer.story_description(domain, title, "20260301")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    scope = Scope((WORKSPACE,), NOW, PEOPLE[0])
    with opened(options.home, 0) as database:
        with database.read() as connection:
            empty = word_frequency(connection, parse(""), scope).total == 0
        if empty:
            generate(database, options.items)
        left_out = stop_words(Path())
        for name, where in QUESTIONS.items():
            walls, processors = [], []
            for _ in range(options.rounds):
                wall, processor = time.perf_counter(), time.process_time()
                with database.read() as connection:
                    found = word_frequency(connection, parse(where), scope, stop_words=left_out)
                walls.append(time.perf_counter() - wall)
                processors.append(time.process_time() - processor)
            wall, processor = statistics.median(walls), statistics.median(processors)
            print(
                f"{wall:6.2f} s by the wall {processor:6.2f} s by the processor  {name}:", end=" "
            )
            print(f"{found.total} items, {found.distinct} words")
        tracemalloc.start()
        with database.read() as connection:
            word_frequency(connection, parse(""), scope, stop_words=left_out)
        print(f"{tracemalloc.get_traced_memory()[1] / 1e6:8.1f} MB at most, everything")


if __name__ == "__main__":
    main()
