"""The dictionary of coded texts: a text is stored once, rows hold its number."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from taplens.mirror.bulk import insert_tuples
from taplens.mirror.dialects import among
from taplens.mirror.schema import term

LONGEST = 800  # characters; PostgreSQL can't index longer texts, and longer values aren't enums
_REMEMBERED = 100_000


class Terms:
    """Gives texts their codes inside a write transaction, and remembers them for the next."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._lock = threading.Lock()

    def codes(self, connection: Connection, texts: Iterable[str]) -> dict[str, int]:
        """The code of each text, cut to LONGEST characters; new ones are added.

        Must run in a write transaction: there is one writer, so numbers can't clash.
        """
        with self._lock:
            wanted = {text[:LONGEST] for text in texts}
            missing = sorted(wanted - self._codes.keys())
            if missing:
                found = _stored(connection, missing)
                new = [text for text in missing if text not in found]
                self._codes |= found | _added(connection, new)
            codes = {text: self._codes[text] for text in wanted}
            if len(self._codes) > _REMEMBERED:
                self._codes.clear()
            return codes

    def forget(self) -> None:
        """Drop what is remembered: the transaction that gave it out was rolled back."""
        with self._lock:
            self._codes.clear()


def _stored(connection: Connection, texts: list[str]) -> dict[str, int]:
    wanted = among(term.c.text, texts, connection.dialect.name)
    rows = connection.execute(select(term.c.text, term.c.key).where(wanted))
    return {row.text: row.key for row in rows}


def _added(connection: Connection, texts: list[str]) -> dict[str, int]:
    if not texts:
        return {}
    last = connection.scalar(select(func.max(term.c.key))) or 0
    added = {text: last + number for number, text in enumerate(texts, start=1)}
    insert_tuples(connection, term, [(key, text) for text, key in added.items()])
    return added
