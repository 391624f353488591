"""The items that a model reads, and the batches they are read in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from taplens.filters import parse
from taplens.mirror.scope import Scope

MOST_ITEMS = 400
BATCH_TOKENS = 6_000
_MOST_CHARACTERS = 1_200  # of one item's text: what comes after rarely says more


@dataclass(frozen=True, slots=True)
class Reading:
    """An item as a model reads it, by the name that findings must call it by.

    No person is named in a field of its own: a summary needs none.
    """

    name: str
    id: str
    type: str
    title: str
    status: str
    text: str

    def json_object(self) -> dict[str, str]:
        """What goes to the model."""
        told = {"id": self.name, "title": self.title, "status": self.status, "text": self.text}
        return {name: value for name, value in told.items() if value}


def read(connection: Connection, scope: Scope, where: str) -> list[Reading]:
    """The items of `where` that changed last, at most MOST_ITEMS, in a fixed order."""
    from taplens.mirror.compile import compile_query
    from taplens.mirror.index.documents import Document
    from taplens.mirror.index.tables import document
    from taplens.mirror.reads_find import page_of
    from taplens.mirror.rows import light_rows

    compiled = compile_query(connection, parse(f"{where} sort:-modified"), scope)
    _, keys = page_of(connection, compiled, MOST_ITEMS, 0)
    rows = light_rows(compiled.catalogue, keys)
    held = select(document.c.item, document.c.text).where(document.c.item.in_(keys))
    texts = {row.item: row.text for row in connection.execute(held) if row.text is not None}
    readings = []
    for key, row in zip(keys, rows, strict=True):
        body = Document.restored(texts[key]).body if key in texts else ""
        number = str(row.number) if len(scope.workspace_ids) == 1 and row.number else row.id
        status = row.status_label or row.status
        reading = Reading(
            f"{row.type}:{number}", row.id, row.type, row.title, status, body[:_MOST_CHARACTERS]
        )
        readings.append(reading)
    return sorted(readings, key=lambda one: (one.type, one.id))


def batches(
    readings: Sequence[Reading], most: int = BATCH_TOKENS, items: int = 0
) -> Iterator[list[Reading]]:
    """The readings in batches of about `most` tokens and at most `items` (0: any number), at
    least one each.
    """
    from taplens.llm.tokens import estimate

    batch: list[Reading] = []
    room = most
    for reading in readings:
        cost = estimate(*reading.json_object().values()) + 20  # names and marks of the JSON
        if batch and (cost > room or len(batch) == items):
            yield batch
            batch, room = [], most
        batch.append(reading)
        room -= cost
    if batch:
        yield batch
