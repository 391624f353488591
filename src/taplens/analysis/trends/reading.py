"""What trends need of the snapshot, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, select

from taplens.analysis.ending import ENDED_AT
from taplens.analysis.trends.lives import NEVER, UNSET, Array, Items, Lives, Stays, lives
from taplens.mirror.dialects import among
from taplens.mirror.schema import term
from taplens.mirror.snapshot.keeping import Source
from taplens.mirror.snapshot.matching import Selection
from taplens.mirror.snapshot.opened import Snapshot


@dataclass(frozen=True, slots=True)
class Past:
    """The lives of all items of a snapshot.

    `keys` are their keys in ascending order: an item's place in it is its number in `lives`. The
    statuses there are places in `labels`, the team's words (-1: none); `status` holds each item's
    present one. `unplaced` are the places
    of items that are removed, nobody knows since when: they count as open at no time.
    """

    keys: Array
    lives: Lives
    labels: tuple[str, ...]
    status: Array
    unplaced: Array


def past_of(source: Source) -> Past:
    """The past of everything; read once a version."""
    return source.snapshot.kept("past", lambda: _read(source))


def chosen_places(source: Source, past: Past, chosen: Selection) -> Array:
    """Which of all items are chosen: a truth value for each place."""
    query = f"SELECT key FROM item WHERE {chosen.sql}"  # noqa: S608
    keys = source.snapshot.columns(query, chosen.parameters)["key"]
    found = np.zeros(len(past.keys), bool)
    found[np.searchsorted(past.keys, keys)] = True
    return found


def _read(source: Source) -> Past:
    snapshot = source.snapshot
    items = snapshot.columns(
        f"SELECT key, coalesce(created, {UNSET}) AS created, is_open,"  # noqa: S608
        f" coalesce({ENDED_AT}, {UNSET}) AS finished, coalesce(status_label, 0) AS status,"
        f" CASE WHEN removed IS NULL THEN {NEVER} ELSE coalesce(removed_at, {UNSET}) END AS removed"
        " FROM item ORDER BY key"
    )
    keys = items.pop("key")
    present = _texts(source.connection, items["status"])
    labels = sorted({*present.values(), *(label for (label,) in snapshot.rows(_LABELS))})
    places = {label: place for place, label in enumerate(labels)}
    codes, inverse = np.unique(items["status"], return_inverse=True)
    known = [places.get(present.get(code, ""), -1) for code in codes.tolist()]
    items["status"] = np.array(known, dtype=np.int64)[inverse]
    stays = _stays(snapshot, keys, labels)
    unplaced = np.flatnonzero(items["removed"] == UNSET)
    return Past(keys, lives(Items(**items), stays), tuple(labels), items["status"], unplaced)


_LABELS = "SELECT DISTINCT label FROM interval"


def _stays(snapshot: Snapshot, keys: Array, labels: list[str]) -> Stays:
    read = snapshot.columns(
        "SELECT item, began, is_end, list_position(?, label) - 1 AS status"
        " FROM interval ORDER BY item, position",
        [labels],
    )
    item = np.searchsorted(keys, read["item"])
    return Stays(item, read["began"], read["is_end"], np.asarray(read["status"]))


def _texts(connection: Connection, codes: Array) -> dict[int, str]:
    wanted = among(term.c.key, np.unique(codes).tolist(), connection.dialect.name)
    rows = connection.execute(select(term.c.key, term.c.text).where(wanted))
    return {row.key: row.text for row in rows}
