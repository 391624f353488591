"""An item's texts cut into the pieces that get a vector each: by structure, not by count."""

from __future__ import annotations

import re
from collections.abc import Iterator

from taplens.mirror.index.documents import Document

# A model of 512 tokens takes as many Chinese characters; shorter pieces are told apart better.
LONGEST = 480  # characters of a chunk
_MOST_BODY, _MOST_COMMENTS = 6, 2
_SENTENCES = re.compile(r"(?<=[。！？；!?;])|(?<=[.] )")


def chunks_of(document: Document) -> list[str]:
    """The title, then the body and the comments, newest first, in pieces; [] where all is blank.

    Lines are kept together up to the longest chunk. What lies beyond the bounds is found by the
    full text alone.
    """
    parts = [
        [document.title.strip()[:LONGEST]],
        pieces(document.body)[:_MOST_BODY],
        pieces(document.comments)[:_MOST_COMMENTS],
    ]
    return [chunk for part in parts for chunk in part if chunk]


def pieces(text: str) -> list[str]:
    """`text` in pieces of whole lines, or of whole sentences where a line is too long."""
    found: list[str] = []
    for part in _parts(text):
        if found and len(found[-1]) + 1 + len(part) <= LONGEST:
            found[-1] += "\n" + part
        else:
            found.append(part)
    return found


def _parts(text: str) -> Iterator[str]:
    for line in filter(None, map(str.strip, text.splitlines())):
        if len(line) <= LONGEST:
            yield line
            continue
        for sentence in filter(None, _SENTENCES.split(line)):
            for start in range(0, len(sentence), LONGEST):
                yield sentence[start : start + LONGEST]
