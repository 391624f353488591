"""Histories for tests: written as lists, drawn at random, and turned into arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from hypothesis import strategies as st

from taplens.analysis.flow.histories import (
    ENDED,
    FOREVER,
    IN_PROGRESS,
    MISSING,
    NOT_STARTED,
    Histories,
)
from taplens.clock import WORKSPACE_ZONE

# What the statuses of these tests mean: 0, 1 not started; 2, 3, 4 in progress; 5, 6 ended.
STAGE_OF = {
    0: NOT_STARTED,
    1: NOT_STARTED,
    2: IN_PROGRESS,
    3: IN_PROGRESS,
    4: IN_PROGRESS,
    5: ENDED,
    6: ENDED,
}
NEW, PLANNED, DOING, TESTING, WAITING, CLOSED, REJECTED = range(7)


def at(text: str) -> int:
    """UTC epoch seconds of a time in the workspace's zone."""
    return int(datetime.fromisoformat(text).replace(tzinfo=WORKSPACE_ZONE).timestamp())


@dataclass(frozen=True)
class Made:
    """An item: when it was created, its stays as (status, began), and what else is known of it."""

    stays: list[tuple[int, int]]
    created: int = MISSING
    known_from: int = MISSING
    told: int = MISSING
    removed: int = FOREVER
    key: int = field(default=0, compare=False)


def item(*stays: tuple[int, str], **known: int) -> Made:
    """An item that was created with its first stay."""
    told = [(status, at(began)) for status, began in stays]
    return Made(told, **{"created": told[0][1], **known})


def histories(items: list[Made], now: int) -> Histories:
    """The items as arrays."""
    stays = [stay for one in items for stay in one.stays]
    return Histories(
        key=np.arange(1, len(items) + 1),
        created=np.array([one.created for one in items], np.int64),
        known_from=np.array([one.known_from for one in items], np.int64),
        told=np.array([one.told for one in items], np.int64),
        removed=np.array([one.removed for one in items], np.int64),
        offsets=np.cumsum([0, *(len(one.stays) for one in items)]),
        status=np.array([status for status, _ in stays], np.int64),
        stage=np.array([STAGE_OF[status] for status, _ in stays], np.int8),
        began=np.array([began for _, began in stays], np.int64),
        now=now,
    )


@st.composite
def made_items(draw: st.DrawFn) -> Made:
    """An item with any history: reopened, skipping states, unknown, or against the clock.

    There are few instants, so that things often happen at the same one.
    """
    instants = st.integers(0, 60)
    created = draw(st.one_of(st.just(MISSING), instants))
    statuses = draw(st.lists(st.sampled_from(sorted(STAGE_OF)), min_size=1, max_size=7))
    times = draw(st.lists(instants, min_size=len(statuses) - 1, max_size=len(statuses) - 1))
    if draw(st.booleans()):
        times.sort()
    return Made(
        list(zip(statuses, [created, *times], strict=True)),
        created,
        draw(st.sampled_from((MISSING, 20))),
        draw(st.one_of(st.just(MISSING), instants)),
        draw(st.one_of(st.just(FOREVER), st.just(MISSING), instants)),
    )


ITEMS = st.lists(made_items(), max_size=12)
