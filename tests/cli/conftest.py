"""Runs the command line, in this process or as a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from taplens.cli.app import run
from taplens.config import Secret, Settings
from taplens.mirror import Keeper
from tests.spawning import FIRST, bytecode, environment

if TYPE_CHECKING:
    from pathlib import Path

    from taplens.sandbox import RunningSandbox

__all__ = ["FIRST", "Taplens", "bytecode", "environment"]


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    out: str
    err: str


Taplens = Callable[..., Outcome]


@pytest.fixture(scope="session")
def synced_home(shared_sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose mirror of the first workspace is complete."""
    home = tmp_path_factory.mktemp("home")
    settings = Settings(
        home=home,
        api_base_url=shared_sandbox.base_url,
        access_token=Secret("demo"),
        workspace_ids=(FIRST,),
        requests_per_minute=1_000_000,
    )

    async def sync() -> None:
        async with Keeper(settings) as keeper:
            await keeper.sync()

    asyncio.run(sync())
    return home


@pytest.fixture
def sandbox_variables(
    monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    """The environment of someone who uses the sandbox, in English, with an empty home."""
    for name, value in {
        "TAPD_API_BASE_URL": sandbox.base_url,
        "TAPD_ACCESS_TOKEN": "demo",
        "TAPD_WORKSPACE_ID": FIRST,
        "TAPLENS_HOME": str(tmp_path / "home"),
        "TAPLENS_REQUESTS_PER_MINUTE": "1000000",
        "TAPLENS_LANG": "en",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("TAPD_API_USER", "TAPD_API_PASSWORD", "CURRENT_USER_NICK", "TAPLENS_HTTP_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def taplens(sandbox_variables: None, capsys: pytest.CaptureFixture[str]) -> Taplens:
    """Runs `taplens` with arguments: its exit code and what it printed."""

    def called(*arguments: str) -> Outcome:
        capsys.readouterr()
        code = run(arguments)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return called


@pytest.fixture
def synced(taplens: Taplens, synced_home: Path, monkeypatch: pytest.MonkeyPatch) -> Taplens:
    """The same with a mirror that is complete."""
    monkeypatch.setenv("TAPLENS_HOME", str(synced_home))
    return taplens
