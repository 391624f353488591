"""Time in each status, and reopenings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taplens.analysis.flow.durations import Durations, durations
from taplens.analysis.flow.histories import MISSING, Flags, Histories, Ints
from taplens.analysis.flow.milestones import Milestones


@dataclass(frozen=True)
class StatusTimes:
    """How long finished items stood in each status between creation and finish.

    `times` has a group for each of `codes`; of an item that came back to a status the stays are
    added up. `counted` is how many items that is, `left_out` counts others by reason.
    """

    codes: Ints
    times: Durations
    counted: int
    left_out: dict[str, int]


def status_times(
    histories: Histories, reached: Milestones, since: int, until: int, groups: Ints
) -> StatusTimes:
    """The times in each status of items finished within `since` to `until` (excluded).

    `groups` names each stay's status (any code). The times of one item add up to its lead time.
    """
    finished = reached.finished
    counted = (finished != MISSING) & (finished >= since) & (finished < until)
    missing = histories.created == MISSING
    short = counted & ~missing & (~histories.is_whole | (reached.final < 0))
    begun = np.append(histories.began[1:], 0)
    before = np.arange(len(histories.began)) < reached.final[histories.owner]
    turned = np.zeros(histories.size, np.bool_)
    turned[histories.owner[before & (begun < histories.began)]] = True
    good = counted & ~missing & ~short & ~turned
    reasons = {
        "history_short": reached.ended_unknown | short,
        "created_missing": counted & missing,
        "clock_backwards": counted & ~missing & ~short & turned,
    }
    stays = np.flatnonzero(before & good[histories.owner])
    codes, places = np.unique(groups[stays], return_inverse=True)
    # One number a pair of item and status, to add up the stays of each.
    pairs, held = np.unique(histories.owner[stays] * len(codes) + places, return_inverse=True)
    seconds = np.zeros(len(pairs), np.int64)
    np.add.at(seconds, held, begun[stays] - histories.began[stays])
    times = durations(seconds, pairs % max(len(codes), 1), len(codes), (50,))
    left_out = {reason: int(out.sum()) for reason, out in reasons.items() if out.any()}
    return StatusTimes(codes, times, int(good.sum()), left_out)


@dataclass(frozen=True)
class Reopened:
    """Which items (flags) came into an end state in a period, and which of them left it again."""

    entered: Flags
    reopened: Flags
    left_out: dict[str, int]


def reopenings(histories: Histories, reached: Milestones, since: int, until: int) -> Reopened:
    """The items that entered an end state within `since` to `until` (excluded).

    Reopened is one that left the end states later on, whenever that was. An entry that was no
    move (an item that stood there when its history begins) counts where all moves are known.
    """
    entered_at = histories.entered
    entries = histories.enters_end & (entered_at >= since) & (entered_at < until)
    entries &= ~histories.is_first | histories.is_whole[histories.owner]
    first = histories.first_where(entries)
    last = histories.last_where(histories.leaves_end)
    entered = first >= 0
    short = int(reached.ended_unknown.sum())
    return Reopened(entered, entered & (last >= first), {"history_short": short} if short else {})
