"""When items were started and finished, and which of them can't be told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taplens.analysis.flow.histories import ENDED, IN_PROGRESS, MISSING, Flags, Histories, Ints


@dataclass(frozen=True)
class Milestones:
    """When each item was started and finished: UTC epoch seconds, MISSING where it wasn't.

    `started`: its first entry into an in-progress status. `finished`: its last entry into the
    end states, of items that stand in one now; `final` is the stay it begins with (-1 where only a
    field of TAPD's tells it). `ended_unknown` marks items that ended nobody knows when.

    Where the clock went backwards both are the latest time told before, `start_turned` and
    `finish_turned` mark such items: when it really was nobody knows.
    """

    started: Ints
    finished: Ints
    final: Ints
    ended_unknown: Flags
    start_turned: Flags
    finish_turned: Flags


def milestones(histories: Histories) -> Milestones:
    """The milestones of all items.

    A first stay in an end state was no move that was seen: its time is what TAPD's field tells,
    or else the creation, if all moves since then are known.
    """
    if not histories.size:
        none = np.zeros(0, np.int64)
        no = np.zeros(0, np.bool_)
        return Milestones(none, none, none, no, no, no)
    is_ended = histories.stage[histories.offsets[1:] - 1] == ENDED
    entry = histories.last_where(histories.enters_end)
    seen = is_ended & (entry > histories.offsets[:-1])
    assumed = np.where(histories.is_whole, histories.created, MISSING)
    unseen = np.where(histories.told != MISSING, histories.told, assumed)
    known = np.where(unseen == MISSING, MISSING, np.maximum(unseen, histories.created))
    finished = np.where(seen, histories.entered[entry], np.where(is_ended, known, MISSING))
    told = np.where(seen, histories.began[entry], np.where(is_ended, unseen, MISSING))
    first = histories.first_where(histories.stage == IN_PROGRESS)
    started = np.where(first >= 0, histories.entered[first], MISSING)
    return Milestones(
        started=started,
        finished=finished,
        final=np.where(seen | (is_ended & (told == histories.created)), entry, -1),
        ended_unknown=is_ended & (finished == MISSING),
        start_turned=(first >= 0) & (histories.began[first] < started),
        finish_turned=told < finished,
    )


@dataclass(frozen=True)
class Spans:
    """Lengths of time: `items` (their numbers) and `seconds` of each; `left_out` counts others.

    The reasons: "created_missing", "history_short", "not_started" (went to its end without ever
    being in progress), "clock_backwards".
    """

    items: Ints
    seconds: Ints
    left_out: dict[str, int]


def lead_times(histories: Histories, reached: Milestones, since: int, until: int) -> Spans:
    """From creation to the finish, of items finished within `since` to `until` (excluded)."""
    counted = _finished_within(reached, since, until)
    reasons = {
        "history_short": reached.ended_unknown,
        "created_missing": counted & (histories.created == MISSING),
    }
    return _spans(counted, histories.created, reached.finished, reasons, reached.finish_turned)


def cycle_times(histories: Histories, reached: Milestones, since: int, until: int) -> Spans:
    """From the start to the finish, of items finished within `since` to `until` (excluded)."""
    counted = _finished_within(reached, since, until)
    whole = histories.is_whole & (reached.final >= 0)
    missing = histories.created == MISSING
    reasons = {
        "history_short": reached.ended_unknown | (counted & ~missing & ~whole),
        "created_missing": counted & missing,
        "not_started": counted & whole & (reached.started == MISSING),
    }
    turned = reached.start_turned | reached.finish_turned
    return _spans(counted, reached.started, reached.finished, reasons, turned)


def ages(histories: Histories, reached: Milestones) -> Spans:
    """From the start until now, of items in progress now: not of removed ones."""
    last = histories.stage[histories.offsets[1:] - 1] if histories.size else histories.stage
    counted = (last == IN_PROGRESS) & (histories.removed > histories.now)
    missing = histories.created == MISSING
    reasons = {
        "history_short": counted & ~missing & ~histories.is_whole,
        "created_missing": counted & missing,
    }
    now = np.full_like(reached.started, histories.now)
    return _spans(counted, reached.started, now, reasons, reached.start_turned)


def _finished_within(reached: Milestones, since: int, until: int) -> Flags:
    finished = reached.finished
    within: Flags = (finished != MISSING) & (finished >= since) & (finished < until)
    return within


def _spans(
    counted: Flags, begin: Ints, end: Ints, reasons: dict[str, Flags], turned: Flags
) -> Spans:
    """The spans of the `counted` items that no reason leaves out, not even a clock's."""
    for out in reasons.values():
        counted = counted & ~out
    backwards = counted & (turned | (end < begin))
    items = np.flatnonzero(counted & ~backwards)
    reasons = {**reasons, "clock_backwards": backwards}
    left_out = {reason: int(out.sum()) for reason, out in reasons.items() if out.any()}
    return Spans(items, end[items] - begin[items], left_out)
