"""An answer from statuses over time says of which types there are none yet."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from taplens.config import Settings
from taplens.mirror import Keeper
from taplens.tools import registry
from taplens.tools.context import ToolContext
from tests.tools.conftest import FIRST, Ask

ASKED = {"since": "2026-03"}


@pytest.fixture
async def without_bugs(mirrored: Settings, tmp_path: Path) -> AsyncIterator[Ask]:
    """Asks a mirror that the change log of the bugs hasn't been read into."""
    with (
        contextlib.closing(sqlite3.connect(mirrored.home / "mirror.db")) as whole,
        contextlib.closing(sqlite3.connect(tmp_path / "mirror.db")) as copy,
    ):
        whole.backup(copy)
        copy.execute("UPDATE stream SET history_from = NULL WHERE name = 'bug_change'")
        copy.commit()
    async with Keeper(replace(mirrored, home=tmp_path)) as keeper:
        context = ToolContext(keeper=keeper, workspaces=(FIRST,), locale="en", budget=None)

        async def ask(name: str, arguments: dict[str, Any]) -> registry.Result:
            return await registry.call(context, name, arguments)

        yield ask


async def test_a_type_whose_log_is_not_read_yet_is_named(without_bugs: Ask) -> None:
    for where in ("type:bug", "type:bug,story", ""):
        found = (await without_bugs("trends", ASKED | {"where": where})).content
        assert "history_from" not in found
        assert any("of bug:" in told for told in found["warnings"]), where
        flow = (await without_bugs("flow_metrics", ASKED | {"where": where})).content
        assert "history_from" not in flow
        assert any("history" in told for told in flow["warnings"]), where


async def test_other_types_have_their_own_history(without_bugs: Ask) -> None:
    for tool in ("trends", "flow_metrics"):
        found = (await without_bugs(tool, ASKED | {"where": "type:story"})).content
        assert found["history_from"]
        assert "warnings" not in found


async def test_a_forecast_rests_on_the_history_of_what_it_takes_the_pace_of(
    without_bugs: Ask,
) -> None:
    asked = {"where": "type:bug", "days": 365}
    assert "history_from" not in (await without_bugs("forecast", asked)).content
    stories = (await without_bugs("forecast", asked | {"pace": "type:story"})).content
    assert stories["history_from"]


async def test_the_state_of_a_workspace_promises_no_history_that_is_missing(
    without_bugs: Ask,
) -> None:
    assert "history_from" not in (await without_bugs("workspace_status", {})).content


async def test_nothing_found_needs_no_history(without_bugs: Ask) -> None:
    found = (await without_bugs("trends", ASKED | {"where": "type:story 登录 -登录"})).content
    assert not any("statuses over time" in told for told in found.get("warnings", []))
