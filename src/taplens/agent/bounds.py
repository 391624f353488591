"""How far a text may go: up to a stop sequence, and as many tokens as were asked for."""

from __future__ import annotations

from collections.abc import Sequence

from taplens.llm import tokens


class Bounds:
    """Lets a text through, piece by piece.

    `stop` are sequences that end it before they begin; `most` is the largest number of tokens,
    estimated (None: no limit). `finish` says why the text ended here: "stop" or "length", None as
    long as it hasn't.
    """

    def __init__(self, stop: Sequence[str], most: int | None) -> None:
        self._stop = [text for text in stop if text]
        self._held_back = max(map(len, self._stop), default=1) - 1
        self._most = most
        self._waiting = ""  # might be the beginning of a stop sequence
        self.size = 0  # of what went through, see tokens.size
        self.finish: str | None = None

    def take(self, text: str) -> str:
        """What may go out now that `text` has come."""
        self._waiting += text
        found = [at for stop in self._stop if (at := self._waiting.find(stop)) >= 0]
        if found:
            self.finish = "stop"
            return self._through(self._waiting[: min(found)])
        ready = len(self._waiting) - self._held_back
        if ready <= 0:
            return ""
        said, self._waiting = self._waiting[:ready], self._waiting[ready:]
        return self._through(said)

    def rest(self) -> str:
        """What was held back, at the end of the text."""
        said, self._waiting = self._waiting, ""
        return self._through(said)

    def _through(self, text: str) -> str:
        if self._most is not None and tokens.of_size(self.size + tokens.size(text)) > self._most:
            text = text[: self._fitting(text, self._most)]
            self.finish = "length"
        self.size += tokens.size(text)
        return text

    def _fitting(self, text: str, most: int) -> int:
        """How many characters of `text` still fit."""
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            fits = tokens.of_size(self.size + tokens.size(text[:middle])) <= most
            low, high = (middle, high) if fits else (low, middle - 1)
        return low
