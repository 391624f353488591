"""Every test of the search runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from taplens.config import Settings
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.embedders.builtin import BuiltinEmbedder
from tests.mirror.conftest import new_settings, postgres_url, settings
from tests.search.corpus import build, fill
from tests.search.embedded import embed

__all__ = ["new_settings", "postgres_url", "settings"]


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def corpus(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """The corpus with its index, made once: these tests only read."""
    home: Path = tmp_path_factory.mktemp("corpus")
    url = ""
    if request.param == "postgresql":
        import psycopg

        server: str = request.getfixturevalue("postgres_url")
        name = f"search_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        url = f"{server.rsplit('/', 1)[0]}/{name}"
    with contextlib.closing(open_mirror(Settings(home=home, database_url=url))) as database:
        fill(database)
        build(database)
        yield database


@pytest.fixture(scope="session")
def embedded(corpus: Database) -> Database:
    """The corpus with the vectors of the built-in embedder."""
    asyncio.run(embed(corpus, BuiltinEmbedder()))
    return corpus


@pytest.fixture
def mirror(settings: Settings) -> Iterator[Database]:
    """The corpus in a mirror of the test's own, without its index."""
    with contextlib.closing(open_mirror(settings)) as database:
        fill(database)
        yield database
