"""Numbers of the flow as rows: lengths of time in days, shares in percent."""

from __future__ import annotations

from math import isnan
from typing import Any

from taplens.analysis.flow.durations import DAY, PERCENTILES, Durations

Row = dict[str, Any]

# What rows say of a group beside its name: fields that are called so are told by another.
COLUMNS = frozenset(
    (
        "key", "period", "count", "mean", *(f"p{share}" for share in PERCENTILES),
        "finished", "ended", "reopened", "percent",
        "bugs", "stories", "per_story", "escaped", "live_phase", "after_iteration", "after_story",
        "rejected", "by_status", "by_resolution",
    )
)  # fmt: skip


def days(seconds: float) -> float | None:
    """Seconds as days with two digits; None for what isn't a number."""
    return None if isnan(seconds) else round(seconds / DAY, 2)


def durations_row(found: Durations, group: int) -> Row:
    """A group's count, mean and percentiles, in days; those of nothing are left out."""
    row: Row = {"count": int(found.count[group]), "mean": days(float(found.mean[group]))}
    shares = zip(PERCENTILES, found.percentiles[group].tolist(), strict=True)
    row |= {f"p{share}": days(value) for share, value in shares}
    return {name: value for name, value in row.items() if value is not None}


def rate(of: str, total: int, name: str, count: int) -> Row:
    """A total, how many of it, and the share in percent where there is a total."""
    row: Row = {of: total, name: count}
    return row | ({"percent": round(100 * count / total, 1)} if total else {})
