"""`taplens evaluate` and `taplens rules` in a terminal."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.cli.conftest import Taplens, sandbox_variables, synced, synced_home, taplens
from tests.evaluate.test_files import HEADS, ROW, book

__all__ = ["sandbox_variables", "synced", "synced_home", "taplens"]


def test_a_file_is_scored_without_a_mirror_or_a_model(taplens: Taplens, tmp_path: Path) -> None:
    source, out = book(tmp_path / "cases.xlsx", ROW, ROW), tmp_path / "scored.xlsx"
    outcome = taplens("evaluate", str(source), "--out", str(out))
    assert outcome.code == 0, outcome.err
    assert "no model was asked" in outcome.err
    assert "Several rows have the id TC1: 2, 3" in outcome.err
    assert str(out) in outcome.err
    assert load_workbook(out).sheetnames[0] == "用例"


def test_tapds_own_cases_are_scored_and_say_what_they_cover(
    synced: Taplens, tmp_path: Path
) -> None:
    out = tmp_path / "own.xlsx"
    asked = ("evaluate", "--where", "", "--requirements", "", "--json", "--out", str(out))
    outcome = synced(*asked)
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    assert len(told["cases"]) > 20
    assert sum(bool(one["requirement_id"]) for one in told["cases"]) > 20
    covered = [one for one in told["coverage"] if one["cases"]]
    assert 0 < len(covered) < len(told["coverage"])
    assert len(load_workbook(out).sheetnames) == 3


def test_rules_are_shown_set_and_reset(taplens: Taplens, tmp_path: Path) -> None:
    source = tmp_path / "cases.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADS, ROW])
    assert "title_length = 40" in taplens("rules").out
    assert taplens("rules", "set", "title_length=5").code == 0
    told = json.loads(taplens("evaluate", str(source), "--json").out)["cases"][0]["marks"]
    assert [one["rules"] for one in told if one["element"] == "title"] == [["title_long"]]
    assert json.loads(taplens("rules", "--json").out)["title_length"] == 5
    assert taplens("rules", "reset", "--yes").code == 0
    assert "title_length = 40" in taplens("rules").out


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ((), "a file, or TAPD's own cases"),
        (("x.xlsx", "--where", ""), "not both"),
        (("x.xlsx",), "can't be read"),
        (("{cases}", "--out", "x.pdf"), ".xlsx"),
        (("{cases}", "--out", "{cases}"), "isn't written over"),
        (("{cases}", "--out", "{folder}/no/x.xlsx"), "there is no folder"),
        (("{cases}", "--sheet", "别的"), "用例"),
        (("{cases}", "--mapping", "{cases}"), "can't be read"),
    ],
)
def test_what_cannot_be_evaluated_is_told(
    taplens: Taplens, tmp_path: Path, asked: tuple[str, ...], told: str
) -> None:
    source = book(tmp_path / "cases.xlsx", ROW)
    filled = [one.format(cases=source, folder=tmp_path) for one in asked]
    outcome = taplens("evaluate", *filled)
    assert outcome.code == 2
    assert told in outcome.err
    assert [path.name for path in tmp_path.glob("*.*") if path.suffix] == ["cases.xlsx"]
