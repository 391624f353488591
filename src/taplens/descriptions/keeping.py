"""Short descriptions, kept in the home beside the mirror: never in place of what TAPD has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taplens.tables.lines import KeptLines

NAME = "short-descriptions.jsonl"  # in the home


@dataclass(frozen=True, slots=True)
class Short:
    """A short description and the model that wrote it; `faults` say why it was refused, then the
    text is "".
    """

    text: str
    model: str
    faults: tuple[str, ...] = ()


class KeptShort:
    """The short descriptions of a home, each for one text of one item. Its calls block."""

    def __init__(self, home: Path) -> None:
        self._lines = KeptLines(home / NAME)

    def find(self, item: tuple[str, str, str], text: str) -> Short | None:
        """What is kept for an item (workspace id, type, id) that says `text` (as Markdown)."""
        told = self._lines.find(_key(item))
        if told is None or told.get("of") != _digest(text):
            return None  # none, or of what it said before
        return _short(told)

    def keep(self, item: tuple[str, str, str], text: str, short: Short) -> None:
        """Keep it. Raises ExportError where the home can't be written."""
        told = {"of": _digest(text), "text": short.text, "model": short.model,
                "faults": list(short.faults)}  # fmt: skip
        self._lines.keep({_key(item): told})

    def forget(self, items: Iterable[tuple[str, str, str]]) -> int:
        """Throw away what is kept for items; how many there were. Raises ExportError."""
        return self._lines.forget({_key(item) for item in items})


def _key(item: tuple[str, str, str]) -> str:
    return " ".join(item)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _short(told: Mapping[str, Any]) -> Short | None:
    try:
        return Short(str(told["text"]), str(told["model"]), tuple(map(str, told["faults"])))
    except (KeyError, TypeError):
        return None
