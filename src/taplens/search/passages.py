"""The passage of an item that a question is about, with what matched marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from taplens.mirror.index.documents import Document, stored
from taplens.mirror.index.tokens import HAN, Phrase, normalized, place_of, runs_of, with_places

_BEFORE, _AFTER = 24, 64  # characters shown around the first match
_MARK = "**"
_WORD_BEGINS = f"(?<![^{HAN} ])"
_WORD_ENDS = f"(?![^{HAN} ])"


def passages(
    connection: Connection, keys: Sequence[int], phrases: Sequence[Phrase]
) -> Mapping[int, str]:
    """By item, the passage of its body or comments that matches; none where only the title does."""
    patterns = [re.compile(_pattern(phrase)) for phrase in sorted(phrases, key=_length)]
    found = {}
    for key, packed in stored(connection, keys).items():
        document = Document.restored(packed)
        passage = passage_of((document.body, document.comments), patterns)
        if passage:
            found[key] = passage
    return found


def passage_of(texts: Iterable[str], patterns: Sequence[re.Pattern[str]]) -> str:
    """The surroundings, on one line, of the first match of the first pattern that any text holds.

    Every match in it is marked; "" where nothing matches.
    """
    for text in filter(None, texts):
        folded = normalized(text)
        for pattern in patterns:
            match = pattern.search(folded)
            if match:
                whole = unicodedata.normalize("NFC", text)
                return _shown(whole, place_of(match.start(), whole), patterns)
    return ""


def _shown(text: str, here: int, patterns: Sequence[re.Pattern[str]]) -> str:
    """`text` around its character `here`, marked."""
    start, end = max(0, here - _BEFORE), min(len(text), here + _AFTER)
    inner = text[start:end]
    folded, offsets = with_places(inner)
    spans = sorted(
        (offsets[match.start()], offsets[match.end() - 1] + 1)
        for pattern in patterns
        for match in pattern.finditer(folded)
    )
    marked = " ".join(_marked(inner, spans).split())
    return ("…" if start else "") + marked + ("…" if end < len(text) else "")


def _marked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with marks around the spans (sorted); those that touch are one."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    told, last = "", 0
    for start, end in joined:
        told += text[last:start] + _MARK + text[start:end] + _MARK
        last = end
    return told + text[last:]


def _pattern(phrase: Phrase) -> str:
    """A pattern of the phrase in folded text: runs with marks, now blanks, or nothing between."""
    runs = [re.escape(run) for run in runs_of(phrase)]
    words = [run[:1].isalnum() and not re.match(f"[{HAN}]", run) for run in runs_of(phrase)]
    begins = _WORD_BEGINS if words[0] else ""
    ends = _WORD_ENDS if words[-1] and not phrase.prefix else ""
    return begins + " *".join(runs) + ends


def _length(phrase: Phrase) -> int:
    return -sum(map(len, phrase.tokens))
