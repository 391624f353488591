"""PDF files, by the package pypdfium2 (the extra `documents`)."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taplens.documents.model import Block, Document, Picture
from taplens.errors import ArgumentError, ExportError

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

MOST_PAGES = 2_000
MOST_CHARACTERS = 5_000_000
_MOST_PICTURES = 10_000
_ONE = threading.Lock()  # the library isn't made for several threads
_BREAK = re.compile(r"\n\s*\n")


def read_pdf(path: Path) -> Document:
    """The texts of a PDF, page by page, and its pictures; a line is a paragraph where a page has no
    empty lines.

    Raises ArgumentError for one with a password, that is damaged, or too long, and ExportError
    where pypdfium2 isn't installed.
    """
    try:
        import pypdfium2
    except ModuleNotFoundError as fault:
        raise ExportError("pdf_missing") from fault
    with _ONE:
        try:
            document = pypdfium2.PdfDocument(path)
        except pypdfium2.PdfiumError as fault:
            locked = "password" in str(fault).lower()
            code = "document_locked" if locked else "document_damaged"
            raise ArgumentError(code, path=path) from fault
        try:
            return _read(path, document)
        except pypdfium2.PdfiumError as fault:
            raise ArgumentError("document_damaged", path=path) from fault
        finally:
            document.close()


def _read(path: Path, document: PdfDocument) -> Document:
    count = len(document)
    if count > MOST_PAGES:
        raise ArgumentError("document_pages", path=path, most=MOST_PAGES)
    blocks: list[Block] = []
    blank = []
    size = 0
    for number in range(1, count + 1):
        page = document[number - 1]
        found = list(_blocks(page, number))
        page.close()
        size += sum(len(one.text) for one in found)
        if size > MOST_CHARACTERS:
            raise ArgumentError("document_too_long", path=path, most=MOST_CHARACTERS)
        if not any(one.text for one in found):
            blank.append(number)
        blocks += found
    if not blocks and not count:
        raise ArgumentError("document_damaged", path=path)
    return Document(
        name=path.name, kind="pdf", blocks=tuple(blocks), pages=count, blank=tuple(blank)
    )


def _blocks(page: Any, number: int) -> Iterator[Block]:
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    texts = page.get_textpage()
    text = texts.get_text_bounded().replace("\r\n", "\n").replace("\r", "\n").strip()
    texts.close()
    mark = _BREAK if _BREAK.search(text) else "\n"
    parts = re.split(mark, text)
    for part in filter(None, map(str.strip, parts)):
        yield Block(part, page=number)
    pictures = page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=3)
    for count, _ in enumerate(pictures):
        if count == _MOST_PICTURES:
            return
        yield Block(picture=Picture(), page=number)
