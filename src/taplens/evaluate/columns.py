"""Which heading of a sheet is which part of a case: by its name, a near one, or a mapping."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from taplens.errors import ArgumentError

_MOST_ROWS_ABOVE = 20  # before the row of headings


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of what a row tells, and the headings that they come under, TAPD's own first.

    At least `least` of the parts `telling` a sheet must have, so that another isn't taken for one.
    """

    headings: Mapping[str, tuple[str, ...]]
    telling: tuple[str, ...]
    least: int

    def fits(self, found: Mapping[str, int]) -> bool:
        """Whether columns that were found are those of a sheet of this layout."""
        return sum(part in found for part in self.telling) >= self.least

    @property
    def wanted(self) -> str:
        """The headings of the telling parts, for people."""
        return ", ".join(self.headings[part][0] for part in self.telling)


_CASE_HEADINGS: dict[str, tuple[str, ...]] = {
    "id": ("用例ID", "ID", "用例编号", "编号", "Case ID", "TestCase ID"),
    "uuid": ("UUID",),
    "title": ("用例标题", "标题", "用例名称", "名称", "Title", "Name", "Summary"),
    "folder": ("用例目录", "目录", "所属目录", "所属模块", "Folder", "Directory", "Suite"),
    "automated": ("是否自动化", "自动化", "Automated"),
    "priority": ("等级", "用例等级", "优先级", "级别", "Priority", "Level"),
    "precondition": ("前置条件", "前提条件", "预置条件", "Precondition", "Preconditions"),
    "steps_kind": ("步骤描述类型", "步骤类型", "Steps type"),
    "steps": ("步骤描述", "用例步骤", "测试步骤", "操作步骤", "步骤", "Steps", "Test steps"),
    "expected": ("预期结果", "期望结果", "预期", "Expected", "Expected result"),
    "requirement": ("关联需求", "所属需求", "需求ID", "需求", "Requirement", "Story"),
}
_REQUIREMENT_HEADINGS: dict[str, tuple[str, ...]] = {
    "id": ("需求ID", "ID", "需求编号", "编号", "Requirement ID", "Story ID"),
    "title": ("需求标题", "标题", "需求名称", "名称", "Title", "Name", "Summary", "Requirement"),
    "description": ("需求描述", "描述", "详细描述", "需求说明", "说明", "Description"),
    "status": ("状态", "需求状态", "Status"),
    "priority": ("优先级", "需求优先级", "等级", "Priority"),
    "creator": ("创建人", "创建者", "提出人", "Creator", "Author"),
    "business_value": ("业务价值", "价值", "Business value"),
    "acceptance_criteria": ("验收标准", "验收条件", "Acceptance criteria"),
}
CASES = Layout(_CASE_HEADINGS, ("title", "steps", "expected"), 2)
REQUIREMENTS = Layout(
    _REQUIREMENT_HEADINGS,
    ("title", "description", "id", "status", "priority", "acceptance_criteria"),
    2,
)
_NEAR = 0.8


def headed(
    rows: Sequence[Sequence[str]], layout: Layout, mapping: Mapping[str, str] | None = None
) -> tuple[int, dict[str, int]] | None:
    """The place (from 0) of the row of headings, and the column of each part; None where no row
    has them. Raises ArgumentError where no row has what `mapping` names.
    """
    best: tuple[int, dict[str, int]] | None = None
    fault: ArgumentError | None = None
    for place, row in enumerate(rows[:_MOST_ROWS_ABOVE]):
        if not any(row):
            continue
        try:
            columns = placed(row, layout, mapping)
        except ArgumentError as missing:
            fault = fault or missing
            continue
        if layout.fits(columns) and (best is None or len(columns) > len(best[1])):
            best = place, columns
    if best is None and fault is not None:
        raise fault
    return best


def placed(
    heads: Sequence[str], layout: Layout, mapping: Mapping[str, str] | None = None
) -> dict[str, int]:
    """The column of each part that a heading names: as it is, by `mapping`, else nearly.

    `mapping` says part -> heading. A heading serves one part, the first that it fits.
    """
    words = {_plain(head): place for place, head in reversed(list(enumerate(heads))) if head}
    found: dict[str, int] = {}
    for part, head in (mapping or {}).items():
        if _plain(head) not in words:
            raise ArgumentError("cases_heading", heading=head[:60], known=_listed(heads))
        found[part] = words.pop(_plain(head))
    for part, names in layout.headings.items():
        exact = next((name for name in map(_plain, names) if name in words), None)
        if exact is not None and part not in found:
            found[part] = words.pop(exact)
    for part, names in layout.headings.items():
        if part not in found and part != "id":  # nearly an id is any short word
            near = [m for n in names for m in get_close_matches(_plain(n), words, 1, _NEAR)]
            if near:
                found[part] = words.pop(near[0])
    return found


def read_mapping(path: Path, layout: Layout) -> dict[str, str]:
    """Part -> heading, from a TOML file: `title = "用例名"`. Raises ArgumentError."""
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise ArgumentError("mapping_unreadable", path=path, detail=str(fault)[:200]) from fault
    for part, head in told.items():
        if part not in layout.headings or not isinstance(head, str):
            raise ArgumentError("mapping_part", part=part[:60], known=", ".join(layout.headings))
    return told


def part_of(label: str, layout: Layout) -> str:
    """The part that a label names exactly; "" where it names none."""
    plain = _plain(label)
    return next((part for part, names in layout.headings.items()
                 if plain and plain in map(_plain, names)), "")  # fmt: skip


def _plain(head: str) -> str:
    """A heading without case, width, blanks and marks: "*用例标题（必填）" is 用例标题."""
    text = unicodedata.normalize("NFKC", head).casefold().partition("(")[0]
    return "".join(character for character in text if character.isalnum())


def _listed(heads: Sequence[str]) -> str:
    return ", ".join(head[:40] for head in heads[:20] if head)
