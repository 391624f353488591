"""Plain texts and Markdown: headings, paragraphs, tables and pictures as they are marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from taplens.documents.model import Block, Picture
from taplens.documents.sheets import decoded
from taplens.errors import ArgumentError

MOST_BLOCKS = 50_000
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*")
_FENCE = re.compile(r"(```|~~~)")
_ROW = re.compile(r"\|(.+)\|")
_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_SPLIT = re.compile(r"(?<!\\)\|")


def read_text(path: Path) -> list[Block]:
    """The blocks of a text file. Raises ArgumentError for one that is no text, or too long."""
    text = decoded(path)
    if "\0" in text:
        raise ArgumentError("document_no_text", path=path)
    found: list[Block] = []
    for block in _blocks(text.splitlines(), is_markdown=path.suffix.lower() == ".md"):
        if len(found) == MOST_BLOCKS:
            raise ArgumentError("document_too_long", path=path, most=MOST_BLOCKS)
        found.append(block)
    return found


def _blocks(lines: list[str], *, is_markdown: bool) -> Iterator[Block]:
    paragraph: list[str] = []
    rows: list[tuple[str, ...]] = []
    fence = ""
    for line in [*lines, ""]:
        marked = line.strip() if is_markdown else ""
        if mark := _FENCE.match(marked):
            fence = "" if mark[1] == fence else fence or mark[1]
        heading = None if fence else _HEADING.fullmatch(marked)
        is_row = not fence and bool(_ROW.fullmatch(marked))
        if rows and not is_row:
            yield Block(rows=rows)
            rows = []
        if paragraph and (heading or is_row or not (line.strip() or fence)):
            yield from _paragraph(paragraph, is_markdown=is_markdown)
            paragraph = []
        if heading:
            yield Block(heading[2], len(heading[1]))
        elif is_row:
            if not _RULE.fullmatch(marked):
                rows = [*rows, _cells(marked)]
        elif line.strip() or fence:
            paragraph.append(line.rstrip())
    if paragraph:  # a fence that isn't closed
        yield from _paragraph(paragraph, is_markdown=is_markdown)


def _cells(line: str) -> tuple[str, ...]:
    parts = _SPLIT.split(line.strip().strip("|"))
    return tuple(part.strip().replace("\\|", "|") for part in parts)


def _paragraph(lines: list[str], *, is_markdown: bool) -> Iterator[Block]:
    """A paragraph, then the pictures in it."""
    text = "\n".join(lines).strip()
    if not is_markdown:
        yield Block(text)
        return
    if rest := _PICTURE.sub("", text).strip():
        yield Block(rest)
    for match in _PICTURE.finditer(text):
        yield Block(picture=Picture(match[1]))
