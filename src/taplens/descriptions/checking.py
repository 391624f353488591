"""Whether a shorter text still holds every id, number, link and picture, and none that is new."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

_UNITS = (
    "毫秒|秒|分钟|小时|天|周|个月|月|年|元|万|亿|倍|%|‰|"
    "(?:ms|s|min|h|[KMGT]B|px|dp|fps|[kMG]?Hz)(?![A-Za-z])"
)
# A number with what belongs to it: -3, 12.5%, 300 ms, v2.3.1, P0, 3 天.
_NUMBER = re.compile(
    rf"[A-Za-z]*[-+]?\d+(?:[.,:/-]\d+)*(?:[A-Za-zμ]+|\s?(?:{_UNITS}))?", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+(?:[.,:/-]\d+)*")
_ADDRESS = re.compile(r"(?:https?://|tapd-image:|ftp://|mailto:)[^\s<>()\[\]\"'，。；）】]+")
_STEP = re.compile(r"^\s*(?:[-*]\s+)?\d+[.)、](?!\d)\s*", re.MULTILINE)
MOST_NAMED = 8


def faults(original: str, shorter: str) -> list[str]:
    """What a shorter text has lost or made up of the original: ids, numbers, addresses; [] where
    nothing. The numbers of list items aren't numbers of the text.
    """
    found = list(_lost_and_new(_addresses(original), _addresses(shorter)))
    bare, other = (_bare(text) for text in (original, shorter))
    found += _lost_and_new(_numbers(bare), _numbers(other))
    return found[:MOST_NAMED]


def _lost_and_new(before: Counter[str], after: Counter[str]) -> Iterator[str]:
    for name in before:
        if name not in after:
            yield f"- {name}"
    for name in after:
        if name not in before:
            yield f"+ {name}"


def _addresses(text: str) -> Counter[str]:
    return Counter(_ADDRESS.findall(text))


def _numbers(text: str) -> Counter[str]:
    """The numbers with what belongs to them, written without blanks and in one width."""
    return Counter(match.replace(" ", "").casefold() for match in _NUMBER.findall(text)
                   if _DIGITS.search(match))  # fmt: skip


def _bare(text: str) -> str:
    """The text without addresses and without the numbers of its lists."""
    plain = unicodedata.normalize("NFKC", _ADDRESS.sub(" ", text))
    return _STEP.sub("", plain)
