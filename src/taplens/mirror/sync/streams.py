"""How far each stream of a workspace has been read: the rows of `stream`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import Connection, delete, func, insert, select, update

from taplens.mirror.schema import item, stream

# The full-text index: no stream of TAPD's, but it has a position, too (see index/keeping.py).
INDEX = "index"
EMBEDDING = "embedding"  # the vectors; `position` says by which embedder
_OWN = (INDEX, EMBEDDING)


@dataclass(frozen=True, slots=True)
class Stream:
    """The reading position of one stream.

    `complete`: the first full read is done. `watermark`: everything modified before it is here
    (UTC epoch seconds). `history_from`: of change streams, everything since then is here.
    `position`: where an unfinished read goes on, {} when none is under way.
    """

    name: str
    complete: bool = False
    watermark: int | None = None
    history_from: int | None = None
    position: dict[str, Any] = field(default_factory=dict)
    read_at: int | None = None

    def at(self, **position: Any) -> Stream:
        """The same stream with parts of its position changed."""
        return replace(self, position=self.position | position)


def load_stream(connection: Connection, workspace: int, name: str) -> Stream:
    """The stream's position; a stream never read begins at nothing."""
    row = connection.execute(
        select(stream).where(stream.c.workspace == workspace, stream.c.name == name)
    ).one_or_none()
    if row is None:
        return Stream(name)
    position = orjson.loads(row.position) if row.position else {}
    return Stream(name, row.complete, row.watermark, row.history_from, position, row.read_at)


def save_stream(connection: Connection, workspace: int, state: Stream) -> None:
    """Store the position, in the transaction of the rows it stands for."""
    values = {
        "complete": state.complete,
        "watermark": state.watermark,
        "history_from": state.history_from,
        "position": orjson.dumps(state.position).decode() if state.position else None,
        "read_at": state.read_at,
    }
    own = (stream.c.workspace == workspace, stream.c.name == state.name)
    if not connection.execute(update(stream).where(*own).values(values)).rowcount:
        connection.execute(insert(stream).values(workspace=workspace, name=state.name, **values))


def drop_streams(connection: Connection, workspace: int, names: list[str] | None = None) -> None:
    """Forget the positions (all, or of these streams): the next sync reads them from the start.

    The index and the vectors stay in step with whatever lands.
    """
    condition = (stream.c.workspace == workspace) & stream.c.name.not_in(_OWN)
    if names is not None:
        condition = condition & stream.c.name.in_(names)
    connection.execute(delete(stream).where(condition))


def newest_modified(connection: Connection, workspace: int) -> int | None:
    """The newest `modified` of the workspace's items: a time that has passed at TAPD, too."""
    newest: int | None = connection.scalar(
        select(func.max(item.c.modified)).where(item.c.workspace == workspace)
    )
    return newest
