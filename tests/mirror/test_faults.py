"""Whatever TAPD does in whichever phase: a typed error, nothing lost, and the next run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from taplens.errors import (
    AccessError,
    CredentialsError,
    ProtocolError,
    RateLimitError,
    ServerFaultError,
    UnreachableError,
)
from taplens.mirror.keeper import Keeper
from taplens.sandbox import RunningSandbox, SandboxOptions, running
from tests.conftest import TODAY
from tests.mirror.truth import differences, mirror_facts, sandbox_facts

# One path of each phase: account, metadata, items, the rest, recycle bins, relations, history.
PHASES = (
    "users/info",
    "workflows/status_map",
    "stories",
    "bugs",
    "comments",
    "stories/get_removed_stories",
    "stories/get_related_bugs",
    "story_changes",
    "bug_changes",
)
# Of each kind, the error it leads to and the phases in which it makes a difference: rows lose their
# wrappers only where they have one, and the account itself belongs to no workspace. What is tried
# again may also end for want of time.
FAULTS = {
    "429": ((RateLimitError, UnreachableError), PHASES),
    "5xx": ((ServerFaultError, UnreachableError), PHASES),
    "html": (ProtocolError, PHASES),
    "cut": (ProtocolError, PHASES),
    "reset": (UnreachableError, PHASES),
    "hello": (ProtocolError, PHASES),
    "token": (CredentialsError, PHASES),
    "failed": (ProtocolError, PHASES),
    "unwrapped": (ProtocolError, ("stories", "bugs", "comments", "bug_changes")),
    "forbidden": (AccessError, PHASES[1:]),
}
RETRIED = ("429", "5xx", "reset")
EVERYWHERE = "bugs"  # the phase in which each kind is tried on every database
CASES = [
    (kind, path) for kind, (_, paths) in FAULTS.items() for path in paths if path != EVERYWHERE
]


@pytest.fixture(scope="module")
def smallest_sandbox() -> Iterator[RunningSandbox]:
    with running(SandboxOptions(items=6, seed=3, today=TODAY)) as sandbox:
        yield sandbox


@pytest.fixture
def brief(smallest_sandbox: RunningSandbox) -> Iterator[RunningSandbox]:
    yield smallest_sandbox
    smallest_sandbox.clear_faults()


async def fails_then_completes(connect, sandbox: RunningSandbox, kind: str, path: str) -> None:
    workspace_id = sandbox.world.first.id
    settings = connect(sandbox)
    # Little patience only where it is tried again: else a slow moment is a fault, too.
    brief = replace(settings, request_seconds=1) if kind in RETRIED else settings
    async with Keeper(brief) as keeper:
        sandbox.fault(kind, path=path, **_narrowed(kind, workspace_id))
        with pytest.raises(FAULTS[kind][0]) as fault:
            await keeper.sync()
        assert fault.value.mend("zh")
    sandbox.clear_faults()
    async with Keeper(settings) as keeper:
        await keeper.sync()
        found = await keeper.read(mirror_facts, workspace_id)
    assert differences(sandbox_facts(sandbox, workspace_id), found) == {}


def _narrowed(kind: str, workspace_id: str) -> dict[str, str]:
    """What a fault of that kind is set with beside its path."""
    return {"workspace_id": workspace_id} if kind == "forbidden" else {}


@pytest.mark.parametrize(("kind", "path"), CASES)
async def test_a_fault_in_any_phase_is_typed_and_the_next_sync_completes_the_mirror(
    connect_sqlite, brief, kind: str, path: str
) -> None:
    await fails_then_completes(connect_sqlite, brief, kind, path)


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_fault_of_a_kind_leaves_any_database_whole(connect, brief, kind: str) -> None:
    await fails_then_completes(connect, brief, kind, EVERYWHERE)


@pytest.mark.parametrize("path", ("stories", "bugs", "comments", "story_changes", "bug_changes"))
async def test_a_world_that_changes_between_two_pages_is_caught_up_with(
    connect_sqlite, start_sandbox, path: str
) -> None:
    sandbox = start_sandbox(items=6)
    workspace_id = sandbox.world.first.id
    async with Keeper(connect_sqlite(sandbox)) as keeper:
        sandbox.fault("shift", path=path, times=1)
        await keeper.sync()
        assert sandbox.faults()[0]["struck"] == 1
        sandbox.clear_faults()
        await keeper.sync(census=True)
        found = await keeper.read(mirror_facts, workspace_id)
    assert differences(sandbox_facts(sandbox, workspace_id), found) == {}


async def test_slow_answers_in_every_phase_lose_nothing(connect, brief) -> None:
    workspace_id = brief.world.first.id
    for path in PHASES:
        for kind in ("latency", "drip"):
            brief.fault(kind, path=path, times=1, seconds=0.05)
    async with Keeper(connect(brief)) as keeper:
        await keeper.sync()
        found = await keeper.read(mirror_facts, workspace_id)
    assert {fault["struck"] for fault in brief.faults()} == {1}
    assert differences(sandbox_facts(brief, workspace_id), found) == {}


@pytest.mark.parametrize("kind", ["latency", "drip"])
async def test_a_slow_tapd_is_waited_for(connect, start_sandbox, kind: str) -> None:
    sandbox = start_sandbox(items=20)
    sandbox.fault(kind, path="bugs", seconds=0.3)
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync(entities=["bug"])


async def test_a_burst_that_passes_is_retried_through(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=20)
    for kind in ("5xx", "reset", "429"):
        sandbox.fault(kind, path="stories", times=1)
    async with Keeper(connect(sandbox)) as keeper:
        report = await keeper.sync(entities=["story"])
    assert report.rows["story"] > 0


async def test_access_withdrawn_is_no_deletion(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=20)
    workspace_id = sandbox.world.first.id
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        before = await keeper.read(mirror_facts, workspace_id)
        sandbox.fault("forbidden", workspace_id=workspace_id)
        with pytest.raises(AccessError):
            await keeper.sync(census=True)
        assert differences(before, await keeper.read(mirror_facts, workspace_id)) == {}


async def test_a_workspace_withdrawn_keeps_no_other_from_being_read(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=10)
    first, second = (row["id"] for row in sandbox.store.workspaces()[:2])
    sandbox.fault("forbidden", workspace_id=first)
    async with Keeper(connect(sandbox, first, second)) as keeper:
        with pytest.raises(AccessError):
            await keeper.sync()
        await keeper.ready([second])
        found = await keeper.read(mirror_facts, second)
    assert differences(sandbox_facts(sandbox, second), found) == {}
