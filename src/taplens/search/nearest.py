"""What is near to a question without holding all its words: by some of them, and by meaning."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from taplens.filters import Words, fold
from taplens.mirror.columns import read_columns
from taplens.mirror.compile import Compiled
from taplens.mirror.schema import item
from taplens.mirror.scope import Notice
from taplens.mirror.vectors.keeping import is_complete
from taplens.search.fusion import fused
from taplens.search.ranking import Ranking, best_keys
from taplens.tapd.ids import SEQUENCE_DIGITS

if TYPE_CHECKING:
    from taplens.search.meaning import Sense

MOST = 50  # of the nearest: whoever looks further asks otherwise
_ID = re.compile(r"#?([0-9]{4,25})")
_DEPTH = 100  # of each ranking that is fused
_WORDS, _MEANING = 1.0, 2.0  # how much a ranking counts


def id_in(bare: Collection[Words]) -> str:
    """The digits of the id, short or long, that is all of the `bare` words; "" where none is."""
    found = [_ID.fullmatch(fold(words.text)) for words in bare]
    return found[0].group(1) if len(found) == 1 and found[0] else ""


def named(connection: Connection, compiled: Compiled, digits: str) -> list[int]:
    """The keys of the items, as `compiled` means them, whose id is `digits`."""
    is_short = len(digits) <= SEQUENCE_DIGITS
    asked = item.c.number == int(digits) if is_short else item.c.id == digits
    query = select(item.c.key).where(asked, compiled.where).order_by(item.c.type, item.c.key)
    return list(connection.scalars(query.limit(_DEPTH)))


def happened_in(start: int, end: int) -> ColumnElement[bool]:
    """Whether an item was created or done from `start` on and before `end` (epoch seconds)."""
    times = (item.c.created, item.c.completed, item.c.resolved, item.c.closed)
    return or_(*(and_(time >= start, time < end) for time in times))


def nearest_together(
    connection: Connection, compiled: Compiled, apart: Ranking | None, sense: Sense | None
) -> tuple[list[int], list[Notice]]:
    """The keys of what is nearest by the words taken `apart` and by `sense`, and what to tell.

    Only items that fulfil `compiled` are ranked.
    """
    words = best_keys(connection, compiled, apart, _DEPTH) if apart else []
    meant, notices = near_in_meaning(connection, compiled, sense, _DEPTH)
    return fused([(_WORDS, words), (_MEANING, meant)])[:MOST], notices


def nearest_by_meaning(
    connection: Connection, compiled: Compiled, sense: Sense | None
) -> tuple[list[int], list[Notice]]:
    """The keys of what is nearest by `sense` alone, and what to tell."""
    if sense is None:
        return [], [Notice("embedder_off")]
    return near_in_meaning(connection, compiled, sense, MOST)


def near_in_meaning(
    connection: Connection, compiled: Compiled, sense: Sense | None, most: int
) -> tuple[list[int], list[Notice]]:
    """The keys of at most `most` items near to `sense` (none without it), and what to tell."""
    if sense is None:
        return [], []
    if sense.fault is not None:
        return [], [sense.fault]
    if sense.vector is None:
        return [], []
    from taplens.search.matrix import matrix_of

    matrix = matrix_of(connection, sense.embedder)
    whole = is_complete(connection, compiled.catalogue.workspaces, sense.embedder)
    notices = [] if whole and matrix and not matrix.is_full else [Notice("vectors_incomplete")]
    if matrix is None:
        return [], notices
    if len(sense.vector) != matrix.dimensions:
        lengths = {"found": len(sense.vector), "known": matrix.dimensions}
        return [], [Notice("vector_of_another_length", lengths)]
    (keys,) = read_columns(connection, compiled.where, [item.c.key])
    asked = matrix.whitened(sense.vector) if sense.whitened else sense.vector
    near = matrix.nearest(asked, keys, most, sense.least)
    return [key for key, _ in near], notices
