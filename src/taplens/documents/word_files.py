"""What a Word document says, in its order: headings, paragraphs, tables and pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taplens.documents.model import Block, Picture, Rows
from taplens.documents.sheets import DAMAGED, checked
from taplens.errors import ArgumentError, ExportError

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph

_HEADING = re.compile(r"(?:Heading|标题)\s*([1-9])$", re.IGNORECASE)
MOST_BLOCKS = 50_000
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_MAIN = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MOST_UNPACKED = 150 * 1024 * 1024  # all of it is in memory at once


def read_blocks(path: Path) -> list[Block]:
    """The blocks of a .docx file that hold a text or a picture.

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
        yield from _pictures(one._element, document.part)


def _paragraph(one: Paragraph) -> Block:
    match = _HEADING.match(str(one.style.name or "")) if one.style is not None else None
    return Block(one.text.strip(), int(match[1]) if match else 0)


def _pictures(element: Any, part: Any) -> Iterator[Block]:
    """The pictures in an element: called by what they show, else by their name."""
    for drawing in element.iter(f"{_DRAWING}inline", f"{_DRAWING}anchor"):
        named = drawing.find(f"{_DRAWING}docPr")
        blip = next(drawing.iter(f"{_MAIN}blip"), None)
        if blip is None:  # a chart or a shape
            continue
        told = {} if named is None else named.attrib
        related = part.rels.get(blip.get(f"{_RELATIONS}embed", ""))
        inside = related is not None and not related.is_external
        size = len(related.target_part.blob) if inside else 0
        yield Block(picture=Picture(told.get("descr") or told.get("name") or "", size))


def _rows(table: Any) -> Rows:
    """The rows of a table; a merged cell's text stands in all of its cells."""
    return [tuple(cell.text.strip() for cell in row.cells) for row in table.rows]
