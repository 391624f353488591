"""References to results in the model's text: `{{r2.rows[3].count}}` becomes what stands there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taplens.agent.checks.evidence import Cell
from taplens.agent.checks.lexicon import folded

if TYPE_CHECKING:
    from taplens.agent.checks.evidence import Evidence, Result

_REFERENCE = re.compile(r"\{\{\s*(?P<path>[^{}\n]{1,280}?)\s*\}\}")
_BROKEN = re.compile(r"\{\{|\}\}")
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d{1,6})\]|\[['\"](?P<key>[^'\"\]]+)['\"]\]")
_ROWS = ("rows", "data")


@dataclass(frozen=True, slots=True)
class Filled:
    """A value where it now stands; `cell` is None where the reference led nowhere."""

    start: int
    end: int
    cell: Cell | None
    path: str


def filled(text: str, evidence: Evidence) -> tuple[str, list[Filled]]:
    """`text` with its references filled in, and where each now stands.

    One that leads nowhere becomes "?".
    """
    pieces: list[str] = []
    found: list[Filled] = []
    begin = length = 0
    for match in _REFERENCE.finditer(text):
        before = _BROKEN.sub("", text[begin : match.start()])
        cell = _cell(match["path"], evidence)
        told = "?" if cell is None else cell.text
        length += len(before)
        found.append(Filled(length, length + len(told), cell, match["path"]))
        pieces += (before, told)
        length += len(told)
        begin = match.end()
    pieces.append(_BROKEN.sub("", text[begin:]))
    return "".join(pieces), found


def _cell(path: str, evidence: Evidence) -> Cell | None:
    name, _, _ = path.partition(".")
    result = evidence.results.get(name.strip())
    if result is None:
        return None
    steps = _steps(path[len(name) :])
    if steps is None:
        return None
    found, row, column, keys = _walk(result, steps)
    text = _told(found)
    if text is None:
        return None
    for cell in result.cells:
        is_here = (cell.row, cell.column) == (row, column)
        if is_here and (not keys or all(_names(cell, key) for key in keys)):
            return cell
    labels = next((cell.labels for cell in result.cells if cell.row == row >= 0), ())
    named = tuple(label for label in labels if label.dimension not in ("state", "statistic"))
    value = float(found) if isinstance(found, int | float) else None
    return Cell(result, column, text, value, "none", named, row=row)


def _told(found: Any) -> str | None:
    """A value as it is filled in: a text, a number, or a list of such; None for anything else."""
    if isinstance(found, list | tuple) and found:
        parts = [_told(part) for part in found if not isinstance(part, list | tuple)]
        told = [part for part in parts if part is not None]
        return ", ".join(told) if len(told) == len(found) else None
    return None if found is None or isinstance(found, Mapping | list | tuple) else str(found)


def _names(cell: Cell, key: str) -> bool:
    return key == "none" or any(folded(key) in demand.words for demand in cell.labels)


def _steps(path: str) -> list[str | int] | None:
    steps: list[str | int] = []
    place = 0
    while place < len(path):
        match = _STEP.match(path, place)
        if match is None:
            return None
        steps.append(int(match["index"]) if match["index"] else (match["name"] or match["key"]))
        place = match.end()
    return steps


def _walk(result: Result, steps: list[str | int]) -> tuple[Any, int, str, list[str]]:
    """What stands there, its row (-1: none), its column, and the keys within that."""
    value: Any = result.content
    row, names = -1, []
    for number, step in enumerate(steps):
        if isinstance(step, int):
            if not isinstance(value, list | tuple) or step >= len(value):
                return None, -1, "", []
            value = value[step]
            row = step if row < 0 else row
            continue
        name = "data" if number == 0 and step in _ROWS else step
        value = value.get(name) if isinstance(value, Mapping) else None
        names.append(step)
    if row >= 0:
        names = names[1:]
    return value, row, names[0] if names else "", names[1:]
