"""Requirements from files: the rows of a sheet, or the sections and tables of a Word document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taplens.documents.model import Rows
from taplens.documents.sheets import checked, chosen, read_sheets
from taplens.errors import ArgumentError
from taplens.evaluate.columns import REQUIREMENTS, headed
from taplens.evaluate.labelled import Labelled
from taplens.evaluate.model import Requirement

if TYPE_CHECKING:
    from taplens.documents.model import Block

KINDS = ("xlsx", "csv", "docx")


@dataclass(frozen=True, slots=True)
class Listed:
    """Requirements as a file has them, "" where it gives no id.

    `untitled` are the rows (from 1) that have a text but no title, and were left out; `uncounted`
    and `rounded` are as a Sheet has them.
    """

    requirements: tuple[Requirement, ...]
    untitled: tuple[int, ...] = ()
    uncounted: int = 0
    rounded: int = 0


def read_file(path: Path, *, sheet: str = "", mapping: Mapping[str, str] | None = None) -> Listed:
    """The requirements of a file, by its ending; `sheet` and `mapping` as `read_cases` has them.

    Raises ArgumentError for what is no such file or has none, and where two have one id.
    """
    kind = checked(path, KINDS)
    found = _of_document(path, mapping) if kind == "docx" else _of_sheets(path, sheet, mapping)
    if not found.requirements:
        raise ArgumentError("requirements_none", path=path, wanted=REQUIREMENTS.wanted)
    _check_ids(found.requirements)
    return found


def _of_sheets(path: Path, sheet: str, mapping: Mapping[str, str] | None) -> Listed:
    for one in chosen(read_sheets(path), sheet):
        found = of_rows(one.rows, mapping)
        if found is not None:
            return Listed(found.requirements, found.untitled, one.uncounted, one.rounded)
    return Listed(())


def of_rows(rows: Rows, mapping: Mapping[str, str] | None = None) -> Listed | None:
    """The requirements of rows that have headings; None where they have none."""
    head = headed(rows, REQUIREMENTS, mapping)
    if head is None or "title" not in head[1]:
        return None
    found, untitled = [], []
    for place, row in enumerate(rows[head[0] + 1 :], head[0] + 2):
        told = {part: row[column] for part, column in head[1].items() if column < len(row)}
        if told.get("title"):
            found.append(Requirement(**{"id": "", "title": "", **told}))
        elif any(row):
            untitled.append(place)
    return Listed(tuple(found), tuple(untitled))


def _of_document(path: Path, mapping: Mapping[str, str] | None) -> Listed:
    """A section is a requirement, but for one that only holds others; so is each row of a table
    with headings of requirements. What stands before the first heading is left out.
    """
    from taplens.documents.word_files import read_blocks

    found: list[Requirement] = []
    untitled: list[int] = []
    section: _Section | None = None
    for block in read_blocks(path):
        listed = of_rows(block.rows, mapping) if block.rows else None
        if listed is not None:
            found += listed.requirements
            untitled += listed.untitled
            if section is not None:
                section.is_telling = False
        elif section is None or not section.takes(block):
            found += section.requirements(block.level) if section else ()
            section = _Section(block) if block.level else None
    found += section.requirements(0) if section else ()
    return Listed(tuple(found), tuple(untitled))


class _Section:
    """A heading and what stands under it. `is_telling`: also the heading alone is a requirement."""

    def __init__(self, heading: Block) -> None:
        self._heading = heading
        self._labelled = Labelled()
        self.is_telling = True

    def takes(self, block: Block) -> bool:
        """Whether a block belongs here: all do but headings that aren't the label of a part."""
        if block.level:
            return block.level > self._heading.level and self._labelled.begin(block.text)
        for row in block.rows or ():
            cells = list(dict.fromkeys(filter(None, row)))
            self._labelled.add("：".join(cells) if len(cells) == 2 else " | ".join(cells))
        for line in block.text.splitlines():
            self._labelled.add(line)
        return True

    def requirements(self, next_level: int) -> Iterator[Requirement]:
        """The requirement that it is, if it is one; `next_level` is that of the heading behind."""
        parts = self._labelled.parts()
        if parts or (self.is_telling and next_level <= self._heading.level):
            yield Requirement(**{"id": "", **parts, "title": self._heading.text})


def _check_ids(requirements: Sequence[Requirement]) -> None:
    seen: dict[str, str] = {}
    for one in requirements:
        if one.id and one.id in seen:
            both = f"“{seen[one.id][:40]}”, “{one.title[:40]}”"
            raise ArgumentError("requirements_doubled", id=one.id[:60], titles=both)
        seen[one.id] = one.title
