"""The columns of rows: what a field is called never takes the place of a number."""

from __future__ import annotations

from taplens.analysis.flow.metrics import METRICS
from taplens.analysis.flow.telling import COLUMNS
from tests.analysis.flow.conftest import Mirror
from tests.analysis.flow.test_flow_reading import bug

SPLIT = [name for name, metric in METRICS.items() if metric.by is None]
LABELS = ("count", "period", "bugs")


def filled(mirror: Mirror) -> None:
    """A closed bug with custom fields, whose labels are words of our rows."""
    columns = ["custom_field_one", "custom_field_two", "custom_field_three"]
    mirror.history_from("bug", 0)
    mirror.customs("bug", dict(zip(columns, LABELS, strict=True)))
    row = bug(1, "closed", "2026-03-10 10:00:00", **dict.fromkeys(columns, "甲"))
    mirror.land("bug", row)
    moves = (("11", "new", "in_progress"), ("12", "in_progress", "closed"))
    for day, old, new in moves:
        mirror.move("bug", 1, (f"2026-03-{day} 10:00:00", "status", old, new))


def test_a_field_labelled_like_a_column_stands_beside_it(mirror: Mirror) -> None:
    filled(mirror)
    for metric in SPLIT:
        plain = mirror.ask(metric, by="open", since="2026-03-01").rows
        for label in LABELS:
            rows = mirror.ask(metric, by=label, since="2026-03-01").rows
            told = [
                {name: value for name, value in row.items() if name != f"{label} (2)"}
                for row in rows
            ]
            expected = [{k: v for k, v in row.items() if k != "open"} for row in plain]
            assert told == expected, (metric, label)
            assert "甲" in str(rows[0][f"{label} (2)"])


def test_every_column_is_known_as_one(mirror: Mirror) -> None:
    filled(mirror)
    mirror.land("bug", bug(2, "in_progress", "2026-03-10 10:00:00"))
    for metric in SPLIT:
        rows = mirror.ask(metric, by="open").rows
        assert {name for row in rows for name in row} - {"open"} <= COLUMNS, metric
