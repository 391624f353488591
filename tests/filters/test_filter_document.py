"""Every example of the language's reference does what the reference says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from taplens.clock import WORKSPACE_ZONE, day_start
from taplens.errors import FilterError
from taplens.filters import parse, resolve_date, to_text

DOCUMENT = Path(__file__).parents[2] / "docs" / "filters.md"
NOW = int(datetime(2026, 3, 18, 10, 30, tzinfo=WORKSPACE_ZONE).timestamp())


def spans(cell: str) -> list[str]:
    return [span.replace("\\|", "|") for span in re.findall(r"`([^`]+)`", cell)]


def rows(first_header: str) -> Iterator[list[list[str]]]:
    """The code spans of each cell of the rows of tables whose first column is so headed."""
    header = ""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not cells:
            header = ""
        elif not header:
            header = cells[0]
        elif header == first_header and not cells[0].startswith("---"):
            yield [spans(cell) for cell in cells]


def filters() -> list[str]:
    blocks = re.findall(r"```filter\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    return [*"".join(blocks).splitlines(), *(text for row in rows("Filter") for text in row[0])]


def test_the_reference_holds_examples_of_every_kind() -> None:
    assert len(filters()) > 45
    assert len(list(rows("Date"))) > 20
    assert len(list(rows("Written"))) > 5
    assert len(list(rows("Fault"))) > 5


@pytest.mark.parametrize("text", filters())
def test_each_example_parses_and_prints_to_the_same_tree(text: str) -> None:
    assert parse(to_text(parse(text))) == parse(text)


@pytest.mark.parametrize(
    ("text", "first", "last"), [(t, r[1][0], r[2][0]) for r in rows("Date") for t in r[0]]
)
def test_each_date_means_the_days_the_reference_tells(text: str, first: str, last: str) -> None:
    found = resolve_date(text, NOW)
    assert found is not None
    end = date.fromisoformat(last) + timedelta(days=1)
    assert found[:2] == (day_start(date.fromisoformat(first)), day_start(end))


@pytest.mark.parametrize(("written", "canonical"), [(r[0][0], r[1][0]) for r in rows("Written")])
def test_each_written_form_prints_as_the_reference_tells(written: str, canonical: str) -> None:
    assert to_text(parse(written)) == canonical


@pytest.mark.parametrize("text", [text for row in rows("Fault") for text in row[0]])
def test_each_fault_of_the_reference_is_one(text: str) -> None:
    with pytest.raises(FilterError):
        parse(text)
