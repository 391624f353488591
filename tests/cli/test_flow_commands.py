"""`taplens flow` and `taplens forecast`: tables for people, JSON for programs, charts in files."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Taplens

YEAR = ("--since", "2025-04-01", "--until", "2026-03-31")


def test_the_overview_is_one_table(synced: Taplens) -> None:
    outcome = synced("flow", *YEAR)
    assert outcome.code == 0, outcome.err
    first, *rows = outcome.out.splitlines()
    assert first.startswith("Metric\t")
    assert [row.split("\t")[0] for row in rows] == [
        "throughput", "lead_time", "cycle_time", "ageing", "reopen_rate",
    ]  # fmt: skip
    assert "In progress:" in outcome.err


def test_the_first_word_is_the_metric_and_the_rest_the_filter(synced: Taplens) -> None:
    told = synced("flow", "throughput", "type:bug", "--interval", "month", *YEAR, "--json")
    rows = json.loads(told.out)["data"]
    assert [row["period"] for row in rows][0::11] == ["2025-04", "2026-03"]
    plain = synced("flow", "throughput", "type:bug", "--interval", "month", *YEAR)
    assert plain.out.splitlines()[1:] == [f"{row['period']}\t{row['finished']}" for row in rows]


def test_a_split_has_a_column_for_each_group(synced: Taplens) -> None:
    outcome = synced("flow", "throughput", "--interval", "month", "--by", "type", *YEAR)
    assert "Type · bug" in outcome.out.splitlines()[0].split("\t")


def test_statuses_of_the_rule_can_be_repeated(synced: Taplens) -> None:
    asked = ("flow", "lead_time", "type:bug", *YEAR)
    outcome = synced(*asked, "--stop", "已解决", "--stop", "已验证")
    assert outcome.code == 0, outcome.err
    assert outcome.out != synced(*asked).out


def test_items_in_progress_stand_in_a_table_of_their_own(synced: Taplens) -> None:
    heads = [line for line in synced("flow", "ageing").out.splitlines() if "\t" in line]
    assert any(line.split("\t")[:3] == ["ID", "Type", "Title"] for line in heads)


def test_what_makes_no_sense_is_a_usage_error(synced: Taplens) -> None:
    outcome = synced("flow", "ageing", "--by", "owner")
    assert outcome.code == 2
    assert "can't be split" in outcome.err


def test_a_forecast_is_a_day_a_confidence(synced: Taplens) -> None:
    outcome = synced("forecast", "type:bug", "--days", "1000")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[0] == "%\tDate\tDays"
    assert "seed 1" in outcome.err


def test_nothing_finished_is_told_with_what_to_do(synced: Taplens) -> None:
    outcome = synced("forecast", "--days", "7")
    assert outcome.code == 2
    assert "nothing was finished" in outcome.err


def test_charts_are_saved_where_the_user_says(synced: Taplens, tmp_path: Path) -> None:
    for number, asked in enumerate(
        (("flow", "cumulative_flow", *YEAR), ("forecast", "--days", "1000"))
    ):
        path = tmp_path / f"{number}.svg"
        outcome = synced(*asked, "--chart", str(path), "--dark")
        assert outcome.code == 0, outcome.err
        assert "<svg" in path.read_text(encoding="utf-8")


def test_rows_are_exported_with_a_column_for_each_group(synced: Taplens, tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    asked = ("flow", "throughput", "--interval", "month", "--by", "type", *YEAR)
    outcome = synced(*asked, "--csv", str(path))
    assert outcome.code == 0, outcome.err
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("Period,Finished,Type · ")
    assert len(lines) == 13
    assert synced("forecast", "--days", "1000", "--xlsx", str(tmp_path / "f.xlsx")).code == 0
    assert (tmp_path / "f.xlsx").read_bytes().startswith(b"PK")


def test_limits_do_not_cut_what_is_exported(synced: Taplens, tmp_path: Path) -> None:
    path = tmp_path / "owners.csv"
    asked = ("flow", "lead_time", "--by", "owner", "--limit", "1", *YEAR)
    assert synced(*asked, "--csv", str(path)).code == 0
    assert len(path.read_text(encoding="utf-8-sig").splitlines()) > 3


def test_a_misspelt_metric_is_told_and_not_searched_for(synced: Taplens) -> None:
    outcome = synced("flow", "troughput", "type:bug")
    assert outcome.code == 2
    assert "throughput" in outcome.err
