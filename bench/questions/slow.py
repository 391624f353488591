"""The sandbox's rows read the slow way, one by one in plain Python: what the right answers are.

Shares nothing with the tools: conditions are words of questions.toml, read from TAPD's own columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taplens.sandbox.store import Store

Row = dict[str, Any]

PRIORITIES = {
    "urgent": "紧急", "high": "高", "medium": "中", "low": "低", "insignificant": "无关紧要",
}  # fmt: skip
SEVERITIES = {
    "fatal": "致命", "serious": "严重", "normal": "一般", "prompt": "提示", "advice": "建议",
}  # fmt: skip
TASK_STATES = {"open": "未开始", "progressing": "进行中", "done": "已完成"}
CASE_STATES = {"normal": "正常", "updating": "待更新", "abandon": "已废弃"}


class World:
    """The items of one workspace, each with its type, and what their columns point to."""

    def __init__(self, store: Store, workspace: str, today: date) -> None:
        self.today = today
        self.items = [
            row | {"type": kind}
            for kind in ("story", "bug", "task", "tcase")
            for row in store.select(kind, workspace, order="id")
        ]
        self._flows = {
            (row["system"], row["workitem_type_id"]): row
            for row in store.select("workflow", workspace)
        }
        self._iterations = _names(store, "iteration", workspace)
        self._categories = _names(store, "story_category", workspace)

    def meant(self, kinds: Sequence[str], conditions: Iterable[str]) -> list[Row]:
        """The items of these types that all conditions hold for."""
        words = [condition.split(" ") for condition in conditions]
        return [
            row
            for row in self.items
            if row["type"] in kinds and all(self._holds(row, *one) for one in words)
        ]

    def groups(self, rows: Iterable[Row], by: str) -> Counter[str]:
        """How many of `rows` have each value of a field; "–" where it isn't set."""
        return Counter(value for row in rows for value in (self.values(row, by) or ["–"]))

    def values(self, row: Row, name: str) -> list[str]:
        """The values of a field, in the team's words."""
        found = _COLUMNS[name](self, row) if name in _COLUMNS else row.get(name)
        values = found if isinstance(found, list) else [found]
        return [value for value in values if value]

    def _holds(self, row: Row, name: str, *values: str) -> bool:
        if name == "not":
            return not self._holds(row, *values)
        if name in _STATES:
            return _STATES[name](self, row)
        if name in ("untouched", "older"):
            column = "modified" if name == "untouched" else "created"
            days = int(values[0])
            return bool(row[column][:10] <= (self.today - timedelta(days)).isoformat())
        if name in _TIMES:
            day = str(row.get(_TIMES[name].get(row["type"], "")) or "")[:10]
            return bool(day) and values[0] <= day <= values[1]
        found = self.values(row, name)
        return not found if values == ("none",) else bool(set(found) & set(values))

    def is_open(self, row: Row) -> bool:
        """Whether the item is in none of the end states of its workflow."""
        if row["type"] == "task":
            return bool(row["status"] != "done")
        return row["status"] not in self._flow(row)["last"]

    def is_overdue(self, row: Row) -> bool:
        """Whether it is open and a day by which it was to be done is over."""
        days = [row.get("due"), row.get("deadline")]
        today = self.today.isoformat()
        return self.is_open(row) and any(day and str(day)[:10] < today for day in days)

    def _flow(self, row: Row) -> Row:
        kind = row.get("workitem_type_id", "") if row["type"] == "story" else ""
        return self._flows[row["type"], kind]

    def status(self, row: Row) -> str:
        """The team's word for the status."""
        fixed = {"task": TASK_STATES, "tcase": CASE_STATES}.get(row["type"])
        if fixed:
            return fixed[row["status"]]
        return next(s["label"] for s in self._flow(row)["states"] if s["key"] == row["status"])

    def iteration(self, row: Row) -> str:
        """The name of its iteration."""
        return self._iterations.get(row.get("iteration_id", ""), "")

    def category(self, row: Row) -> str:
        """The name of its category."""
        return self._categories.get(row.get("category_id", ""), "")


def _names(store: Store, entity: str, workspace: str) -> dict[str, str]:
    return {row["id"]: row["name"] for row in store.select(entity, workspace)}


def _people(column: dict[str, str]) -> Callable[[World, Row], list[str]]:
    return lambda _world, row: [
        name for name in str(row.get(column.get(row["type"], "")) or "").split(";") if name
    ]


def _column(column: dict[str, str]) -> Callable[[World, Row], list[str]]:
    return lambda _world, row: [
        name for name in str(row.get(column.get(row["type"], "")) or "").split("|") if name
    ]


def _priority(_world: World, row: Row) -> str:
    told = str(row.get("priority_label") or "")
    return PRIORITIES.get(told, told)


_COLUMNS: dict[str, Callable[[World, Row], Any]] = {
    "status": World.status,
    "iteration": World.iteration,
    "category": World.category,
    "priority": _priority,
    "severity": lambda _world, row: SEVERITIES.get(str(row.get("severity")), ""),
    "owner": _people({"bug": "current_owner", "story": "owner", "task": "owner"}),
    "creator": _people({"bug": "reporter", "story": "creator", "task": "creator"}),
    "label": _column({"bug": "label", "story": "label", "task": "label"}),
    "version": _column({"bug": "version_report", "story": "version"}),
    "customer": _column({"bug": "custom_field_two", "story": "custom_field_one"}),
    "clients": _column({"bug": "custom_field_three", "story": "custom_field_three"}),
    "env": _column({"bug": "custom_field_one"}),
}
_STATES: dict[str, Callable[[World, Row], bool]] = {
    "open": World.is_open,
    "overdue": World.is_overdue,
}
_TIMES = {
    "created": {"bug": "created", "story": "created", "task": "created"},
    "closed": {"bug": "closed", "story": "completed", "task": "completed"},
    "resolved": {"bug": "resolved"},
    "modified": {"bug": "modified", "story": "modified", "task": "modified"},
    "due": {"story": "due", "task": "due"},
}
