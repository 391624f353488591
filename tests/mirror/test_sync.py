"""A sync brings everything over, in few requests, and the next one only what changed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from taplens.clock import Clock
from taplens.errors import (
    AccessError,
    ArgumentError,
    ConfigurationError,
    CredentialsError,
    ForeignMirrorError,
    ProtocolError,
)
from taplens.mirror.keeper import Keeper
from taplens.mirror.schema import item, status_interval, stream, sync_run, term, workflow_status
from taplens.sandbox import RunningSandbox, SandboxOptions, running
from tests.conftest import TODAY
from tests.mirror.truth import differences, mirror_facts, sandbox_facts

ITEMS = 80


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[RunningSandbox]:
    """A smaller world than the other tests share: each of these mirrors it on both databases."""
    with running(SandboxOptions(items=ITEMS, seed=7, today=TODAY)) as sandbox:
        yield sandbox


def _ours(sandbox) -> list[str]:
    """The workspaces of the first company."""
    rows = sandbox.store.workspaces()
    return [
        row["id"]
        for row in rows
        if row["category"] != "organization" and row["company_id"] == rows[0]["company_id"]
    ]


async def test_a_first_sync_makes_the_mirror_equal_to_tapd(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=6)
    ids = _ours(sandbox)
    async with Keeper(connect(sandbox, *ids)) as keeper:
        await keeper.sync()
        for workspace_id in ids:
            found = await keeper.read(mirror_facts, workspace_id)
            assert differences(sandbox_facts(sandbox, workspace_id), found) == {}


async def test_questions_can_be_answered_after_ten_requests_and_the_pages_of_items(
    connect, sandbox
) -> None:
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.ready(keeper.workspace_ids)
        asked = [row["path"] for row in sandbox.requests()]
        before_tasks = asked[: asked.index("tasks/count")] if "tasks/count" in asked else asked
        listed = [path for path in before_tasks if path.split("/")[0] in ("stories", "bugs")]
        pages = 2 * math.ceil(ITEMS / 2 / 200)
        counts = 2
        fields = [path for path in listed if "custom_fields" in path]
        assert len([path for path in listed if path in ("stories", "bugs")]) == pages
        metadata = asked[: asked.index("bugs") + 1]
        assert len(metadata) <= 10 + counts + pages, metadata
        assert len(fields) == 2
        rows = await keeper.read(lambda c: c.scalar(select(func.count()).select_from(item)))
        assert rows >= ITEMS


async def test_a_second_sync_reads_only_what_may_have_changed(connect, sandbox) -> None:
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        sandbox.clear_requests()
        report = await keeper.sync()
    assert report.requests <= 27  # nothing changed: each stream still asks once
    assert report.rows["story"] + report.rows["bug"] < ITEMS / 4


async def test_labels_are_the_teams_own_words_for_each_work_item_type(connect, sandbox) -> None:
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        rows = await keeper.read(lambda c: c.execute(select(workflow_status)).all())
        labels: dict[str, set[str]] = {}
        for row in rows:
            if row.type == 1:
                labels.setdefault(row.status, set()).add(row.label)
        assert any(len(words) > 1 for words in labels.values())  # one key, two meanings
        shown = await keeper.read(_shown_statuses)
    wanted = {(row.workitem_type, row.status): (row.label, row.is_end) for row in rows}
    for workitem_type, status, label, is_open in shown:
        assert (label, not is_open) == wanted[workitem_type, status]


def _shown_statuses(connection):
    texts = {row.key: row.text for row in connection.execute(select(term))}
    rows = connection.execute(
        select(item.c.workitem_type, item.c.status, item.c.status_label, item.c.is_open)
        .where(item.c.type == 1)
        .distinct()
    )
    return [
        (texts[row.workitem_type], texts[row.status], texts[row.status_label], row.is_open)
        for row in rows
    ]


async def test_status_intervals_join_without_gaps_and_end_in_the_items_status(
    connect, sandbox
) -> None:
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        intervals = await keeper.read(
            lambda c: c.execute(
                select(status_interval).order_by(
                    status_interval.c.type, status_interval.c.item_id, status_interval.c.position
                )
            ).all()
        )
        items = await keeper.read(
            lambda c: {
                (row.type, row.id): row for row in c.execute(select(item)) if row.removed is None
            }
        )
    assert len(intervals) > ITEMS
    for before, after in pairwise(intervals):
        same = (before.type, before.item_id) == (after.type, after.item_id)
        if same:
            assert before.ended == after.began
        else:
            assert before.ended is None
        row = items.get((before.type, before.item_id))
        if not same and row is not None:
            assert before.status == row.status
        if before.position == 0 and row is not None:
            assert before.began == row.created


async def test_life_times_of_tapd_agree_with_the_derived_intervals(connect, sandbox) -> None:
    from taplens.clock import tapd_time
    from taplens.tapd.entities import STORY

    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        story = await keeper.read(
            lambda c: c.scalar(
                select(status_interval.c.item_id)
                .where(status_interval.c.type == 1)
                .group_by(status_interval.c.item_id)
                .order_by(func.count().desc())
                .limit(1)
            )
        )
        rows = await keeper.read(
            lambda c: c.execute(
                select(status_interval.c.began, term.c.text)
                .join(term, term.c.key == status_interval.c.status)
                .where(status_interval.c.type == 1, status_interval.c.item_id == story)
            ).all()
        )
        derived = {(row.text, tapd_time(row.began)) for row in rows}
        told = await keeper.client().life_times(keeper.workspace_ids[0], STORY, story)
    by_status = {
        (row["status"], row["begin_date"])
        for row in told
        if row.get("change_from", "status") == "status"
    }
    assert by_status <= derived


async def test_a_full_sync_reads_everything_anew_and_changes_nothing(connect, sandbox) -> None:
    workspace_id = sandbox.world.first.id
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        before = await keeper.read(mirror_facts, workspace_id)
        report = await keeper.sync(full=True)
        assert report.rows["story"] == len(before["story"])
        assert differences(before, await keeper.read(mirror_facts, workspace_id)) == {}


async def test_a_sync_of_one_entity_leaves_the_others_unread(connect, sandbox) -> None:
    async with Keeper(connect(sandbox)) as keeper:
        report = await keeper.sync(entities=["bug"])
        assert report.rows["bug"] > 0
        assert "story" not in report.rows
        with pytest.raises(ArgumentError):
            await keeper.sync(entities=["需求"])


async def test_each_run_records_its_account_and_its_outcome(connect, sandbox) -> None:
    settings = connect(sandbox)
    async with Keeper(settings) as keeper:
        await keeper.sync()
        account = keeper.client().account
        sandbox.fault("html", path="users/info")
        with pytest.raises(ProtocolError):
            await keeper.sync()
        state = await keeper._opened_state()
        with state.read() as connection:
            runs = connection.execute(select(sync_run).order_by(sync_run.c.started_at)).all()
    assert {run.account for run in runs} == {account}
    assert "demo" not in account
    assert [run.outcome == "ok" for run in runs].count(True) == 1
    assert all(run.ended_at for run in runs)


async def test_me_is_the_tokens_nick_or_the_configured_one(connect, sandbox) -> None:
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        assert await keeper.me() == (await keeper.client().user_info())["nick"]
    basic = connect(sandbox, access_token=None, user_nick="阿依古丽·买买提")
    async with Keeper(basic) as keeper:
        assert await keeper.me() == "阿依古丽·买买提"


async def test_the_mirror_of_another_company_or_address_is_refused(
    connect, sandbox, start_sandbox
) -> None:
    rows = sandbox.store.workspaces()
    foreign = next(
        row["id"]
        for row in rows
        if row["category"] != "organization" and row["company_id"] != rows[0]["company_id"]
    )
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        before = await keeper.read(mirror_facts, sandbox.world.first.id)
        with pytest.raises(ForeignMirrorError):
            await keeper.sync(workspace_ids=[foreign])
        assert await keeper.read(mirror_facts, sandbox.world.first.id) == before
    async with Keeper(connect(start_sandbox())) as keeper:
        with pytest.raises(ForeignMirrorError) as fault:
            await keeper.sync()
        assert "TAPLENS_HOME" in fault.value.mend("zh")


async def test_wrong_and_missing_credentials_are_told_apart(connect, sandbox) -> None:
    from taplens.config import Secret

    async with Keeper(connect(sandbox, access_token=Secret("不对"))) as keeper:
        with pytest.raises(CredentialsError):
            await keeper.sync()
    async with Keeper(connect(sandbox, access_token=None)) as keeper:
        with pytest.raises(ConfigurationError):
            await keeper.sync()
    async with Keeper(connect(sandbox, workspace_ids=())) as keeper:
        with pytest.raises(ConfigurationError):
            await keeper.sync()


async def test_an_unknown_workspace_is_an_access_error(connect, sandbox) -> None:
    async with Keeper(connect(sandbox, "99999999")) as keeper:
        with pytest.raises(AccessError) as fault:
            await keeper.sync()
        assert "99999999" in fault.value.message("zh")
        with pytest.raises(AccessError):
            await keeper.ready(["99999999"])


async def test_history_says_how_far_it_reaches(connect, sandbox) -> None:
    async with Keeper(connect(sandbox, history_days=30)) as keeper:
        await keeper.sync()
        rows = await keeper.read(
            lambda c: c.execute(select(stream).where(stream.c.name == "story_change")).all()
        )
        newest = await keeper.read(lambda c: c.scalar(select(func.max(item.c.modified))))
    reach = newest - rows[0].history_from
    assert rows[0].complete
    assert 29 * 86_400 <= reach <= 31 * 86_400, datetime.fromtimestamp(rows[0].history_from, UTC)


async def test_ranges_refused_by_tapd_are_read_day_by_day(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=20, ranges=False)
    workspace_id = sandbox.world.first.id
    # By the sandbox's own clock: day by day up to ours would be the more requests the later it is.
    clock = Clock(seconds=lambda: sandbox.world.now)
    async with Keeper(connect(sandbox, history_days=7), clock=clock) as keeper:
        await keeper.sync()
        await keeper.sync()
        found = await keeper.read(mirror_facts, workspace_id)
    wanted = sandbox_facts(sandbox, workspace_id)
    reach = {row[0] for row in found["change"]["bug"]}
    assert reach
    assert reach <= {row[0] for row in wanted["change"]["bug"]}


async def test_a_nul_in_a_text_is_left_out(connect, start_sandbox) -> None:
    sandbox = start_sandbox(items=10)
    workspace_id = sandbox.world.first.id
    bug = sandbox.truth(workspace_id, "bug")[0]["id"]
    sandbox.act("edit", entity="bug", id=bug, changes={"title": "闪\0退", "module": "支\0付"})
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        title = await keeper.read(
            lambda c: c.scalar(select(item.c.title).where(item.c.id == bug, item.c.type == 2))
        )
    assert title == "闪退"


async def test_first_states_stay_known_in_later_cycles(connect, sandbox) -> None:
    def firsts(connection):
        rows = connection.execute(select(workflow_status).where(workflow_status.c.is_first))
        return {(row.type, row.workitem_type, row.status) for row in rows}

    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync()
        before = await keeper.read(firsts)
        await keeper.sync()
        assert await keeper.read(firsts) == before
    assert {1, 2} <= {row[0] for row in before}
