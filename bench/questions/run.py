"""Asks the judged questions of a mirror of the sandbox: how many are answered rightly.

Run: python bench/questions/run.py [--half tuning|untouched] [--failures] [--json] [--home FOLDER]
With --home the mirror is kept there and used again. The grammar is tuned on the half `tuning`; the
other is for the end, and its failures are not shown.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import re
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from judged.mirror import made

from judged import corpus
from questions.judging import VERDICTS, judged
from questions.slow import World
from taplens.agent.direct.answerer import Answered, Direct
from taplens.clock import WORKSPACE_ZONE, Clock
from taplens.config import load
from taplens.sandbox.world import PLANS

HALVES = ("tuning", "untouched")
_CHINESE = re.compile(r"[一-鿿]")


@dataclass(frozen=True, slots=True)
class Question:
    """A question with those before it in the conversation, and what is right."""

    text: str
    before: tuple[str, ...]
    expected: dict[str, Any]

    @property
    def half(self) -> str:
        """The half of the set that it belongs to, by its text alone."""
        return HALVES[hashlib.sha256(self.text.encode()).digest()[0] % 2]

    @property
    def language(self) -> str:
        """ "zh" where its words beside the names are Chinese."""
        is_english = re.match(r"[A-Za-z0-9 ']+ [A-Za-z]+", self.text)
        return "en" if is_english or not _CHINESE.search(self.text) else "zh"


def questions() -> Iterator[Question]:
    """The whole set, in its order."""
    source = Path(__file__).with_name("questions.toml").read_text(encoding="utf-8")
    for answer in tomllib.loads(source)["answer"]:
        for text in answer["asked"]:
            yield Question(text, tuple(answer.get("before", ())), answer)


def world() -> World:
    """The sandbox's rows, made anew."""
    from taplens.sandbox.store import Store
    from taplens.sandbox.world import build

    with Store() as store:
        build(store, items=corpus.ITEMS, seed=corpus.SEED, today=corpus.TODAY)
        return World(store, PLANS[0].id, corpus.TODAY)


def now() -> int:
    """The end of the sandbox's last day."""
    day = corpus.TODAY
    return int(datetime(day.year, day.month, day.day, 18, tzinfo=WORKSPACE_ZONE).timestamp())


async def answers(home: Path, asked: list[Question]) -> list[Answered]:
    """What `taplens-direct` says to each question."""
    from taplens.mirror import Keeper

    address = await asyncio.to_thread(made, home)
    settings = load({"home": home, "workspace_ids": (PLANS[0].id,), "api_base_url": address})
    clock = Clock(seconds=now)
    async with Keeper(settings, clock=clock) as keeper:

        async def opened() -> Keeper:
            return keeper

        direct = Direct(opened, clock)
        return [await direct.ask([*one.before, one.text]) for one in asked]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--half", choices=HALVES, default=HALVES[0])
    parser.add_argument("--failures", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    if options.failures and options.half != HALVES[0]:
        parser.error("whoever sees what the untouched half asks can't leave it untouched")
    asked = [one for one in questions() if one.half == options.half]
    with contextlib.ExitStack() as stack:
        home = options.home or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        told = asyncio.run(answers(home, asked))
    rows = world()
    verdicts = [
        judged(one.expected, answered, rows, now())
        for one, answered in zip(asked, told, strict=True)
    ]
    figures = {
        name: Counter(
            verdict
            for one, verdict in zip(asked, verdicts, strict=True)
            if name in ("all", one.language, "no answer" if one.expected["is"] == "asked" else "")
        )
        for name in ("zh", "en", "no answer", "all")
    }
    if options.failures:
        _failures(asked, told, verdicts)
    if options.json:
        json.dump({"half": options.half, "figures": figures}, sys.stdout, ensure_ascii=False)
        return
    print(f"{options.half:10} {'asked':>6}" + "".join(f"{name:>12}" for name in VERDICTS))
    for name, counts in figures.items():
        numbers = "".join(f"{counts[verdict]:12}" for verdict in VERDICTS)
        print(f"{name:10} {counts.total():6}{numbers}")


def _failures(asked: list[Question], told: list[Answered], verdicts: list[str]) -> None:
    for one, answered, verdict in zip(asked, told, verdicts, strict=True):
        if verdict != "right":
            print(f"\n{verdict}: {one.text}\n    {answered.basis.reading}")
            print("    " + answered.text.replace("\n", " ")[:260])


if __name__ == "__main__":
    main()
