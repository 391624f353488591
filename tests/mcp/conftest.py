"""Servers over the shared sandbox, in this process and spawned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mcp.client.client import Client

from taplens.config import Secret, Settings
from taplens.mcp.host import Host
from taplens.mcp.server import build
from tests.spawning import FIRST, bytecode, environment

if TYPE_CHECKING:
    from taplens.sandbox import RunningSandbox

__all__ = ["FIRST", "SECOND", "bytecode", "connected", "environment", "settings_for"]

SECOND = "46027719"


def settings_for(base_url: str, home: Path, **changes: object) -> Settings:
    values = {
        "home": home,
        "budget_folder": home,  # the printed configurations start processes
        "api_base_url": base_url,
        "access_token": Secret("demo"),
        "workspace_ids": (FIRST,),
        "requests_per_minute": 1_000_000,
    }
    return Settings(**values | changes)  # type: ignore[arg-type]


@pytest.fixture
def settings(sandbox: RunningSandbox, tmp_path: Path) -> Settings:
    """Settings of the sandbox's account with an empty home."""
    return settings_for(sandbox.base_url, tmp_path / "home")


def connected(settings: Settings, mode: str = "legacy") -> Client:
    """A client of a server in this process; use it as an async context manager."""
    return Client(build(Host(settings)), mode=mode)
