"""The keys in state.db."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, insert, select, update

from taplens.errors import NotFoundError
from taplens.gateway import keys
from taplens.gateway.keys import Key
from taplens.mirror.schema import api_key

if TYPE_CHECKING:
    from taplens.config import Secret


def create(connection: Connection, key: Key) -> Secret:
    """Store `key` and return its secret, which can't be had again."""
    secret = keys.new_secret(key.id)
    values = asdict(key) | {
        "digest": keys.digest(secret.reveal().encode()).hex(),
        "models": None if key.models is None else orjson.dumps(key.models).decode(),
    }
    connection.execute(insert(api_key).values(values))
    return secret


def stored(connection: Connection) -> list[tuple[Key, bytes]]:
    """Every key with its digest, revoked ones too, in the order of their making."""
    rows = connection.execute(select(api_key).order_by(api_key.c.created_at, api_key.c.id))
    return [(_key(row._mapping), bytes.fromhex(row.digest)) for row in rows]


def revoke(connection: Connection, named: Sequence[str], now: int) -> list[Key]:
    """Make the keys with these ids or names invalid; those that became so.

    Raises NotFoundError `key_unknown` where one names no key; then none is revoked.
    """
    known = [key for key, _ in stored(connection)]
    chosen: list[Key] = []
    for name in named:
        found = [key for key in known if name in (key.id, key.name)]
        if not found:
            raise NotFoundError("key_unknown", name=name)
        chosen += [key for key in found if key.revoked_at is None]
    ids = [key.id for key in chosen]
    connection.execute(update(api_key).where(api_key.c.id.in_(ids)).values(revoked_at=now))
    return chosen


def _key(row: Any) -> Key:
    values = {name: row[name] for name in Key.__dataclass_fields__}
    models = values["models"]
    return Key(**values | {"models": None if models is None else tuple(orjson.loads(models))})
