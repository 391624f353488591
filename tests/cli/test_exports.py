"""`--csv` and `--xlsx` write all that was found, and `words` tells what is said most."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from sqlalchemy import update

from taplens.config import Settings
from taplens.mirror.database import open_mirror
from taplens.mirror.landing.items import land_items
from taplens.mirror.schema import workspace
from tests.cli.conftest import Taplens
from tests.cli.test_processes import by_signal, interrupt, process
from tests.search.corpus import WORKSPACE, bug, land

if TYPE_CHECKING:
    from taplens.sandbox import RunningSandbox


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def truth(sandbox: RunningSandbox) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in sandbox.truth("50311786", "bug")}


def test_find_writes_all_rows_whatever_the_limit(
    synced: Taplens, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    path = tmp_path / "缺陷.csv"
    outcome = synced("find", "type:bug sort:created", "--limit", "3", "--csv", str(path))
    assert (outcome.code, outcome.out) == (0, "")
    assert f"100 rows written to {path}" in outcome.err
    assert "100 of 100" in outcome.err
    found, known = rows_of(path), truth(sandbox)
    assert {row["ID"] for row in found} == known.keys()
    assert [row["Created"] for row in found] == sorted(row["created"] for row in known.values())
    for row in found:
        told = known[row["ID"]]
        assert row["Title"].removeprefix("'") == told["title"]
        assert row["Modified"] == told["modified"]
        assert row["Link"].endswith(f"/50311786/bugtrace/bugs/view/{row['ID']}")


def test_find_writes_a_workbook_with_times_as_the_teams_clocks_show_them(
    synced: Taplens, sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPLENS_LANG", "zh")
    path = tmp_path / "a.xlsx"
    outcome = synced("find", "type:bug", "-status:已关闭", "--field", "客户", "--xlsx", str(path))
    assert outcome.code == 0
    book = openpyxl.load_workbook(path)
    head, *rows = book["条目"].iter_rows(values_only=True)
    assert head is not None
    place = {name: column for column, name in enumerate(head)}
    known = truth(sandbox)
    assert 0 < len(rows) < 100
    for row in rows:
        told = known[row[place["ID"]]]
        assert row[place["创建时间"]] == datetime.fromisoformat(told["created"])
        assert row[place["类型"]] == "缺陷"
        assert row[place["编号"]] == int(told["id"][-9:])
        assert isinstance(row[place["截止日期"]], datetime | None)
    assert any(row[place["客户"]] for row in rows)
    about = dict(book["说明"].iter_rows(values_only=True))
    assert about["筛选条件"] == "type:bug -status:已关闭"
    assert about["总数"] == str(len(rows))
    assert about["数据截至"].endswith("+08:00")


def test_words_are_exported_with_the_nearest_as_they_are_listed(
    synced: Taplens, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    listed = json.loads(synced("find", "登录闪退", "--limit", "200", "--json").out)
    synced("find", "登录闪退", "--csv", str(path))
    assert [row["ID"] for row in rows_of(path)] == [row["id"] for row in listed["data"]]


def test_json_and_a_file_come_side_by_side(synced: Taplens, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    outcome = synced("find", "type:bug", "--limit", "2", "--json", "--csv", str(path))
    assert len(json.loads(outcome.out)["data"]) == 2
    assert len(rows_of(path)) == 100
    outcome = synced("count", "type:bug", "--by", "status", "--json", "--csv", str(path))
    assert len(json.loads(outcome.out)["data"]) == len(rows_of(path))


def test_count_writes_every_group(synced: Taplens, sandbox: RunningSandbox, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    asked = ("count", "type:bug", "--by", "created:day", "--by", "owner", "--limit", "2")
    assert synced(*asked, "--xlsx", str(path)).code == 0
    _, *rows = openpyxl.load_workbook(path)["Counts"].iter_rows(values_only=True)
    assert all(isinstance(row[0], datetime) for row in rows)
    days = Counter(row["created"][:10] for row in truth(sandbox).values())
    assert {row[0].date().isoformat() for row in rows} == days.keys()  # type: ignore[union-attr]
    assert len(rows) > 2


def test_a_count_without_groups_is_one_number(synced: Taplens, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    synced("count", "type:bug", "--csv", str(path))
    assert rows_of(path) == [{"Count": "100"}]


@pytest.mark.parametrize("name", ["find", "count", "words"])
def test_what_finds_nothing_writes_the_head_alone(
    synced: Taplens, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "a.csv"
    by = ("--by", "owner") if name == "count" else ()
    outcome = synced(name, "type:bug id:1", *by, "--csv", str(path))
    assert outcome.code == 0
    assert rows_of(path) == []
    assert path.read_bytes().count(b"\r\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--csv", "{0}/none/a.csv"), "there is no folder"),
        (("--xlsx", "{0}"), "is no file"),
        (("--xlsx", "-"), "standard output"),
        (("--json", "--csv", "-"), "both write"),
    ],
)
def test_what_cannot_be_written_is_told_before_any_work(
    taplens: Taplens, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    outcome = taplens("find", "type:bug", *(one.format(tmp_path) for one in arguments))
    assert outcome.code == 2
    assert said in outcome.err
    assert "→" in outcome.err
    assert not (tmp_path / "home").exists()


def test_a_wrong_filter_leaves_the_file_as_it_was(synced: Taplens, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("as it was", encoding="utf-8")
    assert synced("find", "nothing:known", "--csv", str(path)).code == 2
    assert path.read_text(encoding="utf-8") == "as it was"


@pytest.mark.timeout(20)
def test_a_spawned_process_writes_csv_to_its_output(
    environment: dict[str, str], synced_home: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "taplens", "find", "type:bug", "--csv", "-"],
        env=environment | {"TAPLENS_HOME": str(synced_home), "PYTHONIOENCODING": "gbk"},
        capture_output=True,
        check=True,
    )
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode("utf-8"), newline=""), strict=True))
    assert len(rows) == 100
    assert done.stdout.count(b"\r\n") >= 101
    assert b"\r\r" not in done.stdout


@pytest.fixture
def large_home(tmp_path: Path) -> Iterator[Path]:
    """A mirror that takes seconds to be written to a file."""
    home = tmp_path / "large"
    database = open_mirror(Settings(home=home))
    for start in range(0, 20_000, 2_000):
        rows = [bug(number, f"支付超时 {number}") for number in range(start, start + 2_000)]
        land(database, land_items, "bug", rows)
    with database.write() as connection:
        connection.execute(update(workspace).values(answerable_at=1))
    database.close()
    yield home


@by_signal
@pytest.mark.timeout(30)
def test_ctrl_c_in_the_middle_leaves_the_file_as_it_was(
    environment: dict[str, str], large_home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / "a.csv"
    path.write_text("as it was", encoding="utf-8")
    large = environment | {"TAPLENS_HOME": str(large_home), "TAPD_WORKSPACE_ID": WORKSPACE}
    with process(large, "find", "type:bug", "--csv", str(path)) as writing:
        while not any(one.stat().st_size for one in folder.glob(".a.csv.*")):
            assert writing.poll() is None
        code, err = interrupt(writing)
    assert code == 130
    assert "Traceback" not in err
    assert [one.name for one in folder.iterdir()] == ["a.csv"]
    assert path.read_text(encoding="utf-8") == "as it was"


def test_words_are_counted_and_typical_ones_suggested(synced: Taplens) -> None:
    outcome = synced("words", "type:bug", "--limit", "5")
    head, *lines = [line.split("\t") for line in outcome.out.splitlines()]
    assert head == ["Word", "Count", "Items", "Keyness"]
    counts = [int(line[1]) for line in lines]
    assert counts == sorted(counts, reverse=True)
    assert "Typical: taplens find 'type:bug " in outcome.err
    assert "more words are left out" in outcome.err
    answer = json.loads(synced("words", "", "--json", "--basic", "--min", "5").out)
    assert all(row["count"] >= 5 for row in answer["data"])
    assert {"story", "bug", "task"} & answer["data"][0].keys()


def test_all_words_go_to_a_file(synced: Taplens, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    synced("words", "type:bug", "--limit", "5", "--min", "1", "--xlsx", str(path))
    book = openpyxl.load_workbook(path)
    _, *rows = book["Words"].iter_rows(values_only=True)
    assert len(rows) > 200
    assert any("keyness" in str(row[1]) for row in book["About"].iter_rows(values_only=True))


def test_the_teams_stop_words_are_shown_and_heeded(taplens: Taplens, tmp_path: Path) -> None:
    outcome = taplens("words", "--stop-words")
    path = Path(outcome.out.strip())
    assert path == tmp_path / "home" / "stop-words.txt"
    assert path.read_text(encoding="utf-8").startswith("# ")
    path.write_text("登录\n", encoding="utf-8")
    assert taplens("words", "--stop-words").out == outcome.out
    assert path.read_text(encoding="utf-8") == "登录\n"


@pytest.mark.parametrize(
    ("content", "said"), [("登录".encode("gbk"), "UTF-8"), (b"a" * 1_000_001, "larger")]
)
def test_stop_words_that_cannot_be_read_are_told(
    taplens: Taplens, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "stop-words.txt").write_bytes(content)
    outcome = taplens("words", "type:bug")
    assert outcome.code == 2
    assert said in outcome.err


@pytest.mark.parametrize(
    ("command", "heads"),
    [
        ("flow throughput type:bug --interval month --since 2026-01", {"Period", "Finished"}),
        ("flow lead_time type:bug --by severity --limit 1 --since 2026-01", {"Severity", "p85"}),
        ("forecast type:bug --days 365 --runs 200", {"%", "Date", "Days"}),
    ],
)
def test_metrics_are_exported_whole(
    synced: Taplens, tmp_path: Path, command: str, heads: set[str]
) -> None:
    path = tmp_path / "指标.csv"
    told = json.loads(synced(*command.split(), "--json", "--csv", str(path)).out)
    rows = rows_of(path)
    assert heads <= rows[0].keys()
    assert len(rows) == len(told["data"]) > 1


@pytest.mark.parametrize("command", ["find", "count", "flow", "forecast", "words"])
def test_a_mistaken_option_is_no_word_to_look_for(taplens: Taplens, command: str) -> None:
    outcome = taplens(command, "type:bug", "--jsn")
    assert outcome.code == 2
    assert "--json" in outcome.err
    assert taplens(command, "--help").code == 0
