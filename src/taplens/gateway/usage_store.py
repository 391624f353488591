"""The table `usage` in state.db: batches added in, sums read out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, func, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from taplens.gateway.ledger import Account, Amounts, Sums
from taplens.mirror.schema import usage

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_AMOUNTS = tuple(Amounts.__dataclass_fields__)
GROUPS = ("day", "month", "key", "model", "provider")


def add(connection: Connection, sums: Sums) -> None:
    """Add a batch to what is stored; other processes add to the same rows."""
    if not sums:
        return
    statement: Any = _INSERT[connection.dialect.name](usage)
    statement = statement.on_conflict_do_update(
        index_elements=list(Account._fields),
        set_={name: usage.c[name] + statement.excluded[name] for name in _AMOUNTS},
    )
    rows = [account._asdict() | asdict(amounts) for account, amounts in sorted(sums.items())]
    connection.execute(statement, rows)


def month(connection: Connection, name: str) -> Sums:
    """What every key used in the month `name` (YYYY-MM), by currency."""
    rows = connection.execute(
        select(usage.c.key, usage.c.currency, *_sums())
        .where(usage.c.day.between(name + "-01", name + "-31"))
        .group_by(usage.c.key, usage.c.currency)
    )
    return {
        Account(name + "-01", row.key, "", "", row.currency, False): _amounts(row) for row in rows
    }


def report(
    connection: Connection,
    *,
    since: str,
    until: str,
    by: Sequence[str],
    keys: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Usage from the day `since` to `until` (both included), summed by `by` (of GROUPS).

    `keys` are ids; None: all. Always apart: currencies, and what is estimated.
    """
    # Literal numbers: PostgreSQL takes an expression with parameters for another one each time.
    month_of = func.substr(usage.c.day, literal_column("1"), literal_column("7")).label("month")
    groups = [month_of if name == "month" else usage.c[name] for name in by]
    groups += [usage.c.currency, usage.c.estimated]
    query = select(*groups, *_sums()).where(usage.c.day.between(since, until))
    if keys is not None:
        query = query.where(usage.c.key.in_(keys))
    found = connection.execute(query.group_by(*groups).order_by(*groups))
    return [dict(row._mapping) | asdict(_amounts(row)) for row in found]


def _sums() -> list[Any]:
    return [func.sum(usage.c[name]).label(name) for name in _AMOUNTS]


def _amounts(row: Any) -> Amounts:
    return Amounts(*(int(row._mapping[name]) for name in _AMOUNTS))
