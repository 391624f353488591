"""A document as Markdown, and what it says in short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from taplens.documents.model import Block, Document, Rows

PICTURE = "图片"  # as in TAPD's own texts, see tapd.rich_text


@dataclass(frozen=True, slots=True)
class Summary:
    """The first paragraphs of a document with their places (from 1), and how many there are."""

    paragraphs: tuple[tuple[int, str], ...]
    total: int

    @property
    def text(self) -> str:
        """The paragraphs as one text."""
        return "\n".join(text for _, text in self.paragraphs)


def summary(document: Document, most: int = 5) -> Summary:
    """The first `most` paragraphs that have a text."""
    texts = list(document.paragraphs())
    return Summary(tuple(enumerate(texts[:most], 1)), len(texts))


def to_markdown(document: Document) -> str:
    """All of a document; where it has pages, each begins with its number."""
    parts = []
    page = 0
    for block in document.blocks:
        if block.page > page:
            page = block.page
            parts.append(f"[p. {page}]")
        parts.append(_markdown(block))
    return "\n\n".join(parts)


def _markdown(block: Block) -> str:
    if block.rows is not None:
        return "\n".join(_table(block.rows))
    if block.picture is not None:
        name = " ".join(block.picture.name.replace("[", "(").replace("]", ")").split())
        return f"![{PICTURE}{': ' if name else ''}{name}]"
    return f"{'#' * min(block.level, 6)} {block.text}" if block.level else block.text


def _table(rows: Rows) -> Iterator[str]:
    width = max(map(len, rows), default=0)
    for place, row in enumerate(rows):
        cells = [" ".join(cell.split()).replace("|", "\\|") for cell in row]
        yield f"| {' | '.join(cells + [''] * (width - len(cells)))} |"
        if place == 0:
            yield "|" + " --- |" * width
