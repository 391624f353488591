"""The workflows of the sandbox's work-item types: states, labels, transitions, end states."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]

BUG_TYPE = ""  # bugs have one workflow, under no work-item type


@dataclass(slots=True)
class Workflow:
    """One workflow. States are keys as rows carry them; `labels` are the team's words.

    `path` is the way an item takes when nothing goes wrong; `owners` says whose turn it is in
    a state (product, developer, tester); `branches` are the transitions off the path.
    """

    system: str  # "story" or "bug"
    name: str
    labels: dict[str, str]
    path: tuple[str, ...]
    last: tuple[str, ...]
    owners: dict[str, str]
    branches: tuple[tuple[str, str], ...] = ()
    id: str = ""
    type_id: str = BUG_TYPE
    transitions: tuple[tuple[str, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        steps = tuple(zip(self.path, self.path[1:], strict=False))
        self.transitions = tuple(dict.fromkeys(steps + self.branches))

    @property
    def first(self) -> str:
        """The state in which items begin."""
        return self.path[0]

    def after(self, state: str) -> tuple[str, ...]:
        """The states that may follow `state`, the usual one first."""
        return tuple(following for previous, following in self.transitions if previous == state)

    def row(self, workspace_id: str, creator: str, created: str) -> Row:
        """The Workflow row, with the sandbox's own keys: system, workitem_type_id, states,
        transitions, first and last."""
        return {
            "id": self.id,
            "workspace_id": workspace_id,
            "name": self.name,
            "system_name": "bugtrace" if self.system == "bug" else "story",
            "is_default": "1",
            "created": created,
            "creator": creator,
            "modified": created,
            "modifier": creator,
            "system": self.system,
            "workitem_type_id": self.type_id,
            "states": [{"key": key, "label": label} for key, label in self.labels.items()],
            "first": self.first,
            "last": list(self.last),
            "transitions": self._wire_transitions(),
        }

    def _wire_transitions(self) -> list[Row]:
        """The transitions as TAPD sends them, with the pseudo-state `start` and in-place edits."""
        start = _transition("start", self.first, None)
        moves = [_transition(*step, self._append_field(step[1])) for step in self.transitions]
        stays = [_transition(state, state, None) for state in self.labels]
        return [start, *moves, *stays]

    def _append_field(self, state: str) -> Row:
        model = "Bug" if self.system == "bug" else "Story"
        name = "current_owner" if self.system == "bug" else "owner"
        default = {"Type": "record_value", "DBModel": model, "Field": name}
        required = "no" if state in self.last else "yes"
        return {
            "DBModel": model,
            "FieldName": name,
            "Notnull": required,
            "Sort": "1",
            "DefaultValue": [default],
        }


def _transition(previous: str, following: str, append: Row | None) -> Row:
    row: Row = {
        "Name": f"{previous}-{following}",
        "StepPrevious": previous,
        "StepNext": following,
    }
    return row | {"Appendfield": [append]} if append else row


def requirement() -> Workflow:
    """The workflow of 需求: `status_3` is 测试中 here."""
    return Workflow(
        system="story",
        name="需求工作流",
        labels={
            "planning": "规划中",
            "status_1": "评审中",
            "developing": "实现中",
            "status_3": "测试中",
            "status_4": "待发布",
            "status_6": "挂起",
            "resolved": "已实现",
            "rejected": "已拒绝",
        },
        path=("planning", "status_1", "developing", "status_3", "status_4", "resolved"),
        last=("resolved", "rejected"),
        owners={
            "planning": "product",
            "status_1": "product",
            "developing": "developer",
            "status_3": "tester",
            "status_4": "developer",
            "status_6": "product",
            "resolved": "product",
            "rejected": "product",
        },
        branches=(
            ("planning", "rejected"),
            ("status_1", "planning"),
            ("status_1", "rejected"),
            ("developing", "status_6"),
            ("status_6", "developing"),
            ("status_3", "developing"),
            ("status_3", "resolved"),
            ("resolved", "status_3"),
        ),
    )


def engineering() -> Workflow:
    """The workflow of 技术需求: `status_3` is 方案评审 here, no test state at all."""
    return Workflow(
        system="story",
        name="技术需求工作流",
        labels={
            "planning": "待认领",
            "status_3": "方案评审",
            "developing": "开发中",
            "status_5": "灰度中",
            "resolved": "已上线",
            "rejected": "不做了",
        },
        path=("planning", "status_3", "developing", "status_5", "resolved"),
        last=("resolved", "rejected"),
        owners=dict.fromkeys(
            ("planning", "status_3", "developing", "status_5", "resolved", "rejected"),
            "developer",
        ),
        branches=(
            ("planning", "rejected"),
            ("status_3", "planning"),
            ("status_3", "rejected"),
            ("status_5", "developing"),
            ("resolved", "status_5"),
        ),
    )


def new_task() -> Workflow:
    """The workflow of tasks that are stored as stories."""
    return Workflow(
        system="story",
        name="任务工作流",
        labels={"open": "未开始", "progressing": "进行中", "done": "已完成"},
        path=("open", "progressing", "done"),
        last=("done",),
        owners=dict.fromkeys(("open", "progressing", "done"), "developer"),
        branches=(("open", "done"), ("done", "progressing")),
    )


def bug(verify_label: str, *, rejected_is_last: bool) -> Workflow:
    """The workflow of bugs; `status_3`, the team's own verification state, is `verify_label`."""
    owners = {"tester": ("status_3", "resolved", "verified", "rejected", "closed")}
    return Workflow(
        system="bug",
        name="缺陷工作流",
        labels={
            "new": "新",
            "in_progress": "处理中",
            "resolved": "已解决",
            "status_3": verify_label,
            "verified": "已验证",
            "reopened": "重新打开",
            "rejected": "已拒绝",
            "postponed": "延期",
            "suspended": "挂起",
            "closed": "已关闭",
        },
        path=("new", "in_progress", "resolved", "status_3", "verified", "closed"),
        last=("closed", "rejected") if rejected_is_last else ("closed",),
        owners=dict.fromkeys(("new", "in_progress", "reopened", "postponed", "suspended"),
                             "developer") | dict.fromkeys(owners["tester"], "tester"),
        branches=(
            ("new", "rejected"),
            ("new", "postponed"),
            ("in_progress", "rejected"),
            ("in_progress", "postponed"),
            ("in_progress", "suspended"),
            ("suspended", "in_progress"),
            ("postponed", "in_progress"),
            ("resolved", "reopened"),
            ("status_3", "reopened"),
            ("verified", "reopened"),
            ("closed", "reopened"),
            ("resolved", "closed"),
            ("status_3", "closed"),
            ("rejected", "reopened"),
            ("rejected", "closed"),
            ("reopened", "in_progress"),
        ),
    )  # fmt: skip


TASK_LABELS = {"open": "未开始", "progressing": "进行中", "done": "已完成"}
