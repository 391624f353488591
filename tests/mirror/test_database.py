"""The databases: one writer, untouched readers, migrations, and faults as typed errors."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, insert, inspect, select

from taplens.config import Settings
from taplens.errors import (
    ConfigurationError,
    CorruptMirrorError,
    MirrorVersionError,
    ReadOnlyMirrorError,
)
from taplens.mirror import Keeper, database
from taplens.mirror.database import open_mirror, open_state
from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.migrations import MIGRATIONS, STATE_MIGRATIONS
from taplens.mirror.schema import api_key, item, meta, state_meta, sync_run, term, usage


@pytest.fixture
def mirror(settings: Settings):
    database = open_mirror(settings)
    yield database
    database.close()


def test_texts_get_one_code_for_ever(mirror) -> None:
    with mirror.write() as connection:
        first = mirror.terms.codes(connection, ["测试中", "阿依古丽·买买提", "🚀"])
    mirror.terms.forget()
    with mirror.write() as connection:
        second = mirror.terms.codes(connection, ["🚀", "测试中", "新词"])
    assert second["🚀"] == first["🚀"]
    assert second["测试中"] == first["测试中"]
    assert second["新词"] not in first.values()


def test_a_rolled_back_code_is_given_out_anew(mirror) -> None:
    with pytest.raises(RuntimeError), mirror.write() as connection:
        mirror.terms.codes(connection, ["没有提交"])
        raise RuntimeError
    with mirror.write() as connection:
        code = mirror.terms.codes(connection, ["没有提交"])["没有提交"]
    with mirror.read() as connection:
        assert connection.scalar(select(term.c.text).where(term.c.key == code)) == "没有提交"


def test_a_text_longer_than_an_index_can_hold_is_cut(mirror) -> None:
    long = "长" * 5_000
    with mirror.write() as connection:
        codes = mirror.terms.codes(connection, [long])
    assert list(codes) == ["长" * 800]


def test_a_new_file_that_another_process_is_at_is_waited_for(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    other = sqlite3.connect(settings.mirror_path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    leaving = threading.Timer(0.2, lambda: other.execute("ROLLBACK"))
    leaving.start()
    open_mirror(settings).close()
    leaving.join()
    other.close()


def test_a_reader_sees_one_state_while_another_writes(mirror) -> None:
    with mirror.read() as reading:
        before = reading.scalar(select(func.count()).select_from(term))
        with mirror.write() as connection:
            mirror.terms.codes(connection, ["边读边写"])
        assert reading.scalar(select(func.count()).select_from(term)) == before
    with mirror.read() as reading:
        assert reading.scalar(select(func.count()).select_from(term)) == before + 1


def test_writers_of_two_processes_take_turns(settings: Settings) -> None:
    # Two databases opened apart share nothing but the file or server.
    first, second = open_mirror(settings), open_mirror(settings)
    order = []

    def write(database, name: str) -> None:
        with database.write() as connection:
            order.append(f"{name} begins")
            connection.execute(insert(meta).values(name=name, value=""))
            order.append(f"{name} ends")

    threads = [threading.Thread(target=write, args=pair) for pair in ((first, "a"), (second, "b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(4)
    assert sorted(order[:2]) == sorted(f"{order[0][0]} {what}" for what in ("begins", "ends"))
    first.close()
    second.close()


def test_opening_twice_migrates_once(settings: Settings) -> None:
    open_mirror(settings).close()
    again = open_mirror(settings)
    with again.read() as connection:
        version = connection.scalar(select(meta.c.value).where(meta.c.name == "version"))
    again.close()
    assert version == str(len(MIGRATIONS))


@pytest.mark.parametrize("older", range(1, len(MIGRATIONS)))
async def test_a_mirror_that_an_older_version_made_is_migrated_keeps_its_texts_and_is_used(
    connect, new_settings, start_sandbox, monkeypatch: pytest.MonkeyPatch, older: int
) -> None:
    """The tables are what that version's own migrations make, not today's with a number."""
    settings = connect(start_sandbox(items=4))
    with monkeypatch.context() as earlier:
        earlier.setattr(database, "MIGRATIONS", MIGRATIONS[:older])
        old = open_mirror(settings)
        with old.write() as connection:
            assert database._stored_version(connection, meta) == older
            old.terms.codes(connection, ["旧版本的数据🚀"])
        old.close()
    async with Keeper(settings) as keeper:
        await keeper.sync(entities=["bug"])
        assert await keeper.read(kept_of, "旧版本的数据🚀") == (str(len(MIGRATIONS)), 1)
        assert await keeper.read(bugs_of) > 0
        migrated = await keeper.read(shape_of)
    fresh = open_mirror(new_settings())
    with fresh.read() as connection:
        assert migrated == shape_of(connection)
    fresh.close()


@pytest.mark.parametrize("older", range(1, len(STATE_MIGRATIONS)))
def test_a_state_that_an_older_version_made_is_migrated_and_keeps_what_cannot_be_fetched_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, older: int
) -> None:
    run = {"id": "首次同步", "account": "user:demo", "base_url": "http://127.0.0.1", "kind": "full"}
    with monkeypatch.context() as earlier:
        earlier.setattr(database, "STATE_MIGRATIONS", STATE_MIGRATIONS[:older])
        old = open_state(settings)
        with old.write() as connection:
            connection.execute(insert(sync_run).values(**run, workspaces="50311786", started_at=1))
        old.close()
    state = open_state(settings)
    with state.write() as connection:
        assert database._stored_version(connection, state_meta) == len(STATE_MIGRATIONS)
        assert connection.scalar(select(sync_run.c.id)) == "首次同步"
        assert connection.scalar(select(func.count()).select_from(api_key)) == 0
        assert connection.scalar(select(func.count()).select_from(usage)) == 0
    state.close()


def kept_of(connection: Connection, text: str) -> tuple[str | None, int | None]:
    """The version, and how often `text` is among the coded texts."""
    version = connection.scalar(select(meta.c.value).where(meta.c.name == "version"))
    return version, connection.scalar(select(func.count()).where(term.c.text == text))


def bugs_of(connection: Connection) -> int | None:
    return connection.scalar(
        select(func.count()).select_from(item).where(item.c.type == TYPE_CODES["bug"])
    )


def shape_of(connection: Connection) -> dict[str, Any]:
    """Every table with its columns, their types and its indexes, as the database tells them."""
    seen = inspect(connection)
    return {
        table: (
            [(column["name"], str(column["type"])) for column in seen.get_columns(table)],
            sorted(str(index["name"]) for index in seen.get_indexes(table)),
        )
        for table in sorted(seen.get_table_names())
    }


def test_a_mirror_of_a_newer_version_is_refused_and_left_alone(settings: Settings) -> None:
    mirror = open_mirror(settings)
    with mirror.write() as connection:
        connection.execute(delete(meta).where(meta.c.name == "version"))
        connection.execute(insert(meta).values(name="version", value="99"))
    mirror.close()
    with pytest.raises(MirrorVersionError) as fault:
        open_mirror(settings)
    assert "99" in fault.value.message("zh")
    assert fault.value.exit_code != 0


def test_the_state_lives_apart_from_the_mirror(settings: Settings) -> None:
    mirror, state = open_mirror(settings), open_state(settings)
    with state.read() as connection:
        assert connection.scalar(select(func.count()).select_from(meta)) == 1
    mirror.close()
    state.close()
    if not settings.database_url:
        settings.mirror_path.unlink()
        assert settings.state_path.exists()


class TestSqliteFiles:
    def test_a_file_that_is_no_database_is_called_corrupt(self, tmp_path: Path) -> None:
        settings = Settings(home=tmp_path)
        settings.mirror_path.write_text("这不是数据库" * 100, encoding="utf-8")
        with pytest.raises(CorruptMirrorError) as fault:
            open_mirror(settings)
        assert "mirror.db" in fault.value.mend("en")

    def test_a_damaged_file_is_called_corrupt(self, tmp_path: Path) -> None:
        settings = Settings(home=tmp_path)
        open_mirror(settings).close()
        content = bytearray(settings.mirror_path.read_bytes())
        content[100:8_000] = b"\xff" * 7_900
        settings.mirror_path.write_bytes(content)
        for name in ("mirror.db-wal", "mirror.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        with pytest.raises(CorruptMirrorError):
            open_mirror(settings)

    def test_a_read_only_mirror_answers_but_refuses_writes(self, tmp_path: Path) -> None:
        settings = Settings(home=tmp_path)
        open_mirror(settings).close()
        with sqlite3.connect(settings.mirror_path) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()
        settings.mirror_path.chmod(0o444)
        mirror = open_mirror(settings)
        with mirror.read() as connection:
            assert connection.scalar(select(func.count()).select_from(term)) == 0
        with pytest.raises(ReadOnlyMirrorError), mirror.write():
            pass
        mirror.close()


def test_a_database_url_of_another_kind_is_refused(tmp_path: Path) -> None:
    for url in ("mysql://x@127.0.0.1/y", "not a url"):
        with pytest.raises(ConfigurationError):
            open_mirror(replace(Settings(home=tmp_path), database_url=url))
