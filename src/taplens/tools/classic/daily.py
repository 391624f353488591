"""Items counted day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from taplens.errors import ArgumentError
from taplens.tapd.values import parse_date
from taplens.tools.classic.priorities import HIGH, LEAST, LOW, MEDIUM, URGENT, step_of

if TYPE_CHECKING:
    from taplens.tools.classic.endings import IsEnded
    from taplens.tools.classic.items import Item

# The columns of the answer by the steps of priorities: urgent counts as high, the least as low.
PRIORITIES = {
    "high_priority_count": (URGENT, HIGH),
    "medium_priority_count": (MEDIUM,),
    "low_priority_count": (LOW, LEAST),
}
_NEW = frozenset(("new", "planning", "open"))  # where TAPD's own workflows begin


@dataclass(slots=True)
class Day:
    """The items of one day: how many, by status, by step of priority; finished and new ones."""

    total: int = 0
    completed: int = 0
    new: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    steps: Counter[str | None] = field(default_factory=Counter)

    def priority(self, column: str) -> int:
        """How many stand in one of the columns of PRIORITIES."""
        return sum(self.steps[step] for step in PRIORITIES[column])

    def json_object(self, day: str) -> dict[str, Any]:
        """The day as the answer has it."""
        return {
            "date": day,
            "total_count": self.total,
            "completed_count": self.completed,
            "new_count": self.new,
            **{column: self.priority(column) for column in PRIORITIES},
            "status_counts": dict(self.statuses.most_common()),
        }


def day_argument(name: str, text: str) -> str:
    """A day as YYYY-MM-DD; "" stays. Raises ArgumentError for what is no day."""
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as fault:
        raise ArgumentError("classic_day", name=name, value=text[:40]) from fault


def check_span(since: str, until: str) -> None:
    """Raises ArgumentError where a span ends before it begins."""
    if since and until and since > until:
        raise ArgumentError("classic_span", since=since, until=until)


def by_day(
    items: Sequence[Item], name: str, time_field: str, *, span: tuple[str, str], ended: IsEnded
) -> dict[str, Day]:
    """The items of the list `name` by the day of their `time_field`, in the order of the days.

    `span` is the first and the last day ("": open). Those without such a time are left out.

    Raises ArgumentError where no item has that field, or it holds no times.
    """
    found: dict[str, Day] = {}
    since, until = span
    dated = False
    for item in items:
        day = parse_date(item.get(time_field))
        dated |= day is not None
        if day is None or (since and day < since) or (until and day > until):
            continue
        one = found.setdefault(day, Day())
        status = str(item.get("status") or "")
        one.total += 1
        one.completed += ended(item, name)
        one.new += status in _NEW
        one.statuses[status or "-"] += 1
        one.steps[step_of(item, name)] += 1
    if not dated:
        raise ArgumentError("classic_time_field", field=time_field[:60], known=_times(items))
    return dict(sorted(found.items()))


def _times(items: Sequence[Item]) -> str:
    """The fields of the items that hold times."""
    names = {name: None for item in items for name, value in item.items()
             if isinstance(value, str) and parse_date(value) is not None}  # fmt: skip
    return ", ".join(list(names)[:20]) or "-"
