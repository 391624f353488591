"""What a question that fails does to the snapshot: its files go only if they are at fault."""

from __future__ import annotations

import contextlib
import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from taplens.config import Settings
from taplens.errors import MirrorError
from taplens.mirror import Keeper
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.snapshot import store
from taplens.mirror.snapshot.keeping import Snapshots, Source
from tests.mirror.snapshot.test_store import add, count

ITEMS = 30


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Database]:
    with contextlib.closing(open_mirror(Settings(home=tmp_path))) as database:
        add(database, 1, ITEMS)
        yield database


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "snapshot"


def files(root: Path) -> set[tuple[str, int, int]]:
    """What stands there: made anew it has another number, or another time."""
    stats = {path.name: path.stat() for path in root.glob("*/*")}
    return {(name, found.st_ino, found.st_mtime_ns) for name, found in stats.items()}


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT CAST('x' AS INT)", "snapshot_fault"),
        ("SELECT nonsense", "snapshot_fault"),
        ("SELECT list(x) FROM range(200000000) AS t(x)", "snapshot_memory"),
    ],
    ids=["conversion", "name", "memory"],
)
def test_a_question_that_fails_by_itself_leaves_the_files_and_is_put_once(
    mirror: Database, root: Path, sql: str, code: str
) -> None:
    snapshots = Snapshots(mirror, root)
    snapshots.ask(count)
    before, asked = files(root), []

    def fail(source: Source) -> None:
        asked.append(source.snapshot)
        source.snapshot.rows(sql)

    with pytest.raises(MirrorError) as caught:
        snapshots.ask(fail)
    assert caught.value.code == code
    assert files(root) == before
    assert len(asked) == 1


def test_files_that_newer_ones_took_the_place_of_leave_those_as_they_are(
    mirror: Database, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("_ALWAYS_EXTENDED", "_MOST_CHANGED"):
        monkeypatch.setattr(store, limit, 0)  # every change makes a base
    snapshots = Snapshots(mirror, root)
    newer: list[set[tuple[str, int, int]]] = []

    def another() -> None:
        add(mirror, ITEMS + 1, ITEMS + 1)
        snapshots.ask(count)

    def read(source: Source) -> int:
        if not newer:
            thread = Thread(target=another)
            thread.start()
            thread.join()
            newer.append(files(root))
        return int(source.snapshot.rows("SELECT count(DISTINCT id) FROM item")[0][0])

    assert snapshots.ask(read) == ITEMS + 1
    assert files(root) == newer[0]


def test_of_damaged_files_those_are_made_anew_that_are_open_by_then(
    mirror: Database, root: Path
) -> None:
    snapshots = Snapshots(mirror, root)
    snapshots.ask(count)
    changed: list[int] = []

    def read(source: Source) -> int:
        if not changed:  # the base is damaged, and an extension of it is open
            changed.append(1)
            for file in root.glob("*/base-*/item-0.parquet"):
                whole = file.read_bytes()
                file.write_bytes(whole[:4] + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :])
            thread = Thread(target=lambda: (add(mirror, 99, 99), snapshots.ask(lambda _s: None)))
            thread.start()
            thread.join()
        return int(source.snapshot.rows("SELECT count(DISTINCT id || id) FROM item")[0][0])

    assert snapshots.ask(read) == ITEMS + 1


async def test_a_closed_keeper_holds_no_snapshot(tmp_path: Path) -> None:
    keeper = Keeper(Settings(home=tmp_path))
    async with keeper:
        opened = weakref.ref(await keeper.analyse(lambda source: source.snapshot))
        assert opened() is not None
    gc.collect()
    assert opened() is None


async def test_a_temporary_snapshot_is_gone_when_its_keeper_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    (tmp_path / "snapshot").write_text("a file stands where the folder should", encoding="utf-8")
    keeper = Keeper(Settings(home=tmp_path))
    async with keeper:
        await keeper.analyse(lambda _source: None)
        assert list(temporary.iterdir())
    gc.collect()
    assert list(temporary.iterdir()) == []
