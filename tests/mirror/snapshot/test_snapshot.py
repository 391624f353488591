"""The snapshot holds what the mirror holds, of the same version, whatever happens to its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from taplens.mirror import Keeper
from taplens.mirror.snapshot.keeping import Snapshots, Source
from tests.mirror.snapshot.tables import held, wanted

if TYPE_CHECKING:
    from taplens.sandbox import RunningSandbox


def both(source: Source) -> tuple[Any, Any]:
    return held(source.snapshot), wanted(source.connection)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("seed", [1, 2])
async def test_extended_and_rebuilt_snapshots_hold_what_the_tables_hold(
    start_sandbox: Any, connect: Any, tmp_path: Path, seed: int
) -> None:
    sandbox: RunningSandbox = start_sandbox(items=40, seed=seed)
    settings = connect(sandbox)
    versions = []
    async with Keeper(settings) as keeper:
        for step in range(5):
            await keeper.sync(census=step == 3)
            found, expected = await keeper.analyse(both)
            assert found == expected
            anew = Snapshots(await keeper.mirror(), tmp_path / f"anew-{step}")
            assert anew.ask(both) == (found, expected)
            versions.append(await keeper.analyse(lambda source: source.snapshot.version))
            sandbox.pass_days(2)
    assert versions == sorted(set(versions))
    assert len(found["iteration_change"]) > 5
    assert len(found["interval"]) > 50
