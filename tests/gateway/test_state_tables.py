"""The tables of keys and usage, on SQLite and on PostgreSQL, and how they came there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taplens.errors import NotFoundError
from taplens.gateway import key_store, usage_store
from taplens.gateway.keys import Key, digest, new_id
from taplens.gateway.ledger import Account, Amounts
from taplens.mirror import migrations, schema
from taplens.mirror.database import open_state
from tests.mirror.conftest import new_settings, postgres_url, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taplens.config import Settings
    from taplens.mirror.database import Database

__all__ = ["new_settings", "postgres_url", "settings"]
pytestmark = pytest.mark.timeout(30)  # a database server may have to start
FIRST = Account("2026-03-30", "甲", "m", "p", "CNY", False)


@pytest.fixture
def state(settings: Settings) -> Iterator[Database]:
    database = open_state(settings)
    yield database
    database.close()


def test_a_key_comes_back_as_it_was_stored(state: Database) -> None:
    key = Key(
        id=new_id(), name="测试组 😀", models=("Qwen/*",), rpm=1, tpm=2, budget_tokens=3,
        budget_cost=4_000_000_000_000, budget_currency="CNY", mcp=True, created_at=5,
    )  # fmt: skip
    with state.write() as connection:
        secret = key_store.create(connection, key)
    with state.read() as connection:
        assert key_store.stored(connection) == [(key, digest(secret.reveal().encode()))]


def test_revoking_what_is_not_there_revokes_nothing(state: Database) -> None:
    with state.write() as connection:
        key_store.create(connection, Key(id="a", name="甲"))
    with pytest.raises(NotFoundError), state.write() as connection:
        key_store.revoke(connection, ["甲", "没有"], 7)
    with state.read() as connection:
        assert [key.revoked_at for key, _ in key_store.stored(connection)] == [None]


def test_batches_add_up_and_large_sums_stay_exact(state: Database) -> None:
    large = Amounts(1, 3_000_000_000, 5, 2**62 // 4)
    for _ in range(3):
        with state.write() as connection:
            usage_store.add(connection, {FIRST: large, FIRST._replace(key="乙"): Amounts(1)})
    with state.read() as connection:
        month = usage_store.month(connection, "2026-03")
        rows = usage_store.report(connection, since="2026-03-30", until="2026-03-30", by=["key"])
    (mine,) = [amounts for account, amounts in month.items() if account.key == "甲"]
    assert (mine.requests, mine.prompt_tokens, mine.cost) == (3, 9_000_000_000, 2**62 // 4 * 3)
    assert sorted(row["requests"] for row in rows) == [3, 3]


def test_months_are_summed_and_told_apart(state: Database) -> None:
    sums = {
        FIRST: Amounts(1, 1, 1, 1),
        FIRST._replace(day="2026-03-31", model="n"): Amounts(1, 1, 1, 1),
        FIRST._replace(day="2026-04-01"): Amounts(1, 1, 1, 1),
    }
    with state.write() as connection:
        usage_store.add(connection, sums)
    with state.read() as connection:
        found = usage_store.report(
            connection, since="2026-01-01", until="2026-12-31", by=["month", "key"], keys=["甲"]
        )
        assert usage_store.month(connection, "2026-04").popitem()[1].requests == 1
    assert [(row["month"], row["requests"]) for row in found] == [("2026-03", 2), ("2026-04", 1)]


def test_a_state_of_the_first_version_is_brought_forward(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("taplens.mirror.database.STATE_MIGRATIONS", migrations.STATE_MIGRATIONS[:1])
        database = open_state(settings)
        with database.read() as connection:
            assert not database.engine.dialect.has_table(connection, "usage")
        database.close()
    database = open_state(settings)
    with database.read() as connection:
        for table in schema.state.sorted_tables:
            assert database.engine.dialect.has_table(connection, table.name)
    database.close()
