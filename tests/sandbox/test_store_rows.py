"""The sandbox's store: rows by id, by what they hang on, from many threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from taplens.sandbox.store import Store

WORKSPACE = "50311786"


def story(number: int, **others: object) -> dict[str, object]:
    row = {"id": f"11{WORKSPACE}{number:09}", "created": f"2026-01-01 00:00:{number % 60:02}"}
    return row | {"modified": "2026-02-01 00:00:00", "status": "planning"} | others


def test_rows_come_back_as_they_were_put_newest_first() -> None:
    with Store() as store:
        rows = [story(1, name="支付超时 👍"), story(2, owner=None), story(3, label="阻塞|回归")]
        store.put("story", WORKSPACE, rows)
        assert store.select("story", WORKSPACE) == rows[::-1]
        assert store.get("story", WORKSPACE, str(rows[0]["id"])) == rows[0]
        assert store.get("bug", WORKSPACE, str(rows[0]["id"])) is None


def test_putting_a_row_again_replaces_it() -> None:
    with Store() as store:
        store.put("story", WORKSPACE, [story(1, name="旧")])
        store.put("story", WORKSPACE, [story(1, name="新")])
        assert [row["name"] for row in store.select("story", WORKSPACE)] == ["新"]


def test_conditions_see_columns_and_payload_and_pages_follow_the_order() -> None:
    with Store() as store:
        store.put("story", WORKSPACE, [story(n, name=f"第{n}条") for n in range(1, 8)])
        name = "json_extract(payload, '$.name') = ?"
        assert store.count("story", WORKSPACE, name, ("第3条",)) == 1
        assert store.count("story", WORKSPACE, "number > ?", (4,)) == 3
        page = store.select("story", WORKSPACE, order="id ASC", limit=2, offset=4)
        assert [row["name"] for row in page] == ["第5条", "第6条"]


def test_what_hangs_on_an_item_is_found_by_its_parent_or_peer() -> None:
    with Store() as store:
        store.put("comment", WORKSPACE, [story(1, entry_id="7"), story(2, entry_id="8")])
        store.put("relation", WORKSPACE, [{"story_id": "1", "bug_id": "9"}])
        assert len(store.select("comment", WORKSPACE, "parent = ?", ("7",))) == 1
        assert store.select("relation", WORKSPACE, "peer = ?", ("9",))[0]["story_id"] == "1"
        assert store.get("relation", WORKSPACE, "1:9") is not None


def test_deleting_takes_only_the_named_rows() -> None:
    with Store() as store:
        store.put("bug", WORKSPACE, [story(1), story(2)])
        store.delete("bug", WORKSPACE, [str(story(1)["id"]), "unknown"])
        assert store.count("bug", WORKSPACE) == 1


def test_a_failed_transaction_leaves_nothing_behind() -> None:
    with Store() as store:

        def fail() -> None:
            with store.transaction():
                store.put("bug", WORKSPACE, [story(1)])
                raise RuntimeError("断电")

        with pytest.raises(RuntimeError):
            fail()
        assert store.count("bug", WORKSPACE) == 0
        store.put("bug", WORKSPACE, [story(1)])
        assert store.count("bug", WORKSPACE) == 1


def test_others_see_a_transaction_only_when_it_is_done() -> None:
    with Store() as store, ThreadPoolExecutor(1) as other:
        with store.transaction():
            store.put("bug", WORKSPACE, [story(1)])
            assert store.count("bug", WORKSPACE) == 1
            assert other.submit(store.count, "bug", WORKSPACE).result() == 0
        assert other.submit(store.count, "bug", WORKSPACE).result() == 1


def test_many_threads_read_and_write_at_once() -> None:
    with Store() as store:
        wrong: list[str] = []

        def work(part: int) -> None:
            for number in range(40):
                store.put("bug", WORKSPACE, [story(part * 1000 + number), story(9_000 + part)])
                rows = store.select("bug", WORKSPACE, "number >= 9000")
                if not rows:
                    wrong.append(f"{part}/{number}")

        threads = [threading.Thread(target=work, args=(part,)) for part in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        assert store.count("bug", WORKSPACE) == 8 * 41


def test_filling_in_bulk_gives_the_same_rows_and_wants_each_once() -> None:
    with Store() as store:
        with store.bulk():
            store.put("bug", WORKSPACE, [story(n) for n in range(1, 500)])
        assert store.count("bug", WORKSPACE) == 499
        store.put("bug", WORKSPACE, [story(1, title="改")])
        assert store.count("bug", WORKSPACE) == 499


def test_closing_deletes_the_file_of_a_store_of_its_own(tmp_path: Path) -> None:
    store = Store()
    folder = store._path.parent
    store.close()
    assert not folder.exists()
    kept = Store(tmp_path / "kept.db")
    kept.close()
    assert (tmp_path / "kept.db").exists()
