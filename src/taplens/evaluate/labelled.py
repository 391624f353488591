"""Texts whose lines say which part of a requirement they are: 验收标准：…, or 【业务价值】."""

from __future__ import annotations

import re
from collections.abc import Mapping

from taplens.evaluate.columns import REQUIREMENTS, part_of

_LABEL = re.compile(r"\s*([^:：\n]{1,20})(?:[:：]\s*(.*))?$", re.DOTALL)
_OF_A_LINE = frozenset(("id", "status", "priority", "creator"))
_TEXTS = frozenset(("description", "business_value", "acceptance_criteria"))


class Labelled:
    """Gathers lines under those of the parts `known` that they belong to, `description` where none
    is said. A title is no label: 名称：… is said of many things.
    """

    def __init__(self, known: frozenset[str] = _OF_A_LINE | _TEXTS) -> None:
        self._known = known
        self._lines: dict[str, list[str]] = {}
        self._part = "description"

    def begin(self, label: str) -> bool:
        """What follows belongs to the part of that name; False where there is none."""
        part = part_of(label, REQUIREMENTS)
        if part not in self._known:
            return False
        self._part = part
        return True

    def add(self, line: str) -> None:
        """A line, which may begin with the label of its part."""
        match = _LABEL.match(line)
        if match and self.begin(match[1]):
            line = match[2] or ""
        if line.strip():
            self._lines.setdefault(self._part, []).append(line.strip())
            if self._part in _OF_A_LINE:
                self._part = "description"

    def parts(self) -> Mapping[str, str]:
        """The texts of the parts that have any."""
        return {part: "\n".join(lines) for part, lines in self._lines.items()}


def parts_of(text: str) -> Mapping[str, str]:
    """The parts of a whole text, as far as they are texts themselves."""
    found = Labelled(_TEXTS)
    for line in text.splitlines():
        found.add(line)
    return found.parts()
