"""The environment of spawned processes: clean, for the sandbox, with modules compiled once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from taplens.sandbox import RunningSandbox

FIRST = "50311786"


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of compiled modules for spawned processes: compiled once, not by each of them."""
    folder = tmp_path_factory.mktemp("bytecode")
    modules = "taplens.cli.app, taplens.mcp.stdio, taplens.serving.run, taplens.tools.get_items"
    subprocess.run(
        [
            sys.executable,
            "-c",
            f"import {modules}, taplens.mirror.keeper, taplens.mirror.reads_items",
        ],
        env=clean_environment() | {"PYTHONPYCACHEPREFIX": str(folder)},
        check=True,
    )
    return folder


def clean_environment() -> dict[str, str]:
    """This process's environment without settings of TapLens, and with compiled modules kept."""
    dropped = ("TAPD_", "TAPLENS_", "CURRENT_USER_NICK", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}


@pytest.fixture
def environment(sandbox: RunningSandbox, tmp_path: Path, bytecode: Path) -> dict[str, str]:
    """The environment of a spawned process that uses the sandbox, with an empty home."""
    return clean_environment() | {
        "TAPD_API_BASE_URL": sandbox.base_url,
        "TAPD_ACCESS_TOKEN": "demo",
        "TAPD_WORKSPACE_ID": FIRST,
        "TAPLENS_HOME": str(tmp_path / "spawned"),
        "TAPLENS_BUDGET_FOLDER": str(tmp_path / "spawned"),
        "TAPLENS_REQUESTS_PER_MINUTE": "1000000",
        "TAPLENS_LANG": "en",
        "PYTHONPYCACHEPREFIX": str(bytecode),
    }
