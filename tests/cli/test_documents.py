"""`taplens document`, `descriptions` and `image`, as people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taplens.descriptions.keeping import KeptShort, Short
from tests.cli.conftest import FIRST, Taplens

pytestmark = pytest.mark.usefixtures("sandbox_variables")


def test_a_document_is_shown_saved_and_told_in_short(taplens: Taplens, tmp_path: Path) -> None:
    path = tmp_path / "方案.md"
    path.write_text("# 方案\n\n一\n\n二\n", encoding="utf-8")
    assert taplens("document", str(path)).out == "# 方案\n\n一\n\n二\n"
    assert taplens("document", str(path), "--summary", "--paragraphs", "2").out == "方案\n一\n"
    told = json.loads(taplens("document", str(path), "--json").out)
    assert (told["kind"], told["paragraphs"], told["title"]) == ("md", 3, "方案")
    out = tmp_path / "out.md"
    assert taplens("document", str(path), "--out", str(out)).code == 0
    assert out.read_text(encoding="utf-8") == "# 方案\n\n一\n\n二\n"


def test_what_is_no_document_is_refused_and_nothing_is_written(
    taplens: Taplens, tmp_path: Path
) -> None:
    (tmp_path / "x.docx").write_bytes(b"no")
    out = tmp_path / "out.md"
    told = taplens("document", str(tmp_path / "x.docx"), "--out", str(out))
    assert told.code == 2
    assert "→" in told.err
    assert not out.exists()
    assert taplens("document", str(tmp_path / "none.pdf")).code == 2


def test_descriptions_are_previewed_shown_and_forgotten(
    taplens: Taplens, synced_home: Path
) -> None:
    home = ("--home", str(synced_home))
    found = taplens("descriptions", "preview", "type:bug", "--limit", "2", "--json", *home)
    rows = json.loads(found.out)
    assert len(rows) == 2
    assert all(row["before"] > row["after"] > 0 for row in rows)
    item = f"bug:{rows[0]['id']}"
    plain = json.loads(taplens("descriptions", "show", item, "--json", *home).out)
    assert "short" not in plain
    KeptShort(synced_home).keep(
        (FIRST, "bug", rows[0]["id"]), plain["markdown"], Short("短版", "m")
    )
    assert "短版" in taplens("descriptions", "show", item, *home).out
    assert "短版" in taplens("get", item, "--short", *home).out
    assert "短版" not in taplens("get", item, *home).out
    assert taplens("descriptions", "forget", "type:bug", "--yes", *home).code == 0
    assert "短版" not in taplens("descriptions", "show", item, *home).out


def test_a_model_that_is_not_set_up_is_told_before_anything_is_read(
    taplens: Taplens, synced_home: Path
) -> None:
    told = taplens(
        "descriptions", "rewrite", "type:bug", "--model", "nobody/none", "--yes", "--home",
        str(synced_home),
    )  # fmt: skip
    assert told.code == 2
    assert "nobody" in told.err


def test_a_picture_is_saved_whole_or_not_at_all(
    taplens: Taplens, synced_home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "x.png"
    for word, code in (("gone", 3), ("huge", 3), ("plain", 0)):
        image = f"tapd-image:/tfl/captures/2026-03/tapd_{FIRST}_base64_{word}.png"
        told = taplens("image", image, "--out", str(out), "--home", str(synced_home))
        assert told.code == code, told.err
        assert out.exists() == (code == 0)
    assert out.read_bytes().startswith(b"\x89PNG")
