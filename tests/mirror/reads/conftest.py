"""One small team's mirror on each engine, built once: these tests only read."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from taplens.config import Settings
from taplens.mirror.database import Database, open_mirror
from tests.mirror.reads.builders import build


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def team(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """The team's mirror."""
    url = ""
    if request.param == "postgresql":
        import psycopg

        server: str = request.getfixturevalue("postgres_url")
        name = f"reads_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        url = f"{server.rsplit('/', 1)[0]}/{name}"
    home: Path = tmp_path_factory.mktemp("team")
    with contextlib.closing(open_mirror(Settings(home=home, database_url=url))) as database:
        build(database)
        yield database
