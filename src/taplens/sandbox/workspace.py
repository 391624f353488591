"""One workspace of the sandbox as its acts need it: crew, workflows, fields, iterations, ids."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from taplens.sandbox import workflows
from taplens.sandbox.custom_fields import CustomField, fields_of
from taplens.sandbox.people import Crew
from taplens.sandbox.workflows import BUG_TYPE, Workflow

Row = dict[str, Any]
Sink = Callable[[str, Row], None]

_FIRST_NUMBER = 1_000_001
_WIDE = frozenset({"bug_change"})  # ids with a ten-digit sequence
_PREFIXES = {"wiki": "12"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a workspace is to be. `share` is its part of the first workspace's items."""

    id: str
    name: str
    company_id: str
    share: float = 1.0
    dialect: int = 0
    verify_label: str = "测试中"
    priority_labels: tuple[str, str, str, str] = ("无关紧要", "低", "中", "高")
    new_task: bool = False
    crew: tuple[int, int] = (0, 1)


@dataclass(slots=True)
class Iteration:
    """One iteration; days are ISO dates."""

    id: str
    name: str
    start: str
    end: str


@dataclass(slots=True)
class Workspace:
    """The state of one workspace beside its items.

    `workflows` is keyed by work-item type (BUG_TYPE for bugs); `requirement`, `engineering` and
    `task_type` are ids of work-item types ("" where there is none). `sink` takes the rows that
    acts write. `numbers` holds the last number given out in each table.
    """

    plan: Plan
    sink: Sink
    crew: Crew = field(init=False)
    workflows: dict[str, Workflow] = field(default_factory=dict)
    customs: dict[str, list[CustomField]] = field(default_factory=dict)
    iterations: list[Iteration] = field(default_factory=list)
    iteration_names: dict[str, str] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    categories: list[tuple[str, str]] = field(default_factory=list)
    tcase_categories: list[tuple[str, str]] = field(default_factory=list)
    requirement: str = ""
    engineering: str = ""
    task_type: str = ""
    old_task_type: str = ""
    template_ids: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.crew = Crew(*self.plan.crew)

    @property
    def id(self) -> str:
        """The workspace id."""
        return self.plan.id

    def next_id(self, entity: str) -> str:
        """The next long id of a table: prefix, workspace padded to eight digits, number."""
        number = self.numbers.get(entity, _FIRST_NUMBER - 1) + 1
        self.numbers[entity] = number
        width = 10 if entity in _WIDE else 9
        return f"{_PREFIXES.get(entity, '11')}{self.plan.id:0>8}{number:0{width}d}"

    def workflow_of(self, entity: str, row: Row) -> Workflow | None:
        """The workflow an item runs through; None for tasks, whose states are fixed."""
        if entity == "task":
            return None
        return self.workflows[BUG_TYPE if entity == "bug" else row["workitem_type_id"]]

    def status_labels(self, entity: str, row: Row) -> dict[str, str]:
        """The labels of the states an item may be in."""
        workflow = self.workflow_of(entity, row)
        return workflow.labels if workflow else workflows.TASK_LABELS

    def add_iteration(self, row: Row) -> None:
        """Know an iteration (its row), or what has changed of it."""
        known = [one for one in self.iterations if one.id != row["id"]]
        known.append(Iteration(row["id"], row["name"], row["startdate"], row["enddate"]))
        self.iterations[:] = sorted(known, key=_start)
        self.iteration_names[row["id"]] = row["name"]

    def iteration_on(self, day: str) -> Iteration:
        """The iteration that `day` (ISO) falls into, week-ends counted to the one before."""
        here = bisect_right(self.iterations, day, key=_start)
        return self.iterations[max(here - 1, 0)]

    def iteration_after(self, iteration: Iteration) -> Iteration:
        """The iteration after this one, or the last."""
        here = bisect_right(self.iterations, iteration.start, key=_start)
        return self.iterations[min(here, len(self.iterations) - 1)]

    def found_types(self) -> None:
        """Give the work-item types, workflows and custom fields their ids."""
        flows = {"requirement": workflows.requirement(), "engineering": workflows.engineering()}
        if self.plan.new_task:
            flows["task_type"] = workflows.new_task()
        for name, workflow in flows.items():
            workflow.type_id = self.next_id("workitem_type")
            setattr(self, name, workflow.type_id)
            self._add_workflow(workflow)
        self.old_task_type = self.next_id("workitem_type")
        self._add_workflow(
            workflows.bug(self.plan.verify_label, rejected_is_last=self.plan.dialect == 1)
        )
        for entity in ("story", "task", "bug", "tcase", "iteration"):
            self.template_ids[entity] = self.next_id("template")
            self.customs[entity] = []
        for custom in fields_of(self.plan.dialect):
            custom.id = self.next_id("custom_field")
            self.customs[custom.entity].append(custom)

    def _add_workflow(self, workflow: Workflow) -> None:
        workflow.id = self.next_id("workflow")
        self.workflows[workflow.type_id] = workflow


def _start(iteration: Iteration) -> str:
    return iteration.start
