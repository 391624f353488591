"""Every test of the mirror runs on SQLite and on PostgreSQL, by the fixture `settings`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from taplens.config import Secret, Settings
from tests.postgres import cluster

if TYPE_CHECKING:
    from taplens.sandbox import RunningSandbox


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with cluster() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def new_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Settings]:
    """Makes settings with an empty home and an empty database, as often as it is called."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""

    def made() -> Settings:
        name = f"mirror_{uuid.uuid4().hex[:12]}"
        home = tmp_path / name
        home.mkdir()
        return Settings(home=home, database_url=_new_database(url, name) if url else "")

    return made


def _new_database(url: str, name: str) -> str:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{url.rsplit('/', 1)[0]}/{name}"


@pytest.fixture
def settings(new_settings: Callable[[], Settings]) -> Settings:
    """Settings with an empty home and an empty database."""
    return new_settings()


@pytest.fixture
def connect(new_settings: Callable[[], Settings]) -> Callable[..., Settings]:
    """Settings that point one mirror at a sandbox: its workspaces, further settings as keywords."""
    return _connected_to(new_settings())


@pytest.fixture
def connect_sqlite(tmp_path: Path) -> Callable[..., Settings]:
    """The same on SQLite alone, where the database makes no difference."""
    return _connected_to(Settings(home=tmp_path))


def _connected_to(shared: Settings) -> Callable[..., Settings]:
    def connected(sandbox: RunningSandbox, *workspace_ids: str, **more: Any) -> Settings:
        values = {
            "api_base_url": sandbox.base_url,
            "access_token": Secret("demo"),
            "workspace_ids": workspace_ids or (sandbox.world.first.id,),
            "requests_per_minute": 1_000_000,
            "embedder": "off",  # vectors have tests of their own
        }
        return replace(shared, **values | more)

    return connected
