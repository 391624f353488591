"""Metrics of bugs: how many escaped, and how many were rejected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taplens.analysis.flow.groups import Groups, groups_of
from taplens.analysis.flow.histories import FOREVER, MISSING, Flags, Ints
from taplens.analysis.flow.question import Found, Question
from taplens.analysis.flow.telling import Row, rate
from taplens.clock import day_start
from taplens.mirror.dialects import fold
from taplens.mirror.fields import TYPE_CODES

# In the name of a phase: the bug was met when the work was live. TAPD's own word is 上线阶段.
_LIVE = ("上线", "线上", "生产", "现网", "live", "production")
# The first words of TAPD's resolutions (values, and their labels) that say: this is no bug to mend.
_REFUSALS = frozenset(
    (
        "ignore", "failed", "external", "duplicated", "intentional", "unclear",
        "无需解决", "无法重现", "外部原因", "重复", "设计如此", "问题描述不准确",
    )
)  # fmt: skip

_BUGS = """
SELECT key, COALESCE(created, {missing}) AS created, COALESCE(status, -1) AS status,
  COALESCE(status_label, -1) AS label, COALESCE(resolution, -1) AS resolution,
  COALESCE(originphase, -1) AS phase, COALESCE(iteration, -1) AS iteration,
  COALESCE(story, -1) AS story
FROM item WHERE {where} ORDER BY key
"""
_ITERATIONS = f"""
SELECT id, completed, due FROM item WHERE NOT is_open AND type = {TYPE_CODES["iteration"]}
"""  # noqa: S608
_STORIES = f"""
SELECT id, completed, NULL FROM item
WHERE NOT is_open AND completed IS NOT NULL AND type = {TYPE_CODES["story"]}
"""  # noqa: S608


@dataclass(frozen=True)
class Escapes:
    """Which bugs escaped, by each of the signs; a bug may show several."""

    live_phase: Flags
    after_iteration: Flags
    after_story: Flags


def escapes(created: Ints, is_live: Flags, iteration_over: Ints, story_over: Ints) -> Escapes:
    """The signs that bugs created at `created` escaped.

    `is_live` says of each whether it was found in a live phase; `iteration_over` and `story_over`
    when the iteration and the story it belongs to were completed (FOREVER: not, or it has none).
    """
    return Escapes(is_live, created >= iteration_over, created >= story_over)


def escaped(question: Question) -> Found:
    """The metric `escaped`: of the bugs created in the period."""
    bugs, left_out = _bugs(question)
    texts = question.catalogue.texts(np.unique(bugs["phase"]).tolist())
    live = [code for code, text in texts.items() if any(word in fold(text) for word in _LIVE)]
    found = escapes(
        bugs["created"],
        np.isin(bugs["phase"], live),
        _over(question, bugs["iteration"], _ITERATIONS),
        _over(question, bugs["story"], _STORIES),
    )
    return _shares(question, bugs["key"], "escaped", vars(found), left_out)


def rejected(question: Question) -> Found:
    """The metric `rejected`: of the bugs created in the period."""
    bugs, left_out = _bugs(question)
    statuses = question.catalogue.texts(np.unique([bugs["status"], bugs["label"]]).tolist())
    refused = [code for code, text in statuses.items() if text == "rejected" or "拒绝" in text]
    resolutions = question.catalogue.texts(np.unique(bugs["resolution"]).tolist())
    no_bug = [code for code, text in resolutions.items() if fold(text).split(" ")[0] in _REFUSALS]
    by_status = np.isin(bugs["status"], refused) | np.isin(bugs["label"], refused)
    by_resolution = np.isin(bugs["resolution"], no_bug)
    signs = {"by_status": by_status, "by_resolution": by_resolution}
    return _shares(question, bugs["key"], "rejected", signs, left_out)


def _bugs(question: Question) -> tuple[dict[str, NDArray[Any]], dict[str, int]]:
    """The bugs created in the period, and how many were created nobody knows when."""
    selection, span = question.selection, question.span
    query = _BUGS.format(where=selection.sql, missing=MISSING)
    bugs = question.source.snapshot.columns(query, selection.parameters)
    unknown = int((bugs["created"] == MISSING).sum())
    within = (bugs["created"] >= span.since) & (bugs["created"] < span.until)
    return (
        {name: column[within] for name, column in bugs.items()},
        {"created_missing": unknown} if unknown else {},
    )


def _over(question: Question, codes: Ints, query: str) -> Ints:
    """When what each code points to was completed; FOREVER where it wasn't."""
    distinct, places = np.unique(codes, return_inverse=True)
    texts = question.catalogue.texts(distinct.tolist())
    over = {
        target: completed if completed is not None else _end_of(due)
        for target, completed, due in question.source.snapshot.rows(query)
    }
    known = [over.get(texts.get(code, ""), FOREVER) for code in distinct.tolist()]
    return np.array(known, np.int64)[places]


def _end_of(day: str | None) -> int:
    """When a day (ISO) is over; FOREVER for none, and for the last that the calendar has."""
    last = date.max if day is None else date.fromisoformat(day)
    return FOREVER if last == date.max else day_start(last + timedelta(days=1))


def _shares(
    question: Question,
    keys: Ints,
    name: str,
    signs: Mapping[str, Flags],
    left_out: Mapping[str, int],
) -> Found:
    """Rows with the share of the bugs that show any of `signs`, in groups where asked."""
    flags = np.logical_or.reduce(list(signs.values()))
    numbers = np.arange(len(keys))
    groups = Groups("", numbers, np.zeros(len(keys), np.int64), ((None, None),))
    if question.asked.by:
        groups = groups_of(
            question.source, question.catalogue, keys, question.selection, question.asked.by
        )
    size = len(groups.shown)
    totals = np.bincount(groups.places, minlength=size)
    counts = {
        sign: np.bincount(groups.places[marked[groups.items]], minlength=size)
        for sign, marked in {name: flags, **signs}.items()
    }
    order = np.argsort(-totals, kind="stable")
    order = order[(totals[order] > 0) | (groups.name == "")]
    kept = order[: question.asked.limit]
    rows: list[Row] = []
    for place in kept.tolist():
        row = groups.named(place) | rate("bugs", int(totals[place]), name, int(counts[name][place]))
        rows.append(row | {sign: int(counts[sign][place]) for sign in signs})
    found = keys[np.flatnonzero(flags)]
    return Found(
        rows=rows,
        total=len(keys),
        left_out=left_out,
        items=found[-question.asked.limit :][::-1].tolist(),
        other=int(totals[order[len(kept) :]].sum()),
        overlapping=groups.overlapping,
    )
