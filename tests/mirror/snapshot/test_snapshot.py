"""A synced mirror's snapshot holds what its tables hold, after faults and breaks too."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from taplens.errors import TapdError
from taplens.mirror import Keeper
from taplens.mirror.snapshot.keeping import Snapshots, Source
from tests.mirror.snapshot.tables import held, wanted

if TYPE_CHECKING:
    from taplens.sandbox import RunningSandbox

FAULTS = (
    {},
    {"kind": "cut", "path": "bug_changes", "times": 3},
    {"kind": "shift", "path": "bugs", "times": 1},
    {"kind": "html", "path": "stories", "times": 9},
)


def both(source: Source) -> tuple[Any, Any]:
    return held(source.snapshot), wanted(source.connection)


@pytest.mark.timeout(20)
async def test_extended_and_rebuilt_snapshots_hold_what_the_tables_hold(
    start_sandbox: Any, connect: Any, tmp_path: Path
) -> None:
    sandbox: RunningSandbox = start_sandbox(items=30)
    versions = []
    async with Keeper(connect(sandbox, request_seconds=1)) as keeper:
        for step, fault in enumerate(FAULTS):
            if fault:
                sandbox.fault(**fault)
            with contextlib.suppress(TapdError):
                await keeper.sync(census=step == 2)
            sandbox.clear_faults()
            found, expected = await keeper.analyse(both)
            assert found == expected
            anew = Snapshots(await keeper.mirror(), tmp_path / f"anew-{step}")
            assert anew.ask(both) == (found, expected)
            versions.append(await keeper.analyse(lambda source: source.snapshot.version))
            await asyncio.to_thread(sandbox.pass_days, 2, rate=8)
    assert versions == sorted(versions)
    assert versions[-1] > versions[0]
    assert len(found["iteration_change"]) > 5
    assert len(found["interval"]) > 50


async def test_a_sync_that_finds_nothing_new_leaves_the_snapshot_as_it_is(
    shared_sandbox: RunningSandbox, connect_sqlite: Any
) -> None:
    async with Keeper(connect_sqlite(shared_sandbox)) as keeper:
        await keeper.sync()
        before = await keeper.analyse(lambda source: source.snapshot)
        await keeper.sync()
        assert await keeper.analyse(lambda source: source.snapshot) is before
