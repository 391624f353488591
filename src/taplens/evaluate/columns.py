"""Which heading of a sheet is which part of a case: by its name, a near one, or a mapping."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from taplens.errors import ArgumentError

# The parts of a case and the headings that they come under, TAPD's own first.
HEADINGS: dict[str, tuple[str, ...]] = {
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
_NEAR = 0.8
# What a sheet of cases must have at least, so that another sheet isn't taken for one.
_TELLING = ("title", "steps", "expected")


def placed(heads: Sequence[str], mapping: Mapping[str, str] | None = None) -> dict[str, int]:
    """The column of each part that a heading names: as it is, by `mapping`, else nearly.

    `mapping` says part -> heading. A heading serves one part, the first that it fits.
    """
    words = {_plain(head): place for place, head in reversed(list(enumerate(heads))) if head}
    found: dict[str, int] = {}
    for part, head in (mapping or {}).items():
        if _plain(head) not in words:
            raise ArgumentError("cases_heading", heading=head[:60], known=_listed(heads))
        found[part] = words.pop(_plain(head))
    for part, names in HEADINGS.items():
        exact = next((name for name in map(_plain, names) if name in words), None)
        if exact is not None and part not in found:
            found[part] = words.pop(exact)
    for part, names in HEADINGS.items():
        if part not in found and part != "id":  # nearly an id is any short word
            near = [m for n in names for m in get_close_matches(_plain(n), words, 1, _NEAR)]
            if near:
                found[part] = words.pop(near[0])
    return found


def is_sheet_of_cases(found: Mapping[str, int]) -> bool:
    """Whether columns that were found are those of cases."""
    return sum(part in found for part in _TELLING) > 1


def read_mapping(path: Path) -> dict[str, str]:
    """Part -> heading, from a TOML file: `title = "用例名"`. Raises ArgumentError."""
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise ArgumentError("mapping_unreadable", path=path, detail=str(fault)[:200]) from fault
    for part, head in told.items():
        if part not in HEADINGS or not isinstance(head, str):
            raise ArgumentError("mapping_part", part=part[:60], known=", ".join(HEADINGS))
    return told


def _plain(head: str) -> str:
    """A heading without case, width, blanks and marks: "*用例标题（必填）" is 用例标题."""
    text = unicodedata.normalize("NFKC", head).casefold().partition("(")[0]
    return "".join(character for character in text if character.isalnum())


def _listed(heads: Sequence[str]) -> str:
    return ", ".join(head[:40] for head in heads[:20] if head)
