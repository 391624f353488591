"""The queries written by hand, from their data file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from judged.query import Query, Rule

FILE = Path(__file__).with_name("written.toml")


def written() -> list[Query]:
    """All of them, in the order of the file."""
    return [_query(row) for row in tomllib.loads(FILE.read_text(encoding="utf-8"))["queries"]]


def _query(row: dict[str, Any]) -> Query:
    rule = Rule(
        holds=tuple(row["holds"]),
        month=row.get("month", ""),
        developer=row.get("developer", ""),
        type=row.get("type", ""),
    )
    return Query(row["text"], row["kind"], rule, written=True)
