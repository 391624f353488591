"""`taplens report` from end to end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import Taplens

if TYPE_CHECKING:
    from pathlib import Path

DAYS = ("--since", "2026-03-18", "--until", "2026-03-31")


def test_a_report_is_printed_as_markdown(synced: Taplens) -> None:
    outcome = synced("report", *DAYS, "--lang", "zh")
    assert outcome.code == 0
    assert outcome.out.startswith("# 项目概览 · 2026-03-18 – 2026-03-31")


def test_a_report_goes_to_files_of_all_formats(synced: Taplens, tmp_path: Path) -> None:
    place = str(tmp_path / "周报")
    outcome = synced("report", *DAYS, "--out", place, "--format", "md,html,docx,xlsx,json")
    assert outcome.code == 0
    assert outcome.out == ""
    names = sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("周报"))
    assert names == ["周报.docx", "周报.html", "周报.json", "周报.md", "周报.xlsx"]
    told = json.loads((tmp_path / "周报.json").read_text(encoding="utf-8"))
    assert told["since"] == "2026-03-18"


def test_a_format_takes_the_place_of_another_ending_only(synced: Taplens, tmp_path: Path) -> None:
    for name in ("v1.2", "a.md"):
        asked = ("--out", str(tmp_path / name), "--format", "json")
        assert synced("report", *DAYS, *asked).code == 0
    written = sorted(path.name for path in tmp_path.glob("*.json"))
    assert written == ["a.json", "v1.2.json"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("--out", "nowhere/report.md"),
        ("--out", "report.pdf"),
        ("--format", "docx"),
        ("--format", "md,html"),
        ("--format", "pdf"),
        ("--since", "2026-05", "--until", "2026-01"),
        ("--where", "status:"),
        ("--send",),
        ("--lang", "fr"),
        ("--model", "nobody/knows"),
    ],
)
def test_what_cannot_be_done_is_told(synced: Taplens, arguments: tuple[str, ...]) -> None:
    outcome = synced("report", *arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert "→" in outcome.err


class TestSending:
    @pytest.fixture
    def sending(self, synced: Taplens, monkeypatch: pytest.MonkeyPatch) -> Taplens:
        monkeypatch.setenv("TAPLENS_REPORT_WEBHOOK", "http://127.0.0.1:9/hook?key=geheim")
        monkeypatch.setenv("TAPLENS_REPORT_WEBHOOK_KIND", "feishu")
        return synced

    def test_nothing_is_posted_before_it_was_shown_and_wanted(
        self, sending: Taplens, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import io
        import sys

        monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
        outcome = sending("report", *DAYS, "--send")
        assert outcome.code == 130
        payload = json.loads(outcome.out)
        assert "2026-03-18" in payload["card"]["header"]["title"]["content"]
        assert "geheim" not in outcome.out + outcome.err
        assert "127.0.0.1" in outcome.err

    def test_a_robot_that_is_not_there_is_told(self, sending: Taplens) -> None:
        outcome = sending("report", *DAYS, "--send", "--yes")
        assert outcome.code == 7
        assert "geheim" not in outcome.out + outcome.err
