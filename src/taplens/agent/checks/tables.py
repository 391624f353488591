"""Tables in the model's text: a figure there is read with its column's head and its row's name."""

from __future__ import annotations

import re

_SEPARATOR = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
_FIGURE = re.compile(r"\d|\{\{|[一二三四五六七八九十两]")


class Table:
    """Follows the lines of a text, and cuts those of tables into cells."""

    def __init__(self) -> None:
        self._head: list[str] = []
        self._is_open = False

    def parts(self, line: str) -> list[tuple[str, str]]:
        """(what to read it after, text) of each part of the line; joined they give the line.

        Outside of tables that is the line itself, after nothing.
        """
        if not line.lstrip().startswith("|"):
            if line.strip():
                self._head, self._is_open = [], False
            return [("", line)]
        if _SEPARATOR.match(line.strip("\n")):
            self._is_open = True
            return [("", line)]
        cells = line.split("|")
        if not self._is_open:
            self._head = [cell.strip() for cell in cells]
            return [("", line)]
        return self._of_row(cells)

    def _of_row(self, cells: list[str]) -> list[tuple[str, str]]:
        told = [cell.strip() for cell in cells]
        names = [name for name in told if name and not _FIGURE.search(name)]
        first = next((name for name in told if name), "")
        parts: list[tuple[str, str]] = []
        for number, cell in enumerate(cells):
            text = cell if number == len(cells) - 1 else f"{cell}|"
            column = self._head[number] if number < len(self._head) else ""
            heads = dict.fromkeys(name for name in (first, *names, column) if name)
            head = " | ".join(name for name in heads if name != told[number])
            parts.append((f"{head} | " if head and told[number] else "", text))
        return parts
