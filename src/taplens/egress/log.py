"""The egress log: what went to which provider, never the text (table `egress` of state.db)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taplens.mirror.threads import in_thread

if TYPE_CHECKING:
    from taplens.config import Settings
    from taplens.mirror.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request to a provider. `at` is in UTC epoch seconds; `stand_ins` is how many values
    were replaced; `answer` is the same for all requests of one answer.
    """

    at: int
    answer: str
    principal: str
    provider: str
    model: str
    fields: Sequence[str]
    item_ids: Sequence[str]
    size: int
    stand_ins: int


class EgressLog:
    """Writes down what is about to leave; who can't write doesn't send."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database: Database | None = None
        self._opening = asyncio.Lock()

    async def note(self, sent: Sent) -> None:
        """Writes `sent` down. Raises MirrorError where it can't be."""
        async with self._opening:
            if self._database is None:
                from taplens.mirror.database import open_state

                self._database = await in_thread(lambda: open_state(self._settings))
        database = self._database
        await in_thread(lambda: _write(database, sent))

    async def aclose(self) -> None:
        """Closes the database."""
        database, self._database = self._database, None
        if database is not None:
            await in_thread(database.close)


def _write(database: Database, sent: Sent) -> None:
    import orjson
    from sqlalchemy import insert

    from taplens.mirror.schema import egress

    lists = {
        "fields": orjson.dumps(list(sent.fields)).decode(),
        "item_ids": orjson.dumps(list(sent.item_ids)).decode(),
    }
    values: dict[str, Any] = {
        "at": sent.at, "answer": sent.answer, "principal": sent.principal,
        "provider": sent.provider, "model": sent.model, "size": sent.size,
        "stand_ins": sent.stand_ins,
    }  # fmt: skip
    with database.write() as connection:
        connection.execute(insert(egress).values(values | lists))


def logged(
    settings: Settings, *, since: int, until: int, provider: str = "", limit: int = 100
) -> list[dict[str, Any]]:
    """What left from `since` to `until` (UTC epoch seconds), the latest first; blocks.

    `provider` "": all. Raises MirrorError.
    """
    import orjson
    from sqlalchemy import select

    from taplens.mirror.database import open_state
    from taplens.mirror.schema import egress

    query = select(egress).where(egress.c.at.between(since, until))
    if provider:
        query = query.where(egress.c.provider == provider)
    query = query.order_by(egress.c.at.desc(), egress.c.id.desc()).limit(limit)
    database = open_state(settings)
    try:
        with database.read() as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
    finally:
        database.close()
    for row in rows:
        row |= {name: orjson.loads(row[name]) for name in ("fields", "item_ids")}
    return rows
