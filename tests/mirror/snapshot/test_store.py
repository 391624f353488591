"""The files of a snapshot are disposable: whatever happens to them, answers stay right."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import delete, insert

from taplens.config import Settings
from taplens.errors import MirrorError
from taplens.mirror.database import Database, open_mirror
from taplens.mirror.schema import item
from taplens.mirror.snapshot import store, writing
from taplens.mirror.snapshot.keeping import Snapshots, Source
from taplens.mirror.versions import touch

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
    assert len(list(root.iterdir())) == 1  # what belonged to the other one is gone


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
