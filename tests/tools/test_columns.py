"""A team's field keeps its values, whatever the team calls it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from taplens.cli.app import run
from taplens.config import Settings
from taplens.mirror.database import open_mirror
from taplens.mirror.landing.items import land_items
from taplens.mirror.landing.metadata import land_custom_fields
from taplens.mirror.schema import custom_field, field_option, workspace
from taplens.tools.columns import columns_of, in_words
from tests.mirror.reads.builders import NOW, WORKSPACE, landing, long_id


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three bugs with two fields of the team's: whose values have labels, too."""
    with landing(database := open_mirror(Settings(home=tmp_path))) as place:
        fields = [
            {"custom_field": f"custom_field_{number}", "name": name, "type": "select"}
            | {"enabled": "1", "options": "a|b"}
            for number, name in (("one", "甲"), ("two", "乙"))
        ]
        land_custom_fields(place, "bug", fields)
        bugs = [
            {"id": long_id(number), "title": "闪退", "status": "new", "created": "2026-03-02 09:00"}
            | {"custom_field_one": value, "custom_field_two": "b"}
            for number, value in enumerate("aab", 1)
        ]
        land_items(place, "bug", bugs)
        place.connection.execute(update(workspace).values(answerable_at=NOW))
        for value, label in (("a", "甲类"), ("b", "乙类")):
            known = update(field_option).where(field_option.c.value == value)
            place.connection.execute(known.values(label=label))
    database.close()
    monkeypatch.setenv("TAPLENS_LANG", "en")
    monkeypatch.setenv("TAPD_WORKSPACE_ID", WORKSPACE)
    return tmp_path


def call(home: Path, names: dict[str, str], capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """What `count` by the fields, called as the team calls them, writes to stdout."""
    with landing(database := open_mirror(Settings(home=home))) as place:
        for before, name in names.items():
            known = update(custom_field).where(custom_field.c.label == before)
            place.connection.execute(known.values(label=name))
    database.close()
    by = [argument for name in names.values() for argument in ("--by", name)]
    assert run(["count", *by, "--home", str(home), *more]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", ["count", "share", "app_key", "数量"])
def test_a_field_is_counted_by_whatever_the_team_calls_it(
    home: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    rows = list(csv.reader(io.StringIO(call(home, {"甲": name}, capsys, "--csv", "-"))))
    assert [row[:2] for row in rows[1:]] == [["甲类", "2"], ["乙类", "1"]]
    assert call(home, {"甲": name}, capsys).splitlines()[1].split("\t")[:2] == ["甲类", "2"]


@pytest.mark.parametrize("names", [("app", "app_key"), ("app_key", "app")])
def test_a_field_called_as_the_key_of_another_stands_beside_it(
    home: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, str]
) -> None:
    told = dict(zip("甲乙", names, strict=True))
    rows = list(csv.reader(io.StringIO(call(home, told, capsys, "--csv", "-"))))
    assert [row[:3] for row in rows[1:]] == [["甲类", "乙类", "2"], ["乙类", "乙类", "1"]]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["status", "owner"], ["status", "owner"]),
        (["count", "count (2)"], ["count (2)", "count (2) (2)"]),
        (["app", "app_key"], ["app", "app_key (2)"]),
        (["app_key", "app"], ["app_key", "app (2)"]),
    ],
)
def test_no_column_takes_the_place_of_another(fields: list[str], expected: list[str]) -> None:
    columns = columns_of(fields)
    assert columns == expected
    row: dict[str, Any] = {name: "字" for column in columns for name in (column, f"{column}_key")}
    assert list(in_words(row)) == columns
