"""`taplens requirements` in a terminal, and what `taplens evaluate` makes of them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.cli.conftest import Taplens, sandbox_variables, synced, synced_home, taplens
from tests.evaluate.test_files import HEADS, ROW, book

__all__ = ["sandbox_variables", "synced", "synced_home", "taplens"]


def _own(synced_home: Path) -> Path:
    return synced_home / "requirements.json"


def test_requirements_are_kept_by_hand(taplens: Taplens) -> None:
    assert taplens("requirements", "add", "支付收银台", "--priority", "高").out == "R1\n"
    assert taplens("requirements", "add", "发票", "--id", "REQ-7").out == "REQ-7\n"
    assert taplens("requirements", "edit", "R1", "--acceptance-criteria", "提示余额不足").code == 0
    told = json.loads(taplens("requirements", "list", "--json").out)
    assert [(one["id"], one["title"]) for one in told] == [("R1", "支付收银台"), ("REQ-7", "发票")]
    assert told[0]["acceptance_criteria"] == "提示余额不足"
    assert told[0]["kinds"][0] == "交易与支付"
    assert "支付收银台" in taplens("requirements", "show", "R1").out
    assert taplens("requirements", "remove", "R1", "--yes").code == 0
    assert taplens("requirements", "clear", "--yes").code == 0
    assert json.loads(taplens("requirements", "list", "--json").out) == []


def test_nothing_is_removed_that_was_not_confirmed(
    taplens: Taplens, monkeypatch: pytest.MonkeyPatch
) -> None:
    taplens("requirements", "add", "发票")
    for asked in (("remove", "R1"), ("clear",)):
        for answer in ("n\n", ""):  # no, and nobody there
            monkeypatch.setattr("sys.stdin", io.StringIO(answer))
            assert taplens("requirements", *asked).code == 130
    assert len(json.loads(taplens("requirements", "list", "--json").out)) == 1


def test_those_of_a_file_are_imported_and_covered_by_cases(
    taplens: Taplens, tmp_path: Path
) -> None:
    made = Workbook()
    for row in (
        ["需求编号", "需求名称", "描述"],
        ["REQ-7", "支付", ""],
        ["", "发票", "抬头"],
        ["", "", "x"],
    ):
        made.active.append(row)
    made.save(tmp_path / "需求.xlsx")
    outcome = taplens("requirements", "import", str(tmp_path / "需求.xlsx"))
    assert outcome.code == 0, outcome.err
    assert "2 added" in outcome.out
    assert "rows without a title were left out: 4" in outcome.err
    again = taplens("requirements", "import", str(tmp_path / "需求.xlsx"), "--json")
    told = json.loads(again.out)
    assert (told["added"], told["changed"], told["same"], told["untitled"]) == (0, 0, 2, [4])
    cases = book(tmp_path / "cases.xlsx", ROW)
    with_requirement = Workbook()
    with_requirement.active.append([*HEADS, "关联需求"])
    with_requirement.active.append([*ROW, "REQ-7、R1"])
    with_requirement.save(cases)
    found = json.loads(taplens("evaluate", str(cases), "--json").out)
    assert [(one["id"], one["cases"]) for one in found["coverage"]] == [
        ("REQ-7", ["TC1"]), ("R1", ["TC1"]),
    ]  # fmt: skip


def test_stories_are_imported_and_shown_with_cases_like_them(
    synced: Taplens, synced_home: Path
) -> None:
    try:
        outcome = synced("requirements", "import", "--where", "", "--json")
        assert outcome.code == 0, outcome.err
        assert json.loads(outcome.out)["added"] > 20
        held = json.loads(_own(synced_home).read_text(encoding="utf-8"))
        shown = [
            json.loads(synced("requirements", "show", one["id"], "--cases", "--json").out)
            for one in held[:4]
        ]
        likes = [case for one in shown for case in one["similar_cases"]]
        assert likes
        assert all(0.2 <= case["score"] <= 1 for case in likes)
        assert synced("requirements", "show", held[0]["id"], "--cases").code == 0
    finally:
        _own(synced_home).unlink(missing_ok=True)  # the home is shared


def test_the_table_of_features_becomes_a_file_to_be_edited(taplens: Taplens) -> None:
    assert "--edit" in taplens("requirements", "features").err
    outcome = taplens("requirements", "features", "--edit")
    assert outcome.code == 0
    assert "features.toml" in outcome.err
    assert "交易与支付" in json.loads(taplens("requirements", "features", "--json").out)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("import",), "a file, or stories"),
        (("import", "x.xlsx", "--where", ""), "not both"),
        (("import", "没有.docx"), "can't be read"),
        (("edit", "R1"), "Nothing is said to change"),
        (("edit", "R1", "--title", "x"), "no requirement R1"),
        (("show", "R1"), "no requirement R1"),
        (("remove", "R1", "--yes"), "no requirement R1"),
        (("add", " "), "has no title"),
    ],
)
def test_what_cannot_be_done_is_told(taplens: Taplens, asked: tuple[str, ...], told: str) -> None:
    outcome = taplens("requirements", *asked)
    assert outcome.code == 2
    assert told in outcome.err
