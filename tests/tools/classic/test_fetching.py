"""Data files: what is written of the mirror, read back, and refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from taplens.errors import ExportError
from taplens.tapd.client import Client
from taplens.tapd.entities import ENTITIES
from taplens.tools.classic import data
from tests.tools.classic.conftest import Classic
from tests.tools.conftest import FIRST

UNSET = (None, "")


def written(classic: Classic, name: str = data.DATA_FILE) -> Any:
    return json.loads((classic.home / name).read_text(encoding="utf-8"))


async def test_the_file_holds_every_story_and_bug_as_tapd_gives_them(classic: Classic) -> None:
    told = await classic("get_tapd_data")
    async with Client(classic.context.keeper.settings) as client:
        for name, kind in (("stories", "story"), ("bugs", "bug")):
            rows = [
                {field: value for field, value in row.items() if value not in UNSET}
                async for page in client.pages(ENTITIES[kind], workspace_id=FIRST)
                for row in page.rows
            ]
            assert written(classic)[name] == sorted(rows, key=lambda row: row["id"])
            assert told["statistics"][f"{name}_count"] == len(rows) > 50
    assert told["statistics"]["total_count"] == sum(map(len, written(classic).values()))
    assert told["file_path"] == "local_data/msg_from_fetcher.json"
    assert told["as_of"]


async def test_unset_fields_are_there_where_they_are_asked_for(classic: Classic) -> None:
    await classic("get_tapd_data")
    clean = written(classic)["stories"]
    await classic("get_tapd_data", clean_empty_fields=False)
    whole = written(classic)["stories"]
    assert len({frozenset(row) for row in whole}) == 1
    assert any(value is None for row in whole for value in row.values())
    assert [{k: v for k, v in row.items() if v is not None} for row in whole] == clean


@pytest.mark.parametrize("name", ["stories", "bugs"])
async def test_a_list_is_shown_as_far_as_it_fits_and_is_whole_in_its_file(
    classic: Classic, name: str
) -> None:
    told = json.loads((await classic.result(f"get_tapd_{name}", budget=1000)).text)
    whole = written(classic, told["file_path"])[name]
    assert 0 < len(told[name]) < told["statistics"][f"{name}_count"] == len(whole)
    assert [row["id"] for row in told[name]] == [row["id"] for row in whole[: len(told[name])]]


async def test_a_mirror_that_cannot_be_refreshed_is_written_as_it_is_and_that_is_said(
    classic: Classic,
) -> None:
    keeper = classic.context.keeper
    keeper.settings = replace(keeper.settings, access_token=None)
    keeper.clock = replace(keeper.clock, seconds=lambda: 2_000_000_000.0)
    context = replace(classic.context, clock=keeper.clock)
    told = await replace(classic, context=context)("get_tapd_data")
    assert told["status"] == "success"
    assert "couldn't be read" in told["warning"]
    assert len(written(classic)["stories"]) == told["statistics"]["stories_count"] > 50


def test_a_file_that_breaks_off_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "local_data" / "x.json"
    data.write(path, {"stories": [{"id": "1"}], "bugs": []})
    before = path.read_bytes()

    def rows() -> Any:
        yield {"id": "2"}
        raise ExportError("export_not_written", path=path, detail="disk full")

    with pytest.raises(ExportError):
        data.write(path, {"stories": rows(), "bugs": []})
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["x.json"]


async def test_without_a_file_the_mirror_is_asked(classic: Classic) -> None:
    told = await classic("get_tapd_data_statistics")
    assert told["source"] == "mirror"
    await classic("get_tapd_data")
    again = await classic("get_tapd_data_statistics")
    assert again["source"] == data.DATA_FILE
    assert told | {"source": ""} == again | {"source": ""}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../outside.json", "file_outside"),
        ("/etc/passwd", "file_outside"),
        ("link.json", "file_outside"),
        ("loop.json", "file_outside"),
        ("cases.xlsx", "sheet_format"),
        ("nothing.json", "data_file_missing"),
        ("broken.json", "data_file_shape"),
        ("list.json", "data_file_shape"),
        ("other.json", "data_file_shape"),
        ("rows.json", "data_file_shape"),
        ("latin.json", "data_file_shape"),
        ("folder.json", "sheet_unreadable"),
        ("empty.json", "data_file_empty"),
    ],
)
async def test_what_is_no_data_file_of_the_home_is_refused(
    classic: Classic, tmp_path: Path, name: str, code: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "outside.json").write_text('{"stories": [], "bugs": []}', encoding="utf-8")
    (home / "link.json").symlink_to(tmp_path / "outside.json")
    (home / "loop.json").symlink_to(home / "loop.json")
    (home / "folder.json").mkdir()
    for file, text in {
        "broken.json": '{"stories": [',
        "list.json": "[]",
        "other.json": '{"tasks": []}',
        "rows.json": '{"stories": ["x"]}',
        "latin.json": '{"stories": ["é"]}',
        "empty.json": '{"stories": [], "bugs": []}',
    }.items():
        (home / file).write_text(text, encoding="latin-1")
    keeper = classic.context.keeper
    keeper.settings = replace(keeper.settings, home=home)
    assert await classic.refused("vectorize_data", data_file_path=name) == code
    assert not (home / "local_data").exists()


async def test_a_file_is_found_by_its_name_in_the_folder_of_data(classic: Classic) -> None:
    data.write(classic.home / "local_data" / "某项目.json", {"stories": [{"name": "登录登录登录"}]})
    for name in ("某项目.json", "local_data/某项目.json", "local_data\\某项目.json"):
        told = await classic("analyze_word_frequency", data_file_path=name)
        assert told["word_frequency"]["high_frequency_words"] == {"登录": 3}
