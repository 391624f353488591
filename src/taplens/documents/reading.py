"""Reading a document, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from taplens.documents.model import Block, Document
from taplens.documents.sheets import checked, read_sheets

KINDS = ("docx", "xlsx", "csv", "pdf", "md", "txt")
ENDINGS = tuple(f".{kind}" for kind in KINDS)


def read(path: Path) -> Document:
    """The document in a file, by its ending; to be called off the event loop.

    Raises ArgumentError for what is no such file, is damaged, has a password, or is too large, and
    ExportError where the package that reads it isn't installed.
    """
    kind = checked(path, KINDS)
    if kind == "pdf":
        from taplens.documents.pdf_files import read_pdf

        return read_pdf(path)
    return Document(name=path.name, kind=kind, blocks=tuple(_READERS[kind](path)))


def _word(path: Path) -> Iterable[Block]:
    from taplens.documents.word_files import read_blocks

    return read_blocks(path)


def _sheets(path: Path) -> Iterable[Block]:
    """A sheet's name as a heading, where there are several, and its rows."""
    sheets = [one for one in read_sheets(path) if one.rows]
    for sheet in sheets:
        if len(sheets) > 1:
            yield Block(sheet.name, 1)
        yield Block(rows=sheet.rows)


def _text(path: Path) -> Iterable[Block]:
    from taplens.documents.text_files import read_text

    return read_text(path)


_READERS: dict[str, Callable[[Path], Iterable[Block]]] = {
    "docx": _word, "xlsx": _sheets, "csv": _sheets, "md": _text, "txt": _text,
}  # fmt: skip
