"""A list too deep for TAPD is cut into spans that hold each of its rows once."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from urllib.parse import parse_qs

import pytest

from taplens.clock import Clock
from taplens.mirror.database import open_mirror
from taplens.mirror.keeper import Keeper
from taplens.mirror.sync.job import Job
from taplens.mirror.sync.rows import row_stream
from taplens.mirror.sync.spans import plan_spans
from taplens.tapd import Client
from tests.mirror.truth import mirror_facts, sandbox_facts

CAP = 200  # TAPD's 20,000 in small: one page


@pytest.fixture
def job(connect, sandbox):
    """A job of the sandbox's first workspace, which reads only; the test closes its client."""
    settings = connect(sandbox)
    mirror = open_mirror(settings)
    client = Client(settings)
    yield Job(settings, client, mirror, Clock(), None, sandbox.world.first.id)
    mirror.close()


@pytest.mark.parametrize("name", ["story", "bug", "comment"])
@pytest.mark.parametrize("cap", [7, 40])
async def test_spans_are_small_enough_and_hold_every_row_once(job, monkeypatch, name, cap) -> None:
    monkeypatch.setattr("taplens.mirror.sync.spans.DEPTH_CAP", cap)
    source = row_stream(name, None)
    found: Counter[str] = Counter()
    async with job.client as client:
        total = await client.count(source.entity, workspace_id=job.workspace_id)
        spans = await plan_spans(job, source, total)
        for span in spans:
            rows = await client.rows(
                source.entity, workspace_id=job.workspace_id, **span.parameters("created")
            )
            assert len(rows) == span.total
            found.update(row["id"] for row in rows)
    assert len(found) == total == sum(found.values())
    assert len(spans) > 1
    for earlier, later in pairwise(spans):
        assert earlier.until + 1 == later.since
    # Only rows of one and the same second may be more than the cap.
    assert all(span.total <= cap or span.until - span.since <= 1 for span in spans)


async def test_few_rows_are_one_span_without_bounds_or_a_request(job, sandbox) -> None:
    async with job.client:
        (span,) = await plan_spans(job, row_stream("story", None), 12)
    assert span.parameters("created") == {}
    assert sandbox.requests() == []


async def test_a_list_deeper_than_tapd_pages_is_mirrored_whole_and_kept_in_step(
    connect, start_sandbox, monkeypatch
) -> None:
    sandbox = start_sandbox(items=6)
    workspace_id = sandbox.world.first.id
    template = sandbox.truth(workspace_id, "comment")[0]
    remarks = [
        template
        | {
            "id": f"{template['id'][:-6]}{900_000 + number}",
            "created": f"2026-01-{number % 28 + 1:02} 10:00:{number % 60:02}",
            "modified": f"2026-02-{number % 28 + 1:02} 10:00:{number % 60:02}",
        }
        for number in range(2 * CAP)
    ]
    sandbox.store.put("comment", workspace_id, remarks)
    monkeypatch.setattr("taplens.mirror.sync.spans.DEPTH_CAP", CAP)
    monkeypatch.setattr("taplens.tapd.paging.DEPTH_CAP", CAP)
    async with Keeper(connect(sandbox)) as keeper:
        await keeper.sync(entities=("comment",))
        found = await keeper.read(mirror_facts, workspace_id)
        assert found["comment"] == sandbox_facts(sandbox, workspace_id)["comment"]
        # As many changed at once: more than one may page through since the watermark.
        for number, row in enumerate(remarks):
            row |= {"description": "改过 ✅", "modified": f"2026-03-31 10:{number % 60:02}:00"}
        sandbox.store.put("comment", workspace_id, remarks)
        sandbox.clear_requests()
        await keeper.sync(entities=("comment",), census=False)
        found = await keeper.read(mirror_facts, workspace_id)
    assert found["comment"] == sandbox_facts(sandbox, workspace_id)["comment"]
    asked = [parse_qs(row["query"]) for row in sandbox.requests() if row["path"] == "comments"]
    assert sum("~" in query["modified"][0] for query in asked) > 1
