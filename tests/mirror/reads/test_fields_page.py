"""The page on fields says only what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.mirror.reads.asking import found

PAGE = Path(__file__).parents[3] / "docs" / "fields.md"


def filters() -> list[str]:
    """The filters in the first column of every table of the page."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [span for row in rows for span in re.findall(r"`([^`]+)`", row.split("|")[1])]


@pytest.mark.parametrize("where", filters())
def test_every_filter_on_the_page_finds_something(team, where) -> None:
    assert found(team, where).total > 0
