"""Asks the judged set of a mirror: recall among the first ten and mean reciprocal rank, by mode.

Run: python bench/judged/run.py [--half tuning|untouched] [--modes fulltext,auto] [--failures N]
     [--json] [--home FOLDER]
With --home the mirror is kept there and used again: take another folder when what a sync writes has
changed. What is tuned is tuned on the half `tuning`; the other is for the end, and its failures are
not shown.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from judged.corpus import Corpus, generated
from judged.judged_set import Question, judged_set
from judged.judging import FIRST, Figures, Verdict, figures, judged
from judged.mirror import Mirror, known_modes
from judged.query import HALVES
from taplens.errors import FilterError

MODES = ("exact", "fulltext", "semantic", "auto")


def asked(mirror: Mirror, questions: Iterable[Question], mode: str) -> list[Verdict]:
    """The verdicts on a mode; a filter that it refuses found nothing."""
    verdicts = []
    for question in questions:
        came, fault = [], ""
        try:
            rows = mirror.find(question.query.where, mode, FIRST)
            came = [(row["type"], row["id"]) for row in rows]
        except FilterError as error:
            fault = error.code
        verdicts.append(judged(question.query, question.right, came, fault))
    return verdicts


@contextlib.contextmanager
def opened(home: Path | None) -> Iterator[Mirror]:
    """A mirror of the corpus: the one in `home`, made where there is none, or one for now."""
    with contextlib.ExitStack() as stack:
        place = home or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield stack.enter_context(Mirror(place))


def table(told: dict[str, dict[str, Figures] | None]) -> None:
    """Print the figures, a row for each kind of query."""
    present = {mode: by_kind for mode, by_kind in told.items() if by_kind}
    print(f"{'':18}{'queries':>8}" + "".join(f"{mode:>20}" for mode in present))
    print(f"{'':26}" + f"{'recall@10':>13}{'MRR':>7}" * len(present))
    for kind in next(iter(present.values()), {}):
        cells = [by_kind[kind] for by_kind in present.values()]
        print(
            f"{kind:18}{cells[0].queries:8}"
            + "".join(f"{cell.recall:13.2f}{cell.mrr:7.2f}" for cell in cells)
        )
    for mode, by_kind in told.items():
        if by_kind is None:
            print(f"{mode}: absent, the tool doesn't offer it")
        elif by_kind["all"].faults:
            print(f"{mode}: {by_kind['all'].faults} queries refused with an error")


def failures(verdicts: Sequence[Verdict], corpus: Corpus, most: int) -> None:
    """Print the worst answered queries: what is right (+) and what came instead (-)."""
    titles = {item.key: f"{item.type} {item.id[-7:]} {item.title}" for item in corpus.items}
    missed = sorted((one for one in verdicts if one.recall < 1), key=lambda one: one.recall)
    for one in missed[:most]:
        print(f"\n{one.query.kind} {one.recall:.2f}  {one.query.where}  {one.fault}")
        for sign, keys in (("+", one.right.difference(one.came)), ("-", one.came)):
            for key in keys:
                if sign == "+" or key not in one.right:
                    print(f"  {sign} {titles.get(key, key)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--half", choices=HALVES, default=HALVES[0])
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--failures", type=int, default=0, metavar="N")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    if options.failures and options.half != HALVES[0]:
        parser.error("whoever sees what the untouched half asks can't leave it untouched")
    corpus = generated()
    questions = [one for one in judged_set(corpus) if one.query.half == options.half]
    told: dict[str, dict[str, Figures] | None] = {}
    with opened(options.home) as mirror:
        for mode in options.modes.split(","):
            verdicts = asked(mirror, questions, mode) if mode in known_modes() else None
            told[mode] = figures(verdicts) if verdicts else None
            if verdicts and options.failures:
                print(f"\n{mode}")
                failures(verdicts, corpus, options.failures)
    if options.json:
        told_all = {"half": options.half, "modes": told}
        json.dump(told_all, sys.stdout, ensure_ascii=False, indent=2, default=asdict)
        return
    print(f"half {options.half}, {len(corpus.items)} items")
    table(told)


if __name__ == "__main__":
    main()
