"""The state of a workspace in figures: items by type and status, urgent bugs, freshness."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, select

from taplens.errors import EmptyMirrorError, NotFoundError
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.dialects import fold
from taplens.mirror.fields import TYPE_CODES, TYPES
from taplens.mirror.names import field_target
from taplens.mirror.rows import Row, light_rows
from taplens.mirror.schema import item, stream, workspace
from taplens.mirror.scope import Scope
from taplens.mirror.special import IS_OPEN
from taplens.mirror.sync.streams import INDEX
from taplens.mirror.values import holds

MOST_URGENT = 10
# What teams call the priority that can't wait, where they haven't renamed it.
_URGENT = frozenset(("urgent", "紧急"))


@dataclass(frozen=True, slots=True)
class TypeCount:
    """How many items of a type there are, and how many of them are open."""

    type: str
    total: int
    open: int


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many items of a type stand in a status, by the team's word for it."""

    type: str
    label: str
    count: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class StreamState:
    """How far one stream is mirrored: times are UTC epoch seconds."""

    name: str
    complete: bool
    watermark: int | None
    history_from: int | None
    read_at: int | None


@dataclass(frozen=True, slots=True)
class WorkspaceState:
    """A workspace in figures.

    `as_of` is when the last complete refresh began, `history_from` from when on all changes are
    mirrored (None: not yet); `urgent` are the newest of `urgent_total` open urgent bugs.
    """

    id: str
    name: str
    as_of: int | None
    answerable_at: int | None
    census_at: int | None
    history_from: int | None
    types: tuple[TypeCount, ...]
    statuses: tuple[StatusCount, ...]
    urgent_total: int
    urgent: tuple[Row, ...]
    streams: tuple[StreamState, ...]


def workspace_state(connection: Connection, scope: Scope, workspace_id: str) -> WorkspaceState:
    """The state of one workspace of the scope.

    Raises NotFoundError outside the scope, EmptyMirrorError where nothing of it is mirrored.
    """
    catalogue, key = opened(connection, scope, workspace_id)
    row = connection.execute(select(workspace).where(workspace.c.key == key)).one()
    streams = tuple(_streams(connection, key))
    types, statuses = _counts(catalogue, key)
    total, urgent = _urgent(catalogue, key)
    return WorkspaceState(
        id=workspace_id,
        name=row.name,
        as_of=row.synced_at,
        answerable_at=row.answerable_at,
        census_at=row.census_at,
        history_from=_history_from(streams),
        types=types,
        statuses=statuses,
        urgent_total=total,
        urgent=urgent,
        streams=streams,
    )


def opened(connection: Connection, scope: Scope, workspace_id: str) -> tuple[Catalogue, int]:
    """The words and the key of one workspace of the scope.

    Raises NotFoundError outside the scope, EmptyMirrorError where nothing of it is mirrored.
    """
    if workspace_id not in scope.workspace_ids:
        raise NotFoundError(
            "workspace_unknown", workspace=workspace_id[:40], known=", ".join(scope.workspace_ids)
        )
    catalogue = Catalogue(connection, Scope((workspace_id,), scope.now, scope.me))
    for key in catalogue.workspaces:
        return catalogue, key
    raise EmptyMirrorError("mirror_empty", workspaces=workspace_id)


def _streams(connection: Connection, key: int) -> Iterable[StreamState]:
    of_tapd = (stream.c.workspace == key) & (stream.c.name != INDEX)
    query = select(stream).where(of_tapd).order_by(stream.c.name)
    for row in connection.execute(query):
        yield StreamState(row.name, row.complete, row.watermark, row.history_from, row.read_at)


def _history_from(streams: Iterable[StreamState]) -> int | None:
    """From when on the changes of every type are mirrored: the latest of their beginnings."""
    return max((entry.history_from for entry in streams if entry.history_from), default=None)


def _present(key: int) -> ColumnElement[bool]:
    return and_(item.c.workspace == key, item.c.removed.is_(None))


def _counts(
    catalogue: Catalogue, key: int
) -> tuple[tuple[TypeCount, ...], tuple[StatusCount, ...]]:
    rows = catalogue.connection.execute(
        select(item.c.type, item.c.is_open, item.c.status_label, func.count().label("items"))
        .where(_present(key))
        .group_by(item.c.type, item.c.is_open, item.c.status_label)
    ).all()
    texts = catalogue.texts(row.status_label for row in rows)
    places = _status_places(catalogue)
    statuses = [
        StatusCount(TYPES[row.type], texts.get(row.status_label, ""), row.items, row.is_open)
        for row in rows
    ]
    unknown = len(places)
    statuses.sort(
        key=lambda entry: (
            TYPE_CODES[entry.type],
            places.get((entry.type, entry.label), unknown),
            entry.label,
        )
    )
    types = [
        TypeCount(
            name,
            sum(entry.count for entry in statuses if entry.type == name),
            sum(entry.count for entry in statuses if entry.type == name and entry.is_open),
        )
        for name in TYPE_CODES
    ]
    return tuple(types), tuple(statuses)


def _status_places(catalogue: Catalogue) -> dict[tuple[str, str], int]:
    places: dict[tuple[str, str], int] = {}
    for status in sorted(catalogue.statuses, key=lambda status: status.position):
        places.setdefault((status.type, status.label), len(places))
    return places


def _urgent(catalogue: Catalogue, key: int) -> tuple[int, tuple[Row, ...]]:
    """Open bugs of the priority that says urgent, else of the first the team lists."""
    (part,) = field_target("priority").parts
    options = [option for option in catalogue.options(["priority"]) if option.type == "bug"]
    named = [option for option in options if {fold(option.value), fold(option.label)} & _URGENT]
    meant = named or options[:1]
    texts = {text for option in meant for text in (option.value, option.label)} or set(_URGENT)
    condition = and_(
        _present(key),
        item.c.type == TYPE_CODES["bug"],
        IS_OPEN,
        holds(part, catalogue.codes(texts).values()),
    )
    query = select(func.count()).select_from(item).where(condition)
    total: int = catalogue.connection.scalar(query) or 0
    newest = select(item.c.key).where(condition).order_by(item.c.modified.desc(), item.c.id)
    keys = catalogue.connection.scalars(newest.limit(MOST_URGENT)).all()
    return total, tuple(light_rows(catalogue, keys))
