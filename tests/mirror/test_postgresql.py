"""PostgreSQL: opening waits for nobody's landing, a lost network hangs nobody, no secret shows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, select, text

from taplens.config import Settings
from taplens.errors import MirrorError, SyncRunningError
from taplens.mirror import database
from taplens.mirror.database import open_mirror, open_state
from taplens.mirror.schema import meta


@pytest.fixture
def server(postgres_url: str, tmp_path: Path) -> Settings:
    """Settings of an empty database of the test's own."""
    name = f"mirror_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return Settings(home=tmp_path, database_url=f"{postgres_url.rsplit('/', 1)[0]}/{name}")


@pytest.fixture
def reader(server: Settings) -> Iterator[str]:
    """A role of the server that may read the mirror and make nothing."""
    open_mirror(server).close()
    role = f"reader_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        connection.execute(f'CREATE ROLE "{role}" LOGIN')
        connection.execute(f'GRANT USAGE ON SCHEMA taplens TO "{role}"')
        connection.execute(f'GRANT SELECT ON ALL TABLES IN SCHEMA taplens TO "{role}"')
        yield role
        connection.execute(f'DROP OWNED BY "{role}"')
        connection.execute(f'DROP ROLE "{role}"')


def as_role(settings: Settings, role: str) -> Settings:
    return replace(settings, database_url=settings.database_url.replace("postgres@", f"{role}@"))


def test_a_mirror_is_opened_and_read_while_a_landing_goes_on(server: Settings) -> None:
    writer = open_mirror(server)
    with writer.write() as landing:
        landing.execute(insert(meta).values(name="落库", value="进行中"))
        second = open_mirror(server)
        with second.read() as connection:
            assert connection.scalar(select(meta.c.value).where(meta.c.name == "落库")) is None
        second.close()
    writer.close()


def test_the_books_are_written_while_a_landing_goes_on(server: Settings) -> None:
    mirror, state = open_mirror(server), open_state(server)
    with mirror.write(), state.write() as connection:
        connection.execute(insert(meta).values(name="账本", value="不等"))
    mirror.close()
    state.close()


def test_a_role_that_may_make_nothing_reads_a_mirror_that_is_there(
    server: Settings, reader: str
) -> None:
    mirror = open_mirror(as_role(server, reader))
    with mirror.read() as connection:
        assert connection.scalar(select(meta.c.value).where(meta.c.name == "version"))
    mirror.close()


@pytest.mark.parametrize("opened", [open_mirror, open_state])
def test_making_a_schema_waits_for_its_lock_no_longer_than_for_any(
    server: Settings, monkeypatch: pytest.MonkeyPatch, opened: Any
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 1)
    with psycopg.connect(server.database_url) as other:
        for key in (database.MIRROR_LOCK, database.STATE_LOCK):
            other.execute("SELECT pg_advisory_lock(%s)", (key,))
        with pytest.raises(SyncRunningError):
            opened(server)


def test_a_connection_notices_a_lost_network_and_an_abandoned_transaction(
    server: Settings,
) -> None:
    mirror = open_mirror(server)
    with mirror.read() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        kept = driver.info.get_parameters()
        bounds = {
            name: connection.scalar(text(f"SHOW {name}"))
            for name in (
                "lock_timeout",
                "statement_timeout",
                "idle_in_transaction_session_timeout",
                "tcp_keepalives_idle",
            )
        }
    mirror.close()
    assert int(kept["keepalives"]) == 1
    silent = int(kept["keepalives_idle"])
    silent += int(kept["keepalives_interval"]) * int(kept["keepalives_count"])
    assert silent <= 120
    assert 0 < int(kept["tcp_user_timeout"]) <= 120_000
    assert "0" not in bounds.values()
    # However long a table is: an index over all of it must not be cut off.
    assert bounds["statement_timeout"] == "1h"


def test_what_the_url_says_of_a_connection_wins(server: Settings) -> None:
    own = replace(
        server, database_url=f"{server.database_url}?keepalives_idle=7&options=-cwork_mem%3D7MB"
    )
    mirror = open_mirror(own)
    with mirror.read() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        kept = driver.info.get_parameters()
        memory = connection.scalar(text("SHOW work_mem"))
    mirror.close()
    assert (kept["keepalives_idle"], memory) == ("7", "7MB")


def test_a_password_is_never_part_of_the_place(server: Settings) -> None:
    hidden = f"{server.database_url}?password=db-1e2f&sslpassword=db-3c4d&application_name=测试"
    mirror = open_mirror(replace(server, database_url=hidden))
    mirror.close()
    assert "db-" not in mirror.place
    assert "application_name" in mirror.place
    with pytest.raises(MirrorError) as fault:
        open_mirror(
            replace(server, database_url="postgresql://u:db-5e6f@127.0.0.1:1/x?password=db-7")
        )
    assert "db-" not in fault.value.message("zh") + fault.value.mend("zh")
