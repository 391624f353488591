"""Where a sentence ends, in a text that comes piece by piece."""

from __future__ import annotations

import re

# A full stop ends a sentence only before a space: 3.2 and v1.0 go on. An abbreviation may be
# taken for an end; then its sentence is judged in two, which can only mark more.
_END = re.compile(r"[。！？…]+[”’」』）)\"*]*|[.!?][”’)\"*]*(?=\s)|\n")
_OPEN, _CLOSE = "{{", "}}"
_LONGEST = 800  # characters after which a sentence is taken to have ended
_REFERENCE = 300  # characters that a reference may have


class Splitter:
    """Takes text as it comes and gives whole sentences; joined they give the text again.

    A line of a table or a list is a sentence. A reference is never cut.
    """

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, text: str) -> list[str]:
        """The sentences that `text` completes."""
        self._rest += text
        found: list[str] = []
        while (end := self._end()) is not None:
            found.append(self._rest[:end])
            self._rest = self._rest[end:]
        return found

    def finish(self) -> list[str]:
        """What is left at the end."""
        rest, self._rest = self._rest, ""
        return [rest[place : place + _LONGEST] for place in range(0, len(rest), _LONGEST)]

    def _end(self) -> int | None:
        begin = 0
        while (match := _END.search(self._rest, begin)) is not None:
            if match.end() == len(self._rest) and match[0] != "\n":
                break  # closing quotes may still come
            opened = self._rest.rfind(_OPEN, 0, match.start())
            closed = self._rest.find(_CLOSE, opened) if opened >= 0 else 0
            if opened < 0 or 0 <= closed < match.start() or match.start() - opened > _REFERENCE:
                return min(match.end(), _LONGEST)
            begin = match.end()
        return _LONGEST if len(self._rest) > _LONGEST else None
