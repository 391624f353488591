"""Times indexing, embedding and search on generated items, beside a linear scan over their JSON.

Run: python bench/search.py [--items 100000] [--rounds 7] [--home FOLDER] [--json]
With --home the mirror is kept there and used again. Times are by the wall and by the processor,
which leaves out the waiting for it where other work goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mirror_reads import (
    NOW,
    PAGE,
    PEOPLE,
    SEED,
    SHARES,
    WORKSPACE,
    _iteration,
    _land_metadata,
    _row,
    place_maker,
)
from sqlalchemy import select, text

from taplens.config import Settings
from taplens.filters import parse
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.embedders.builtin import BuiltinEmbedder, vectors_of
from taplens.mirror.index.documents import Document
from taplens.mirror.index.keeping import begin_anew, build_chunk
from taplens.mirror.index.tables import document
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.metadata import ensure_workspace
from taplens.mirror.landing.project import unpacked
from taplens.mirror.schema import raw, workspace
from taplens.mirror.scope import Scope
from taplens.mirror.vectors import keeping
from taplens.mirror.vectors.embedding import embed_batch
from taplens.search.find import _Asked as Question
from taplens.search.find import find
from taplens.search.matrix import matrix_of
from taplens.search.meaning import Sense, bare_words
from taplens.search.ranking import ranked_page, ranking_of

# In so many of the items' texts: one in 2,000, a fifth, nearly all.
RARE, FIFTH, COMMON = "量子纠缠", "白屏", "重现步骤"
QUESTIONS = {
    "rare word": RARE,
    "word in a fifth": FIFTH,
    "word in nearly all": COMMON,
    "word in a fifth, filtered": f"{FIFTH} type:bug is:open",
    "word in nearly all, filtered": f"{COMMON} owner:{PEOPLE[7]} priority:紧急",
    "two words": f"{FIFTH} {COMMON}",
    "single character": "屏",
    "phrase": f'"{COMMON} {FIFTH}"',
    "id": "ORDER-1024",
    "nearest of a sentence": "支付超时之后量子纠缠怎么处理的",
}


# Few items hold these words: what is near follows, so the vectors are asked, too.
NEAR = {
    "fused, two words": "登陆崩溃",
    "fused, a sentence": "支付超时之后量子纠缠怎么处理的",
    "fused, filtered": "量子纠缠不成功 type:bug is:open",
    "fused, English": "who fixed the login crash",
}


def _vocabulary(chance: random.Random) -> tuple[list[str], list[float]]:
    characters = [chr(code) for code in range(0x4E00, 0x4E00 + 1_800)]
    lengths = (2, 2, 2, 2, 3, 4)
    words = ["".join(chance.sample(characters, chance.choice(lengths))) for _ in range(3_000)]
    return words, [1 / (place + 5) for place in range(len(words))]


def _description(chance: random.Random, words: list[str], weights: list[float], n: int) -> str:
    chosen = chance.choices(words, weights, k=chance.choice((30, 50, 80, 140)))
    parts = ["".join(chosen[start : start + 4]) for start in range(0, len(chosen), 4)]
    if n % 50:
        parts.insert(0, COMMON)
    if n % 5 == 0:
        parts.insert(chance.randrange(len(parts)), FIFTH)
    if n % 2_000 == 0:
        parts.insert(chance.randrange(len(parts)), RARE)
    if n % 10 == 0:
        parts.append(f"单号 ORDER-{n % 5_000}")
    return "".join(f"<p>{part}，</p>" for part in parts)


def generate(database: Database, items: int, seed: int = SEED) -> None:
    """Fill an empty mirror with `items` items that have descriptions, without the index."""
    chance = random.Random(seed)
    words, weights = _vocabulary(chance)
    with database.write() as connection:
        key = ensure_workspace(connection, {"id": WORKSPACE, "name": "环宇商城"})
    place_of = place_maker(database, key)
    with place_of() as place:
        _land_metadata(place)
        land_items(place, "iteration", [_iteration(number) for number in range(52)])
    number = 0
    for kind, share in SHARES.items():
        count = items * share // 100
        for start in range(0, count, PAGE):
            size = min(PAGE, count - start)
            rows = []
            for _ in range(size):
                number += 1
                told = _description(chance, words, weights, number)
                rows.append(_row(chance, kind, number) | {"description": told})
            with place_of() as place:
                land_items(place, kind, rows)


def index(database: Database) -> dict[str, float]:
    """Build the index anew; megabytes of text, seconds, and the index's size beside the text."""
    with database.write() as connection:
        begin_anew(connection)
        key = connection.scalar(select(workspace.c.key))
    before = _bytes_used(database)
    wall, processor = time.perf_counter(), time.process_time()
    indexed = 1
    while indexed:
        with database.write() as connection:
            indexed = build_chunk(connection, key)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    with database.read() as connection:
        held = map(Document.restored, connection.scalars(select(document.c.text)))
        size = sum(len((d.title + d.body + d.comments).encode()) for d in held)
    return {
        "text MB": size / 1e6,
        "wall s": wall,
        "processor s": processor,
        "MB/s by the wall": size / 1e6 / wall,
        "MB/s by the processor": size / 1e6 / processor,
        "size / text": (_bytes_used(database) - before) / size,
    }


def embed(database: Database) -> dict[str, float]:
    """Embed what isn't, with the built-in embedder; items, seconds, megabytes of all vectors."""
    embedder = BuiltinEmbedder()
    with database.read() as connection:
        key = connection.scalar(select(workspace.c.key)) or 0
    before, items = _bytes_used(database), 0
    wall, processor = time.perf_counter(), time.process_time()
    while done := asyncio.run(embed_batch(database, key, embedder)):
        items += done
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    with database.write() as connection:
        keeping.end(connection, key, embedder.name, NOW, complete=True)
    began = time.perf_counter()
    with database.read() as connection:
        matrix_of(connection, embedder.name)
    return {
        "items embedded": items,
        "wall s": wall,
        "processor s": processor,
        "MB more in the mirror": (_bytes_used(database) - before) / 1e6,
        "s until a process has them in memory": time.perf_counter() - began,
    }


def sense_of(where: str) -> Sense:
    """What the bare words of a filter mean to the built-in embedder."""
    text = " ".join(words.text for words in bare_words(parse(where).where))
    by = BuiltinEmbedder
    return Sense(by.name, by.least, by.whitened, vectors_of([text])[0])


def _bytes_used(database: Database) -> int:
    with database.read() as connection:
        pages, free, size = (
            connection.scalar(text(f"PRAGMA {name}"))
            for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size


def scan(connection: Any, word: str) -> int:
    """How many items hold `word` in a text, by reading every item's JSON."""
    found = 0
    for payload in connection.scalars(select(raw.c.payload)):
        row = unpacked(payload)
        title = row.get("title") or row.get("name") or ""
        found += word in title or word in row.get("description", "")
    return found


def timed(rounds: int, call: Callable[[], Any]) -> tuple[float, float]:
    """The medians of `rounds` warm calls, in milliseconds: by the wall and by the processor."""
    call()
    walls, processors = [], []
    for _ in range(rounds):
        wall, processor = time.perf_counter(), time.process_time()
        call()
        walls.append((time.perf_counter() - wall) * 1_000)
        processors.append((time.process_time() - processor) * 1_000)
    return statistics.median(walls), statistics.median(processors)


def ask(database: Database, rounds: int) -> dict[str, tuple[float, float]]:
    """Warm medians in milliseconds of every question, and of the scan."""
    scope = Scope((WORKSPACE,), NOW, PEOPLE[0])
    with database.read() as connection:

        def asked(where: str, mode: str = "auto") -> Callable[[], Any]:
            return lambda: find(connection, parse(where), scope, mode=mode, limit=20)

        def near(where: str) -> Any:
            return find(connection, parse(where), scope, limit=20, sense=sense_of(where))

        times = {}
        for name, where in QUESTIONS.items():
            times[name] = timed(rounds, asked(where, "fulltext"))
            times[f"{name}: matching and ranking alone"] = timed(
                rounds, ranked(connection, where, scope)
            )
        for name, where in NEAR.items():
            times[name] = timed(rounds, lambda where=where: near(where))
        times["exact, word in a fifth"] = timed(3, asked(FIFTH, "exact"))
        times["exact, part of a word"] = timed(3, asked("rder-10", "exact"))
        times["linear scan over the JSON"] = timed(1, lambda: scan(connection, FIFTH))
    return times


def ranked(connection: Any, where: str, scope: Scope) -> Callable[[], Any]:
    """The search without the rows, labels, people and passages of its answer."""
    query = parse(where)
    question = Question(connection, query, scope, 20, 0)
    ranking = ranking_of(query.where)
    assert ranking is not None
    return lambda: ranked_page(connection, question._compiled(ranking.settled), ranking, 20, 0)


@contextlib.contextmanager
def opened(home: Path | None, items: int) -> Iterator[Database]:
    with contextlib.ExitStack() as stack:
        place = home or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        fresh = not (place / "mirror.db").exists()
        database = stack.enter_context(contextlib.closing(open_mirror(Settings(home=place))))
        if fresh:
            generate(database, items)
        yield database


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with opened(options.home, options.items) as database:
        built, embedded = index(database), embed(database)
        times = ask(database, options.rounds)
    if options.json:
        json.dump(
            {"index": built, "embed": embedded, "find": times},
            sys.stdout,
            ensure_ascii=False,
            indent=2,
        )
        return
    for what, value in built.items():
        print(f"index {value:9.2f}  {what}")
    for what, value in embedded.items():
        print(f"embed {value:9.2f}  {what}")
    for what, (wall, processor) in times.items():
        print(f"find  {wall:9.2f} ms by the wall {processor:9.2f} ms by the processor  {what}")


if __name__ == "__main__":
    main()
