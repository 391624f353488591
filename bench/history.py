"""Adds a past to the mirror that `mirror_reads` makes: six changes an item, four of its status."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from mirror_reads import ENDS, NOW, PAGE, PEOPLE, SEED, STATUSES, TASK_STATUSES, _id, _time
from sqlalchemy import select

from taplens.mirror.database import Database
from taplens.mirror.fields import TYPES
from taplens.mirror.landing.history import land_changes
from taplens.mirror.schema import item, term

_ORDER = {**{kind: list(labels) for kind, labels in STATUSES.items()}, "task": TASK_STATUSES}
_OWNERS = {"story": "story_id", "task": "task_id", "bug": "bug_id"}
_MOVES = 4  # changes of status of an item; two others beside


def add_history(database: Database, place_of: Callable[[], Any]) -> None:
    """Land the changes of every story, bug and task, so that each ends in its present status."""
    chance = random.Random(SEED)
    with database.read() as connection:
        rows = connection.execute(
            select(item.c.type, item.c.id, item.c.created, term.c.text)
            .join(term, term.c.key == item.c.status)
            .where(item.c.type <= 3)
            .order_by(item.c.key)
        ).all()
    numbers = iter(range(1, 10_000_000))
    for code in (1, 2, 3):
        kind = TYPES[code]
        mine = [row for row in rows if row.type == code]
        for start in range(0, len(mine), PAGE // 6):
            page = mine[start : start + PAGE // 6]
            changes = [change for row in page for change in _changes(chance, kind, row, numbers)]
            with place_of() as place:
                land_changes(place, kind, changes)


def _changes(
    chance: random.Random, kind: str, row: Any, numbers: Iterator[int]
) -> Iterator[dict[str, Any]]:
    states = _ORDER[kind]
    opens = [state for state in states if state not in ENDS.get(kind, ["done"])]
    path = [opens[0], *(chance.choice(states) for _ in range(_MOVES - 1)), row.text]
    at = row.created
    told = [("status", before, after) for before, after in pairwise(path)]
    told.insert(1, ("iteration_id", "0", _id(chance.randrange(52))))
    told.insert(3, ("owner", chance.choice(PEOPLE), chance.choice(PEOPLE)))
    for field, before, after in told:
        at = min(at + chance.randrange(12 * 86_400), NOW)
        shared = {
            "id": f"{next(numbers):020}", _OWNERS[kind]: row.id, "created": _time(at),
            "author": chance.choice(PEOPLE),
        }  # fmt: skip
        if kind == "bug":
            yield shared | {"field": field, "old_value": before, "new_value": after}
        else:
            change = {"field": field, "value_before": before, "value_after": after}
            yield shared | {"field_changes": [change]}
