"""A mirror that was really synced answers as a reading of TAPD's own rows would."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from taplens.analysis.counts import count_items
from taplens.filters import Condition, Query, Value
from taplens.mirror.keeper import Keeper
from taplens.mirror.reads_describe import describe_workspace
from taplens.mirror.reads_find import find_items
from taplens.mirror.reads_items import get_items
from taplens.mirror.reads_workspace import workspace_state
from taplens.mirror.scope import Scope
from taplens.tapd.values import split_people, split_pipes

Truth = dict[tuple[str, str], dict[str, Any]]
# A field, and the TAPD columns it comes from by type.
PLAIN = {
    "severity": {"bug": "severity"},
    "module": {"story": "module", "bug": "module"},
    "iteration": dict.fromkeys(("story", "bug", "task"), "iteration_id"),
    "category": {"story": "category_id"},
    "creator": {"story": "creator", "bug": "reporter", "task": "creator"},
    "resolution": {"bug": "resolution"},
}
SPLIT = {
    "owner": ({"story": "owner", "bug": "current_owner", "task": "owner"}, split_people),
    "label": (dict.fromkeys(("story", "bug", "task"), "label"), split_pipes),
}


def held(truth: Truth, columns: dict[str, str], split: Any) -> dict[str, set[tuple[str, str]]]:
    """Value -> the items that hold it, by TAPD's own rows."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for (item_type, item_id), row in truth.items():
        value = row.get(columns.get(item_type, "")) or ""
        for part in split(value):
            if part not in ("", "0", "-1"):
                found[part].add((item_type, item_id))
    return found


def is_(name: str, value: str) -> Query:
    return Query(Condition(name, "=", [Value(value)]))


def found(connection, query: Query, scope: Scope) -> set[tuple[str, str]]:
    rows, total = [], 1
    while len(rows) < total:
        page = find_items(connection, query, scope, limit=200, offset=len(rows))
        rows, total = rows + page.rows, page.total
    return {(row.type, row.id) for row in rows}


async def test_finds_and_counts_are_those_of_tapds_rows(connect, sandbox) -> None:
    settings = connect(sandbox)
    workspace_id = settings.workspace_ids[0]
    truth: Truth = {
        (item_type, row["id"]): row
        for item_type in ("story", "bug", "task")
        for row in sandbox.truth(workspace_id, item_type)
    }
    async with Keeper(settings) as keeper:
        await keeper.sync()
        scope = Scope((workspace_id,), keeper.clock.now(), "")
        await keeper.analyse(_compare, truth, scope)


def _compare(source, truth: Truth, scope: Scope) -> None:
    connection = source.connection
    assert found(connection, Query(), scope) == set(truth)
    plain = {name: (columns, lambda value: (value,)) for name, columns in PLAIN.items()}
    for name, (columns, split) in (plain | SPLIT).items():
        expected = held(truth, columns, split)
        counted = count_items(source, Query(), scope, by=(name,), limit=1000)
        assert {group.values[0]: group.count for group in counted.groups if group.values[0]} == {
            value: len(items) for value, items in expected.items()
        }, name
        for value in sorted(expected)[:4]:
            assert found(connection, is_(name, value), scope) == expected[value], (name, value)


async def test_a_synced_workspace_is_described_and_its_items_come_whole(connect, sandbox) -> None:
    settings = connect(sandbox)
    workspace_id = settings.workspace_ids[0]
    bugs = sandbox.truth(workspace_id, "bug")
    comments = sandbox.truth(workspace_id, "comment")
    async with Keeper(settings) as keeper:
        await keeper.sync()
        scope = Scope((workspace_id,), keeper.clock.now(), "")
        state = await keeper.read(workspace_state, scope, workspace_id)
        described = await keeper.read(describe_workspace, scope, workspace_id)
        details = await keeper.read(
            lambda connection: get_items(
                connection,
                [("bug", row["id"]) for row in bugs[:20]],
                scope,
                web_base_url="https://www.tapd.cn",
            )
        )
    assert {entry.type: entry.total for entry in state.types}["bug"] == len(bugs)
    assert state.as_of is not None
    assert state.history_from is not None
    customs = [field for field in described.fields if field.key]
    assert customs
    assert described.people
    assert described.iterations
    assert {flow.type for flow in described.workflows} >= {"story", "bug", "task"}
    assert len(details) == 20
    by_item = defaultdict(list)
    for row in comments:
        by_item[row["entry_type"].partition("_")[0], row["entry_id"]].append(row["id"])
    for detail, row in zip(details, bugs, strict=False):
        assert detail.row.id == row["id"]
        assert detail.row.title == row["title"]
        assert sorted(entry.id for entry in detail.comments) == sorted(by_item["bug", row["id"]])
        assert detail.intervals[-1].status == row["status"]
        assert detail.history.changes
    assert sum(interval.hours for interval in details[0].intervals) == pytest.approx(
        (scope.now - (details[0].row.created or 0)) / 3600, rel=0.01
    )
