"""Whatever lands, in whatever order: the snapshot, extended from its base, holds what is there."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from taplens.config import Settings
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.landing import Place
from taplens.mirror.landing.history import land_changes
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.metadata import ensure_workspace, land_custom_fields, land_statuses
from taplens.mirror.landing.rest import Removal, land_comments, land_removals
from taplens.mirror.snapshot.keeping import Snapshots, Source
from taplens.mirror.versions import version_of
from tests.mirror.snapshot.tables import held, wanted

WORKSPACE = "58210347"
TASK_TYPE = "1158210347001000012"
BUG_ID, STORY_ID, ITERATION_ID = (f"1158210347001000{number:03}" for number in (1, 2, 3))
BUG = {
    "id": BUG_ID, "title": "支付页闪退 🚀", "status": "resolved", "reporter": "བསྟན་འཛིན།",
    "created": "2026-01-05 09:00:00", "modified": "2026-01-09 09:00:00",
    "current_owner": "林小满;张伟;", "custom_field_one": "甲|乙", "custom_field_two": "12.5",
}  # fmt: skip
STORY = {
    "id": STORY_ID, "name": "导出支持Ｅｘｃｅｌ", "status": "planning",
    "workitem_type_id": TASK_TYPE,
    "created": "2026-01-02 09:00:00", "modified": "2026-01-03 09:00:00", "due": "2026-02-01",
    "iteration_id": ITERATION_ID, "effort": "0.1", "label": "阻塞|待讨论",
}  # fmt: skip
ITERATION = {
    "id": ITERATION_ID, "name": "2026-S1", "status": "open",
    "created": "2026-01-01 09:00:00", "modified": "2026-01-01 09:00:00",
}  # fmt: skip


def bug_change(number: int, field: str, old: str, new: str) -> dict[str, str]:
    return {
        "id": str(number), "bug_id": BUG_ID, "author": "张伟", "field": field,
        "old_value": old, "new_value": new, "created": f"2026-01-0{number} 12:00:00",
    }  # fmt: skip


def story_change(number: int, field: str, old: str, new: str) -> dict[str, Any]:
    return {
        "id": str(number), "story_id": STORY_ID, "creator": "林小满",
        "created": f"2026-01-0{number} 10:00:00", "workitem_type_id": TASK_TYPE,
        "field_changes": [{"field": field, "value_before": old, "value_after": new}],
    }  # fmt: skip


def statuses(*ends: str) -> tuple[Any, Any, Any]:
    labels = {"new": "新", "resolved": "已解决", "closed": "已关闭"}
    stories = {"planning": "规划中", "done": "已实现"}
    return {("bug", ""): labels, ("story", ""): stories}, {("bug", ""): ends}, {}


def custom(kind: str) -> list[dict[str, str]]:
    return [{"custom_field": "custom_field_one", "name": "渠道", "type": kind, "enabled": "1"}]


LANDINGS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "bug": (land_items, ("bug", [BUG])),
    "bug closed": (land_items, ("bug", [BUG | {"status": "closed", "module": "报表"}])),
    "story": (land_items, ("story", [STORY])),
    "task": (land_items, ("task", [STORY])),
    "iteration": (land_items, ("iteration", [ITERATION])),
    "iteration renamed": (land_items, ("iteration", [ITERATION | {"name": "冲刺一"}])),
    "bug resolved": (land_changes, ("bug", [bug_change(6, "status", "new", "resolved")])),
    "bug moved": (land_changes, ("bug", [bug_change(7, "status", "resolved", "closed")])),
    "bug planned": (land_changes, ("bug", [bug_change(8, "iteration_id", "", "2026-S1")])),
    "bug replanned": (land_changes, ("bug", [bug_change(9, "iteration_id", "2026-S1", "冲刺一")])),
    "bug retitled": (land_changes, ("bug", [bug_change(5, "title", "甲", "乙")])),
    "story moved": (land_changes, ("story", [story_change(3, "status", "planning", "done")])),
    "story planned": (
        land_changes,
        ("story", [story_change(4, "iteration_id", "0", ITERATION_ID)]),
    ),
    "bug deleted": (land_removals, ("bug", [Removal(BUG_ID, "deleted", removed_at=1_769_000_000)])),
    "bug deleted later": (land_removals, ("bug", [Removal(BUG_ID, "deleted")])),
    "bug invisible": (land_removals, ("bug", [Removal(BUG_ID, "invisible", removed_at=5)])),
    "story deleted": (land_removals, ("story", [Removal(STORY_ID, "archived", removed_at=9)])),
    "workflow": (land_statuses, statuses("closed")),
    "other workflow": (land_statuses, statuses("closed", "resolved")),
    "several values": (land_custom_fields, ("bug", custom("multi_select"))),
    "one value": (land_custom_fields, ("bug", custom("text"))),
}  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def new_mirror(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Any]:
    """Makes empty mirrors with the workspace in them, as often as it is called."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""

    @contextlib.contextmanager
    def made() -> Iterator[Database]:
        home = Path(tempfile.mkdtemp(dir=tmp_path_factory.getbasetemp()))
        settings = Settings(home=home, database_url=_emptied(url))
        with contextlib.closing(open_mirror(settings)) as database:
            with database.write() as connection:
                ensure_workspace(connection, {"id": WORKSPACE, "name": "环宇商城"})
            yield database

    return made


def _emptied(url: str) -> str:
    """The PostgreSQL database, without the schema of the mirror before."""
    import psycopg

    if url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS taplens CASCADE")
    return url


def land(database: Database, name: str, at: int) -> None:
    function, arguments = LANDINGS[name]
    with database.write() as connection:
        place = Place(connection, database.terms, 1, WORKSPACE, "user:demo", at, TASK_TYPE)
        function(place, *arguments)


def both(source: Source) -> tuple[Any, Any]:
    return held(source.snapshot), wanted(source.connection)


def check(new_mirror: Any, names: list[str]) -> None:
    """The snapshot holds what the tables hold after each of these landings, by one base alone."""
    with new_mirror() as database, tempfile.TemporaryDirectory() as folder:
        snapshots = Snapshots(database, Path(folder))
        snapshots.ask(lambda _source: None)  # the base, of nothing
        for step, name in enumerate(names):
            land(database, name, 1_770_000_000 + step)
            found, expected = snapshots.ask(both)
            assert found == expected, name
        assert len(list(Path(folder).glob("*/base-*"))) == 1


@pytest.mark.parametrize(
    "names",
    [
        ["bug", "bug resolved", "bug moved", "bug planned", "iteration", "iteration renamed"],
        ["bug resolved", "bug moved", "bug", "workflow", "other workflow", "bug closed"],
        ["bug", "several values", "one value"],
        ["story", "story moved", "task", "story planned", "iteration", "story"],
        ["bug", "bug deleted", "bug deleted later", "bug invisible", "bug"],
        ["story", "story deleted", "story moved", "task", "story deleted"],
    ],
    ids=" ".join,
)
def test_an_extended_snapshot_holds_what_the_tables_hold(new_mirror, names: list[str]) -> None:
    check(new_mirror, names)


@pytest.mark.timeout(30)
def test_an_extended_snapshot_holds_what_the_tables_hold_whatever_landed(new_mirror) -> None:
    @examples(max_examples=5)
    @given(st.lists(st.sampled_from(sorted(LANDINGS)), min_size=1, max_size=12))
    def holds(names: list[str]) -> None:
        check(new_mirror, names)

    holds()


@pytest.mark.parametrize("name", sorted(LANDINGS))
def test_what_lands_again_as_it_was_leaves_the_version_as_it_was(new_mirror, name: str) -> None:
    with new_mirror() as database:
        for prepared in ("iteration", "bug", "story", "workflow", name):
            land(database, prepared, 1_770_000_000)
        with database.read() as connection:
            before = version_of(connection)
        land(database, name, 1_770_000_060)
        with database.read() as connection:
            assert version_of(connection) == before


def test_what_the_snapshot_does_not_hold_leaves_the_version_as_it_was(new_mirror) -> None:
    remark = {
        "id": "7", "entry_id": BUG_ID, "entry_type": "bug", "author": "张伟",
        "created": "2026-01-06 09:00:00", "description": "<p>复现了</p>",
    }  # fmt: skip
    with new_mirror() as database:
        land(database, "bug", 1_770_000_000)
        with database.write() as connection:
            before = version_of(connection)
            place = Place(connection, database.terms, 1, WORKSPACE, "user:demo", 1_770_000_000)
            land_comments(place, [remark])
            assert version_of(connection) == before
        land(database, "bug retitled", 1_770_000_000)
        with database.read() as connection:
            assert version_of(connection) == before
