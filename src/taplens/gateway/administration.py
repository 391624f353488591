"""Keys and usage from the command line: on state.db alone, whether or not a server runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from taplens.clock import Clock, iso_time
from taplens.config import Settings
from taplens.errors import ArgumentError, NotFoundError
from taplens.gateway.keys import LOCAL, OPERATOR, Key, new_id
from taplens.gateway.ledger import BILLION, Ledger

if TYPE_CHECKING:
    from taplens.config import Secret
    from taplens.mirror.database import Database

NAME_CHARACTERS = 100
AMOUNTS = (0.000001, 1_000_000_000.0)  # of money, as a budget of a month
_RESERVED = (OPERATOR.id, LOCAL.id)  # what the ledger calls requests without a key of ours


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """state.db, closed at the end. Raises MirrorError."""
    from taplens.mirror.database import open_state

    database = open_state(settings)
    try:
        yield database
    finally:
        database.close()


def create_key(
    settings: Settings,
    *,
    name: str,
    models: Sequence[str] = (),
    rpm: int | None = None,
    tpm: int | None = None,
    budget_tokens: int | None = None,
    budget_cost: float | None = None,
    budget_currency: str | None = None,
    mcp: bool = False,
) -> tuple[Key, Secret]:
    """A new key and its secret, which is shown once. Limits as in Key, the cost in its currency.

    Raises ArgumentError for an amount out of `AMOUNTS`, and for a name that isn't printable or by
    which another key is called.
    """
    from taplens.gateway import key_store

    _check_name(name)
    key = Key(
        id=new_id(),
        name=name,
        models=tuple(models) or None,
        rpm=rpm,
        tpm=tpm,
        budget_tokens=budget_tokens,
        budget_cost=None if budget_cost is None else _billionths(budget_cost),
        budget_currency=None if budget_cost is None else budget_currency,
        mcp=mcp,
        created_at=Clock().now(),
    )
    with opened(settings) as database, database.write() as connection:
        active = (known for known, _ in key_store.stored(connection) if known.revoked_at is None)
        if name in _RESERVED or any(name in (known.id, known.name) for known in active):
            raise ArgumentError("key_name_taken", name=name)
        return key, key_store.create(connection, key)


def _check_name(name: str) -> None:
    if not (name.strip() and name.isprintable() and len(name) <= NAME_CHARACTERS):
        raise ArgumentError("key_name_invalid", most=NAME_CHARACTERS)


def _billionths(amount: float) -> int:
    low, high = AMOUNTS
    if not low <= amount <= high:  # nor is it, where it is no number
        raise ArgumentError("key_budget_range", low=f"{low:f}", high=f"{high:,.0f}", value=amount)
    return round(amount * BILLION)


def list_keys(settings: Settings) -> list[dict[str, Any]]:
    """Every key, with what it has used this month."""
    from taplens.gateway import key_store, usage_store

    ledger = Ledger(Clock())
    month = ledger.today()[:7]
    with opened(settings) as database, database.read() as connection:
        keys = [key for key, _ in key_store.stored(connection)]
        ledger.stored(usage_store.month(connection, month), month)
    return [record(key) | _used(ledger, key) for key in keys]


def revoke_keys(settings: Settings, named: Sequence[str]) -> list[dict[str, Any]]:
    """Make the keys with these ids or names invalid; those that became so. Raises NotFoundError."""
    from taplens.gateway import key_store

    with opened(settings) as database, database.write() as connection:
        return [record(key) for key in key_store.revoke(connection, named, Clock().now())]


def usage_report(
    settings: Settings, *, since: str, until: str, by: Sequence[str], key: str | None
) -> list[dict[str, Any]]:
    """Usage from the day `since` to `until`, summed by `by`; `key` is an id or a name.

    Raises ArgumentError where `until` is before `since`, NotFoundError for an unknown key.
    """
    from taplens.gateway import key_store, usage_store

    if since > until:
        raise ArgumentError("usage_span_empty", since=since, until=until)
    with opened(settings) as database, database.read() as connection:
        names = {known.id: known.name for known, _ in key_store.stored(connection)}
        ids = None if key is None else _ids_of(key, names)
        rows = usage_store.report(connection, since=since, until=until, by=by, keys=ids)
    for row in rows:
        row["cost"] = row["cost"] / BILLION if row["currency"] else None
        if "key" in row:
            row["name"] = names.get(row["key"], row["key"])
    return rows


def _ids_of(key: str, names: Mapping[str, str]) -> list[str]:
    """What the ledger calls the keys with this id or name."""
    found = [key_id for key_id, name in names.items() if key in (key_id, name)]
    if not found and key not in _RESERVED:
        raise NotFoundError("key_unknown", name=key)
    return found or [key]


def record(key: Key) -> dict[str, Any]:
    """A key as it is printed."""
    return {
        "id": key.id,
        "name": key.name,
        "models": None if key.models is None else list(key.models),
        "rpm": key.rpm,
        "tpm": key.tpm,
        "budget_tokens": key.budget_tokens,
        "budget_cost": None if key.budget_cost is None else key.budget_cost / BILLION,
        "budget_currency": key.budget_currency,
        "mcp": key.mcp,
        "created": iso_time(key.created_at),
        "revoked": None if key.revoked_at is None else iso_time(key.revoked_at),
    }


def _used(ledger: Ledger, key: Key) -> dict[str, Any]:
    spent = ledger.spent(key.id)
    costs = {currency: cost / BILLION for currency, cost in spent.costs.items() if currency}
    return {"month_tokens": spent.tokens, "month_cost": costs}
