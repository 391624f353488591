"""A document as data: its parts in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Rows = list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: what it is called or shows ("": nothing is said), and its size in bytes (0: it
    isn't known).
    """

    name: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (`level` from 1), a paragraph (0), a table (`rows`), or a picture.

    `page` is where it stands, from 1, in a document that has pages, else 0.
    """

    text: str = ""
    level: int = 0
    rows: Rows | None = None
    picture: Picture | None = None
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file holds. `pages` is 0 where it has none; `blank` are the pages without a text, such
    as scanned ones.
    """

    name: str
    kind: str
    blocks: tuple[Block, ...]
    pages: int = 0
    blank: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        """The first heading, else the file's name."""
        return next((one.text for one in self.blocks if one.level), self.name)

    def paragraphs(self) -> Iterator[str]:
        """The texts of headings and paragraphs."""
        return (one.text for one in self.blocks if one.text)

    def counts(self) -> dict[str, int]:
        """How many paragraphs (headings among them), tables, pictures and pages there are."""
        return {
            "paragraphs": sum(bool(one.text) for one in self.blocks),
            "tables": sum(one.rows is not None for one in self.blocks),
            "pictures": sum(one.picture is not None for one in self.blocks),
            "pages": self.pages,
        }
