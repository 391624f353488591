"""Charts saved from the terminal: where the user says, whole, or with a reason why not."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Taplens

PNG = b"\x89PNG\r\n\x1a\n"


def test_a_chart_is_saved_beside_the_answer(synced: Taplens, tmp_path: Path) -> None:
    path = tmp_path / "缺陷 状态.png"
    outcome = synced("count", "type:bug", "--by", "status", "--chart", str(path))
    assert outcome.code == 0, outcome.err
    assert outcome.out == synced("count", "type:bug", "--by", "status").out
    assert str(path) in outcome.err
    assert path.read_bytes().startswith(PNG)
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == [path.name]


def test_the_ending_says_the_format_and_dark_the_theme(synced: Taplens, tmp_path: Path) -> None:
    path = tmp_path / "months.SVG"
    assert synced("count", "--by", "created:month", "--chart", str(path), "--dark").code == 0
    text = path.read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert "#15191e" in text


def test_json_is_still_only_json(synced: Taplens, tmp_path: Path) -> None:
    path = tmp_path / "x.svg"
    outcome = synced("count", "--by", "type", "--json", "--chart", str(path))
    assert outcome.out.startswith("{")
    assert path.exists()


def test_a_picture_that_is_there_is_replaced(synced: Taplens, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(b"old")
    assert synced("count", "--by", "type", "--chart", str(path)).code == 0
    assert path.read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("missing/x.png", "there is no folder"),
        ("x.pdf", ".png or .svg"),
        ("x", ".png or .svg"),
        ("folder.png", "is no file"),
    ],
)
def test_a_file_that_cannot_be_is_refused_before_any_work(
    taplens: Taplens, tmp_path: Path, name: str, told: str
) -> None:
    (tmp_path / "folder.png").mkdir()
    outcome = taplens("count", "--by", "status", "--chart", str(tmp_path / name))
    assert outcome.code == 2
    assert told in outcome.err
    assert not (tmp_path / "home").exists()  # the mirror was not even opened


def test_a_number_alone_is_no_chart(synced: Taplens, tmp_path: Path) -> None:
    outcome = synced("count", "type:bug", "--chart", str(tmp_path / "x.png"))
    assert outcome.code == 2
    assert "--by status" in outcome.err
    assert not list(tmp_path.glob("*.png"))


def test_a_file_that_cannot_be_written_is_told_and_nothing_is_left(
    synced: Taplens, tmp_path: Path
) -> None:
    path = tmp_path / f"{'x' * 252}.png"  # longer than a name may be
    outcome = synced("count", "--by", "type", "--chart", str(path))
    assert outcome.code == 2
    assert "be written" in outcome.err
    assert not list(tmp_path.glob("*x*"))


def test_a_link_goes_on_leading_to_the_picture(synced: Taplens, tmp_path: Path) -> None:
    path, link = tmp_path / "kept.png", tmp_path / "link.png"
    path.write_bytes(b"old")
    link.symlink_to(path)
    assert synced("count", "--by", "type", "--chart", str(link)).code == 0
    assert link.is_symlink()
    assert path.read_bytes().startswith(PNG)
