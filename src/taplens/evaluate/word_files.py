"""What a Word document says, in its order: headings, paragraphs and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taplens.errors import ArgumentError, ExportError
from taplens.evaluate.sheets import DAMAGED, Rows, checked

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph

_HEADING = re.compile(r"(?:Heading|标题)\s*([1-9])$", re.IGNORECASE)
MOST_BLOCKS = 50_000
_MOST_UNPACKED = 150 * 1024 * 1024  # all of it is in memory at once


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (`level` from 1), a paragraph (0), or a table (`rows`)."""

    text: str = ""
    level: int = 0
    rows: Rows | None = None


def read_document(path: Path) -> list[Block]:
    """The blocks of a .docx file that hold a text.

    Raises ArgumentError for what is none, or too large, and ExportError where the extra isn't
    installed.
    """
    checked(path, ("docx",), _MOST_UNPACKED)
    try:
        import docx
        from docx.opc.exceptions import PackageNotFoundError
    except ModuleNotFoundError as fault:
        raise ExportError("docx_missing") from fault
    try:
        with path.open("rb") as file:
            found: list[Block] = []
            for block in _blocks(docx.Document(file)):
                if len(found) == MOST_BLOCKS:
                    raise ArgumentError("sheet_too_long", path=path, rows=MOST_BLOCKS)
                found.append(block)
            return found
    except (PackageNotFoundError, KeyError, ValueError) as fault:  # packed, but no document
        raise ArgumentError("sheet_format", path=path, known=".docx") from fault
    except DAMAGED as fault:
        raise ArgumentError("sheet_damaged", path=path, detail=str(fault)[:200]) from fault


def _blocks(document: Any) -> Iterator[Block]:
    from docx.table import Table

    for one in document.iter_inner_content():
        block = Block(rows=_rows(one)) if isinstance(one, Table) else _paragraph(one)
        if block.text or block.rows:
            yield block


def _paragraph(one: Paragraph) -> Block:
    match = _HEADING.match(str(one.style.name or "")) if one.style is not None else None
    return Block(one.text.strip(), int(match[1]) if match else 0)


def _rows(table: Any) -> Rows:
    """The rows of a table; a merged cell's text stands in all of its cells."""
    return [tuple(cell.text.strip() for cell in row.cells) for row in table.rows]
