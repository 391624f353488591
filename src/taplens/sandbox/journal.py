"""What happens to items, with the traces TAPD leaves: change rows, stamps, flows, modified.

Stories and tasks get one WorkitemChange with all changed fields, bugs one BugChange a field.
Items and their histories agree because nothing else changes items.
Source: recorded answers of TAPD and the Open API reference (change history).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from taplens.sandbox.fields import LABELS
from taplens.sandbox.shapes import EMPTY
from taplens.sandbox.workspace import Workspace

Row = dict[str, Any]

# A bug entering a state gets these stamps: (column of the time, column of the person).
BUG_STAMPS: dict[str, tuple[str, str | None]] = {
    "in_progress": ("in_progress_time", None),
    "resolved": ("resolved", "fixer"),
    "verified": ("verify_time", None),
    "closed": ("closed", "closer"),
    "rejected": ("reject_time", None),
    "reopened": ("reopen_time", None),
    "suspended": ("suspend_time", None),
}

# Fields a creation row of a story or task tells.
_INITIAL = (
    "name", "status", "owner", "priority", "iteration_id", "category_id", "label", "module",
    "begin", "due", "effort", "story_id", "developer",
)  # fmt: skip
_CHANGE_TYPES = {
    "create_story": "创建需求",
    "manual_update": "手动变更",
    "link_create": "新增关联",
    "link_delete": "解除关联",
    "api": "API变更",
    "auto_workflow": "工作流自动变更",
    "": "",
}
_TOLD_REQUESTS = 13  # one change in so many tells its request
_CLEARED_AS_ZERO = frozenset({"iteration_id", "story_id", "priority"})


@dataclass(frozen=True, slots=True)
class Act:
    """Who did something, and when (a datetime as TAPD writes it).

    `comment` (HTML) is the remark given with it, `kind` TAPD's change_type.
    """

    actor: str
    at: str
    comment: str | None = None
    kind: str = "manual_update"


class Journal:
    """Writes the history of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._custom_labels = {
            entity: {custom.column: custom.name for custom in customs}
            for entity, customs in workspace.customs.items()
        }

    def created(self, entity: str, row: Row) -> None:
        """Write what tells that `row` came to be; it is complete and carries `created`."""
        row["modified"] = row["created"]
        if entity == "bug":
            self._bug_created(row)
            return
        empty = EMPTY[entity]
        told = [name for name in _INITIAL if row.get(name)]
        told += [column for column in row if column.startswith("custom_field_")]
        entries = [self._entry(entity, row, name, empty[name] or "", row[name]) for name in told]
        kind = "create_story" if entity == "story" else ""
        act = Act(row["creator"], row["created"], kind=kind)
        self._workitem_change(entity, row, act, entries)

    def changed(self, entity: str, row: Row, changes: Mapping[str, Any], act: Act) -> None:
        """Change `row` in place and write the change rows.

        `changes` are new values by column; those that change nothing are left out.
        """
        wanted = dict(changes)
        if "priority" in wanted:
            wanted["priority_label"] = self._priority_label(entity, wanted["priority"])
        empty = EMPTY[entity]
        real = {
            name: value for name, value in wanted.items() if value != row.get(name, empty[name])
        }
        if not real:
            return
        if entity == "bug":
            self._bug_changed(row, real, act)
        else:
            self._workitem_changed(entity, row, real, act)
        row["modified"] = act.at

    def linked(self, story: Row, bug_id: str, act: Act, *, cut: bool = False) -> None:
        """Write that a bug was tied to `story` (or untied: `cut`); touches neither item."""
        before, after = (bug_id, "") if cut else ("", bug_id)
        entry = {
            "field": "related_bug",
            "value_before": before,
            "value_after": after,
            "value_before_parsed": before or "--",
            "value_after_parsed": after or "--",
            "field_label": LABELS["story"]["related_bug"],
        }
        kind = "link_delete" if cut else "link_create"
        self._workitem_change("story", story, Act(act.actor, act.at, kind=kind), [entry])

    def bug_deleted(self, row: Row, act: Act) -> None:
        """Write that a bug was deleted."""
        self._bug_change(row, "delete_bug", ("--", "--"), act, "delete bug")

    # Stories and tasks

    def _workitem_changed(self, entity: str, row: Row, changes: Row, act: Act) -> None:
        if "status" in changes:
            changes |= self._work_consequences(entity, row, changes["status"], act.at)
        empty = EMPTY[entity]
        entries = [
            self._entry(entity, row, name, row.get(name, empty[name]), value)
            for name, value in changes.items()
            if name != "priority_label"
        ]
        if act.comment:
            entries.append(_pseudo_entry("comment", act.comment, LABELS["story"]["comment"]))
        request = self._request(f"{entity}_change")
        if request:
            entries.append(_pseudo_entry("tapd_request_id", request, "tapd_request_id"))
        _apply(row, changes, empty)
        self._workitem_change(entity, row, act, entries, changes.get("status"))

    def _work_consequences(self, entity: str, row: Row, status: str, at: str) -> Row:
        """What TAPD sets when a story or task enters or leaves an end state."""
        workflow = self.workspace.workflow_of(entity, row)
        last = workflow.last if workflow else ("done",)
        if status == "rejected":
            return {"completed": at}
        if status in last:
            spent = row.get("effort") or "0"
            return {"completed": at, "progress": "100", "effort_completed": spent, "remain": "0"}
        if row.get("completed"):
            return {"completed": None, "progress": "80"}
        return {}

    def _entry(self, entity: str, row: Row, name: str, before: Any, after: Any) -> Row:
        """One element of `field_changes`: values as sent, and as people read them."""
        if name in _CLEARED_AS_ZERO and after in ("", "0", None):
            after = 0
        entry = {
            "field": name,
            "value_before": before,
            "value_after": after,
            "value_before_parsed": self._parsed(entity, row, name, before),
            "value_after_parsed": self._parsed(entity, row, name, after),
            "field_label": LABELS[entity].get(name) or self._custom_labels[entity].get(name, name),
        }
        if name == "iteration_id":
            names = self.workspace.iteration_names
            entry["before_iteration_id"] = before
            entry["before_iteration_name"] = names.get(before, "")
            entry["after_iteration_id"] = after
            entry["after_iteration_name"] = names.get(after, "")
        return entry

    def _parsed(self, entity: str, row: Row, name: str, value: Any) -> str:
        if not value or (value == "0" and name in _CLEARED_AS_ZERO):
            return "--"
        text = str(value)
        if name == "status":
            return self.workspace.status_labels(entity, row).get(text, text)
        if name == "iteration_id":
            return self.workspace.iteration_names.get(text, text)
        if name == "priority":
            return self._priority_label(entity, text)
        if name == "category_id":
            return dict(self.workspace.categories).get(text, "--")
        return text

    def _priority_label(self, entity: str, value: str) -> str:
        if entity == "bug":
            return value
        labels = self.workspace.plan.priority_labels
        return labels[int(value) - 1] if value in ("1", "2", "3", "4") else value

    def _workitem_change(
        self, entity: str, row: Row, act: Act, entries: list[Row], summary: str | None = None
    ) -> None:
        table = f"{entity}_change"
        change = {
            "id": self.workspace.next_id(table),
            "workspace_id": self.workspace.id,
            "workitem_type_id": row.get("workitem_type_id", self.workspace.old_task_type),
            "creator": act.actor,
            "created": act.at,
            "changes": orjson.dumps([_raw(entry) for entry in entries]).decode(),
            "entity_type": "Story" if entity == "story" else "Task",
            "change_type": act.kind,
            "change_type_text": _CHANGE_TYPES[act.kind],
            "field_changes": entries,
            f"{entity}_id": row["id"],
        }
        if summary:
            change["change_summary"] = summary
        if act.comment:
            change["comment"] = act.comment
        if entity == "story":
            change["updated"] = act.at
        self.workspace.sink(table, change)

    # Bugs

    def _bug_created(self, row: Row) -> None:
        row["flows"] = row["status"]
        row["lastmodify"] = row["reporter"]
        _join(row, [row["reporter"], *_people(row.get("current_owner"))])
        self._bug_change(
            row, "add_bug", ("--", "--"), Act(row["reporter"], row["created"]), "add bug"
        )

    def _bug_changed(self, row: Row, changes: Row, act: Act) -> None:
        for name, value in changes.items():
            if name != "priority_label":
                old = row.get(name, EMPTY["bug"][name])
                memo = act.comment if name == "status" else None
                self._bug_change(
                    row, name, (self._named(name, old), self._named(name, value)), act, memo
                )
        if "status" in changes:
            self._stamp(row, changes["status"], act)
        _apply(row, changes, EMPTY["bug"])
        row["lastmodify"] = act.actor
        _join(row, [act.actor, *_people(changes.get("current_owner"))])

    def _named(self, name: str, value: Any) -> Any:
        """Iterations go into bug changes by name, not by id."""
        if name != "iteration_id":
            return value
        return self.workspace.iteration_names.get(value, "")

    def _stamp(self, row: Row, status: str, act: Act) -> None:
        row["flows"] = f"{row['flows']}|{status}"
        if status == "reopened":
            row["regression_number"] = str(int(row.get("regression_number", "0")) + 1)
        if status in BUG_STAMPS:
            when, who = BUG_STAMPS[status]
            row[when] = act.at
            if who:
                row[who] = act.actor

    def _bug_change(
        self, row: Row, name: str, values: tuple[Any, Any], act: Act, memo: str | None
    ) -> None:
        old, new = values
        change = {
            "id": self.workspace.next_id("bug_change"),
            "bug_id": row["id"],
            "author": act.actor,
            "field": name,
            "old_value": old,
            "new_value": "" if new is None else new,
            "created": act.at,
            "workspace_id": self.workspace.id,
        }
        request = self._request("bug_change")
        if memo:
            change["memo"] = memo
        elif request:
            change["memo"] = f'{{"tapd_request_id":"{request}"}}'
        self.workspace.sink("bug_change", change)

    def _request(self, table: str) -> str:
        """The id of the request behind a change, which TAPD tells of some of them."""
        number = self.workspace.numbers.get(table, 0)
        return "" if number % _TOLD_REQUESTS else f"{number * 0x9E3779B97F4A7C15:032x}"[-32:]


def _raw(entry: Row) -> Row:
    """An entry as the JSON string `changes` writes it: iterations by name."""
    before, after = entry["value_before"], entry["value_after"]
    if entry["field"] == "iteration_id":
        before, after = entry["before_iteration_name"], entry["after_iteration_name"]
    return {"field": entry["field"], "value_before": before, "value_after": after}


def _pseudo_entry(name: str, value: str, label: str) -> Row:
    """What isn't a column but is told among the changes: it has no parsed values."""
    return {"field": name, "value_before": "", "value_after": value, "field_label": label}


def _apply(row: Row, changes: Row, empty: Row) -> None:
    for name, value in changes.items():
        if value == empty[name]:
            row.pop(name, None)
        else:
            row[name] = value


def _people(value: str | None) -> list[str]:
    return [nick for nick in (value or "").split(";") if nick]


def _join(row: Row, nicks: Iterable[str]) -> None:
    """Add to `participator`, which begins and ends with `;`."""
    known = _people(row.get("participator"))
    row["participator"] = f";{';'.join(dict.fromkeys([*known, *nicks]))};"
