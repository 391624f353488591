"""Answers kept in a file: the newest stay when it grows too large."""

from __future__ import annotations

from pathlib import Path

import pytest

from taplens.tables import lines
from taplens.tables.lines import KeptLines


def test_a_file_that_grows_too_large_loses_its_older_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MOST_BYTES", 2_000)
    path = tmp_path / "kept.jsonl"
    for number in range(200):
        KeptLines(path).keep({str(number): {"text": "登录"}})
        assert path.stat().st_size <= 2_100
    held = KeptLines(path).all()
    assert list(held) == [str(number) for number in range(200 - len(held), 200)]
    assert len(held) > 15
