"""The files of a snapshot are disposable: whatever happens to them, answers stay right."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import delete, insert, update

from taplens.config import Settings
from taplens.errors import MirrorError
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.schema import item, items_version, meta, touched
from taplens.mirror.snapshot import store, writing
from taplens.mirror.snapshot.keeping import Snapshots, Source
from taplens.mirror.versions import touch, version_of

ITEMS = 700
COLUMNS = {
    "workspace": 1, "type": 2, "is_open": True, "account": 1, "fetched_at": 0, "status": 3,
}  # fmt: skip


def add(database: Database, first: int, last: int) -> None:
    """Put the items `first` to `last` into the mirror, in one write."""
    rows = [COLUMNS | {"key": key, "id": str(key), "number": key} for key in range(first, last + 1)]
    with database.write() as connection:
        connection.execute(insert(item), rows)
        touch(connection, range(first, last + 1))


def count(source: Source) -> int:
    return int(source.snapshot.rows("SELECT count(*) FROM item")[0][0])


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Database]:
    with contextlib.closing(open_mirror(Settings(home=tmp_path))) as database:
        add(database, 1, ITEMS)
        yield database


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "snapshot"


def folders(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("*/*"))


def test_a_few_changes_extend_the_base_and_many_make_a_new_one(
    mirror: Database, root: Path
) -> None:
    snapshots = Snapshots(mirror, root)
    assert snapshots.ask(count) == ITEMS
    (base,) = folders(root)
    add(mirror, ITEMS + 1, ITEMS + 2)
    assert snapshots.ask(count) == ITEMS + 2
    add(mirror, ITEMS + 3, ITEMS + 4)
    assert snapshots.ask(count) == ITEMS + 4
    names = folders(root)
    assert len(names) == 2  # the extension before is gone
    assert base in names
    add(mirror, ITEMS + 5, ITEMS + 600)
    assert snapshots.ask(count) == ITEMS + 600
    (anew,) = folders(root)
    assert anew != base


def test_an_item_that_is_gone_from_the_mirror_is_gone_from_its_snapshot(
    mirror: Database, root: Path
) -> None:
    snapshots = Snapshots(mirror, root)
    snapshots.ask(count)
    with mirror.write() as connection:
        connection.execute(delete(item).where(item.c.key == 5))
        touch(connection, [5])
    assert snapshots.ask(count) == ITEMS - 1


def test_another_process_takes_what_is_there(
    mirror: Database, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Snapshots(mirror, root).ask(count)
    monkeypatch.setattr(store, "write_base", None)
    assert Snapshots(mirror, root).ask(count) == ITEMS


def test_the_same_version_is_opened_once(mirror: Database, root: Path) -> None:
    snapshots = Snapshots(mirror, root)
    first = snapshots.ask(lambda source: source.snapshot)
    assert snapshots.ask(lambda source: source.snapshot) is first


def test_files_that_are_deleted_while_they_are_open_are_made_anew(
    mirror: Database, root: Path
) -> None:
    snapshots = Snapshots(mirror, root)
    snapshots.ask(count)
    shutil.rmtree(root)
    rows = "SELECT sum(key) FROM item"
    total = snapshots.ask(lambda source: source.snapshot.rows(rows))
    assert total == [(ITEMS * (ITEMS + 1) // 2,)]


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"no Parquet at all"])
def test_damaged_files_are_made_anew(mirror: Database, root: Path, damage: bytes) -> None:
    Snapshots(mirror, root).ask(count)
    for file in root.glob("*/*/item-*.parquet"):
        file.write_bytes(damage)
    assert Snapshots(mirror, root).ask(count) == ITEMS


def test_a_file_that_is_damaged_within_is_made_anew(mirror: Database, root: Path) -> None:
    Snapshots(mirror, root).ask(count)
    (file,) = root.glob("*/*/item-0.parquet")
    whole = file.read_bytes()
    file.write_bytes(whole[:4] + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :])
    rows = "SELECT sum(key), max(id) FROM item"
    total = Snapshots(mirror, root).ask(lambda source: source.snapshot.rows(rows))
    assert total == [(ITEMS * (ITEMS + 1) // 2, "99")]


def test_missing_files_of_a_base_are_made_anew(mirror: Database, root: Path) -> None:
    Snapshots(mirror, root).ask(count)
    for file in root.glob("*/*/interval-*.parquet"):
        file.unlink()
    assert Snapshots(mirror, root).ask(count) == ITEMS


def test_a_mirror_that_was_made_anew_is_not_taken_for_the_one_before(
    tmp_path: Path, root: Path
) -> None:
    for items in (3, 5):
        (tmp_path / "mirror.db").unlink(missing_ok=True)
        with contextlib.closing(open_mirror(Settings(home=tmp_path))) as database:
            add(database, 1, items)
            assert Snapshots(database, root).ask(count) == items


def test_where_the_folder_cannot_be_written_the_snapshot_is_a_temporary_one(
    mirror: Database, tmp_path: Path
) -> None:
    (tmp_path / "snapshot").write_text("a file stands where the folder should", encoding="utf-8")
    snapshots = Snapshots(mirror, tmp_path / "snapshot")
    assert snapshots.ask(count) == ITEMS
    add(mirror, ITEMS + 1, ITEMS + 1)
    assert snapshots.ask(count) == ITEMS + 1


@pytest.mark.parametrize("name", ["团队 [a-z]* ?", "o'brien; DROP"])
def test_any_folder_will_do(mirror: Database, tmp_path: Path, name: str) -> None:
    if os.name == "nt":
        name = name.replace("*", "").replace("?", "")
    assert Snapshots(mirror, tmp_path / name).ask(count) == ITEMS


def test_threads_that_ask_while_it_changes_see_one_version_each(
    mirror: Database, root: Path
) -> None:
    snapshots = Snapshots(mirror, root)
    key = ITEMS

    def both(source: Source) -> tuple[int, int]:
        rows = source.connection.exec_driver_sql("SELECT count(*) FROM item").scalar_one()
        return count(source), int(rows)

    stop = threading.Event()

    def ask() -> int:
        asked = 0
        while not stop.is_set():
            found, expected = snapshots.ask(both)
            assert found == expected
            asked += 1
        return asked

    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(ask) for _ in range(4)]
        deadline = time.monotonic() + 0.8
        while time.monotonic() < deadline:
            key += 1
            add(mirror, key, key)
        stop.set()
        assert all(one.result() > 0 for one in work)


BUILDER = """
import sys, threading
from pathlib import Path
from taplens.config import Settings
from taplens.mirror.database import open_mirror
from taplens.mirror.snapshot.keeping import Snapshots
home = Path(sys.argv[1])
database = open_mirror(Settings(home=home))
sys.stdin.readline()
print(Snapshots(database, home / "snapshot").ask(
    lambda source: source.snapshot.rows("SELECT count(*) FROM item")[0][0]))
"""


def test_processes_that_build_at_once_all_answer(mirror: Database, tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", BUILDER, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(3)
    ]
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0].strip() for process in started] == [str(ITEMS)] * 3
    assert len(folders(tmp_path / "snapshot")) == 1


def test_a_build_that_is_broken_off_leaves_nothing_that_is_taken_for_whole(
    mirror: Database, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_save", killed)
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)  # a kill tidies nothing up
        with pytest.raises(KilledError):
            Snapshots(mirror, root).ask(count)
    (left,) = root.glob("*/*")
    os.utime(left, (0, 0))
    assert Snapshots(mirror, root).ask(count) == ITEMS
    assert not left.exists()


def test_the_engine_reads_no_file_but_the_snapshots(mirror: Database, root: Path) -> None:
    def elsewhere(source: Source) -> None:
        with pytest.raises(duckdb.PermissionException):
            source.snapshot.rows("SELECT * FROM read_text('/etc/hosts')")
        with pytest.raises(duckdb.Error):
            source.snapshot.rows("SET enable_external_access = true")
        with pytest.raises(duckdb.Error):
            source.snapshot.rows("INSTALL httpfs")

    Snapshots(mirror, root).ask(elsewhere)


def test_a_query_that_is_wrong_is_a_typed_fault(mirror: Database, root: Path) -> None:
    with pytest.raises(MirrorError) as caught:
        Snapshots(mirror, root).ask(lambda source: source.snapshot.rows("SELECT nonsense"))
    assert caught.value.code == "snapshot_fault"


def test_large_mirrors_are_written_in_chunks(
    mirror: Database, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "CHUNK", 300)
    rows = "SELECT count(*), sum(key), min(id), max(id) FROM item"
    found = Snapshots(mirror, root).ask(lambda source: source.snapshot.rows(rows))
    assert found == [(ITEMS, ITEMS * (ITEMS + 1) // 2, "1", "99")]
    names = [path.name for path in root.glob("*/*/*")]
    assert sum(name.startswith("interval-") for name in names) == 3
    assert sum(name.startswith("item_value-") for name in names) == 1
    assert all(name.endswith(".parquet") for name in names)


# What becomes of backups, foreign folders and other mirrors


def close_items(database: Database, *keys: int) -> None:
    with database.write() as connection:
        connection.execute(update(item).where(item.c.key.in_(keys)).values(is_open=False))
        touch(connection, keys)


def opened_in_both(source: Source) -> tuple[int, int]:
    query = "SELECT count(*) FROM item WHERE is_open"
    return source.snapshot.rows(query)[0][0], source.connection.exec_driver_sql(query).scalar_one()


@pytest.mark.parametrize("closed", [2, 600], ids=["extended", "rebuilt"])
@pytest.mark.parametrize("landings", [1, 2])
def test_a_backup_put_back_is_not_taken_for_what_came_after_it(
    tmp_path: Path, root: Path, closed: int, landings: int
) -> None:
    file, backup = tmp_path / "mirror.db", tmp_path / "backup.db"
    with contextlib.closing(open_mirror(Settings(home=tmp_path))) as database:
        add(database, 1, ITEMS)
        Snapshots(database, root).ask(count)
        with contextlib.closing(sqlite3.connect(backup)) as copy, database.read() as connection:
            connection.connection.driver_connection.backup(copy)
        close_items(database, *range(1, closed + 1))
        assert Snapshots(database, root).ask(opened_in_both) == (ITEMS - closed,) * 2
    for old in tmp_path.glob("mirror.db*"):
        old.unlink()
    shutil.copy(backup, file)
    with contextlib.closing(open_mirror(Settings(home=tmp_path))) as database:
        for key in range(ITEMS - landings, ITEMS):
            close_items(database, key)
        assert Snapshots(database, root).ask(opened_in_both) == (ITEMS - landings,) * 2


def test_a_backup_put_back_beneath_an_open_snapshot_is_noticed(
    mirror: Database, root: Path
) -> None:
    snapshots = Snapshots(mirror, root)
    close_items(mirror, 1, 2)
    assert snapshots.ask(opened_in_both) == (ITEMS - 2,) * 2
    with mirror.write() as connection:  # as it was before, and another landing
        connection.execute(update(item).values(is_open=True))
        connection.execute(delete(touched).where(touched.c.version > 2))
        connection.execute(delete(items_version).where(items_version.c.number > 2))
    close_items(mirror, 3)
    assert snapshots.ask(opened_in_both) == (ITEMS - 1,) * 2


def test_folders_that_are_not_ours_are_left_alone(mirror: Database, root: Path) -> None:
    snapshots = Snapshots(mirror, root)
    snapshots.ask(count)
    (folder,) = root.iterdir()
    foreign = ("base", "base-copy", "base-1 (2)", "changes", "changes-1", "new-stuff", "副本")
    for name in foreign:
        (folder / name).mkdir()
        (root / name).mkdir()
        os.utime(root / name, (0, 0))
    add(mirror, ITEMS + 1, ITEMS + 1)
    assert snapshots.ask(count) == ITEMS + 1
    assert Snapshots(mirror, root).ask(count) == ITEMS + 1
    assert {path.name for path in folder.iterdir()} > set(foreign)
    assert {path.name for path in root.iterdir()} > set(foreign)


def test_two_mirrors_beneath_one_folder_leave_each_others_snapshots(
    mirror: Database, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Snapshots(mirror, root).ask(count)
    with contextlib.closing(open_mirror(Settings(home=tmp_path / "other"))) as other:
        add(other, 1, 3)
        assert Snapshots(other, root).ask(count) == 3
    monkeypatch.setattr(store, "write_base", None)
    assert Snapshots(mirror, root).ask(count) == ITEMS


def test_the_snapshot_of_a_mirror_that_nobody_asks_any_more_is_thrown_away(
    mirror: Database, root: Path
) -> None:
    unused, earlier = (root / f"{number}-{'a' * 32}" for number in (1, 2))
    for folder in (unused, earlier):
        folder.mkdir(parents=True)
    os.utime(unused, (0, 0))
    Snapshots(mirror, root).ask(count)
    assert not unused.exists()
    assert earlier.exists()


def test_where_nothing_can_be_written_no_temporary_folder_is_left(
    mirror: Database, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise duckdb.IOException("no space left on the device")

    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(store, "write_base", full)
    with pytest.raises(MirrorError):
        Snapshots(mirror, root).ask(count)
    assert list(temporary.iterdir()) == []


def test_a_mirror_of_before_keeps_its_counter_and_gets_a_token(
    mirror: Database, tmp_path: Path
) -> None:
    with mirror.write() as connection:
        before = version_of(connection)
        items_version.drop(connection)
        connection.execute(insert(meta).values(name="items_version", value=str(before.number)))
        connection.execute(update(meta).where(meta.c.name == "version").values(value="5"))
    with contextlib.closing(open_mirror(Settings(home=tmp_path))) as database:
        add(database, ITEMS + 1, ITEMS + 1)
        with database.read() as connection:
            after = version_of(connection)
    assert after.number == before.number + 1
    assert after.token != before.token
