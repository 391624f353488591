"""How fresh the mirror is and how far it reaches: told beside every answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, select

from taplens.mirror.compile import compile_query
from taplens.mirror.fields import TYPE_CODES, TYPES
from taplens.mirror.schema import item, stream, workspace

if TYPE_CHECKING:
    from taplens.filters import Query
    from taplens.mirror.scope import Scope
    from taplens.mirror.snapshot.keeping import Source

_LOGGED = ("story", "bug", "task")  # the types whose changes TAPD keeps
Kind = tuple[int, int]  # the key of a workspace, the code of a type


@dataclass(frozen=True, slots=True)
class Freshness:
    """Of some workspaces together, the most careful of each; times are UTC epoch seconds.

    `as_of`: every item is here as it was then. `history_from`: every change since then is here;
    None where there are items of types `without_history`, whose changes aren't. `pending`: the
    kinds of items that the first sync hasn't read to the end yet.
    """

    as_of: int | None
    history_from: int | None
    pending: tuple[str, ...]
    without_history: tuple[str, ...] = ()

    def lacks_history(self, since: int) -> bool:
        """Whether there may have been changes from `since` on that aren't here."""
        late = self.history_from is not None and since < self.history_from
        return late or bool(self.without_history)


def freshness_of(source: Source, query: Query, scope: Scope) -> Freshness:
    """How fresh the mirror is for what `query` means: its history is that of the types met."""
    compiled = compile_query(source.connection, query, scope)
    chosen = source.snapshot.matching(source.connection, compiled)
    kinds = f"SELECT DISTINCT workspace, type FROM item WHERE {chosen.sql}"  # noqa: S608
    met = source.snapshot.rows(kinds, chosen.parameters)
    return freshness(source.connection, scope.workspace_ids, met)


def freshness(
    connection: Connection, workspace_ids: Sequence[str], kinds: Collection[Kind] | None = None
) -> Freshness:
    """How fresh the mirror is for `workspace_ids`, its history for items of `kinds` (None: all)."""
    rows = connection.execute(
        select(stream, workspace.c.task_type)
        .join(workspace, workspace.c.key == stream.c.workspace)
        .where(workspace.c.id.in_(workspace_ids))
    ).all()
    items = [row for row in rows if row.name in TYPE_CODES]
    read = [row.read_at for row in items if row.read_at is not None]
    complete = [row.name for row in items if row.complete]
    pending = [name for name in TYPE_CODES if complete.count(name) < len(set(workspace_ids))]
    reached = dict(_reached(rows))
    if kinds is None:
        kinds = _mirrored(connection, {row.workspace for row in rows}, reached)
    without = sorted({code for place, code in kinds if (place, code) not in reached})
    return Freshness(
        as_of=min(read, default=None),
        history_from=None if without else max(map(reached.__getitem__, kinds), default=None),
        pending=tuple(pending),
        without_history=tuple(TYPES[code] for code in without),
    )


def _reached(rows: Iterable[Row[Any]]) -> Iterator[tuple[Kind, int]]:
    """From when on the changes of each kind are here."""
    for row in rows:
        kept = row.name.removesuffix("_change")
        if kept == row.name or kept not in _LOGGED or row.history_from is None:
            continue
        # Where tasks are kept as stories there is one log for both.
        both = row.task_type and kept == "story"
        for name in ("story", "task") if both else (kept,):
            yield (row.workspace, TYPE_CODES[name]), row.history_from


def _mirrored(
    connection: Connection, workspaces: Iterable[int], reached: Mapping[Kind, int]
) -> list[Kind]:
    """The kinds whose changes are here, and those that there are items of."""
    kinds = [(place, TYPE_CODES[name]) for place in workspaces for name in _LOGGED]
    return [kind for kind in kinds if kind in reached or _has_items(connection, kind)]


def _has_items(connection: Connection, kind: Kind) -> bool:
    place, code = kind
    one = select(item.c.key).where(item.c.workspace == place, item.c.type == code).limit(1)
    return connection.scalar(one) is not None
