"""The answer on its way out: sentence by sentence, none before it was checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from taplens.agent.checks.sentences import Splitter
from taplens.agent.checks.verdict import Verdict


class Checks(Protocol):
    """What judges a sentence."""

    def check(self, sentence: str) -> Verdict:
        """The sentence as it may leave, and what is wrong with it."""
        ...


class Writing:
    """One round of the model's text. `marks`: whether faults leave marked, instead of waiting.

    From the first sentence with a fault on everything is held back, so that it can be written
    anew; `release` gives it with its marks.
    """

    def __init__(self, checks: Checks, *, marks: bool) -> None:
        self._checks = checks
        self._marks = marks
        self._splitter = Splitter()
        self._held: list[Verdict] = []
        self._sent: list[str] = []

    def feed(self, text: str) -> Iterator[str]:
        """Takes a piece of the model's text; what may leave now."""
        yield from self._passed(self._splitter.feed(text))

    def finish(self) -> Iterator[str]:
        """The end of the text; what may leave of it."""
        yield from self._passed(self._splitter.finish())

    def release(self) -> Iterator[str]:
        """What was held back, with its marks."""
        held, self._held = self._held, []
        yield from (verdict.text for verdict in held)

    @property
    def faults(self) -> list[str]:
        """What is wrong with what is held back."""
        return [fault for verdict in self._held for fault in verdict.faults]

    @property
    def passed(self) -> str:
        """The model's own text of what has left."""
        return "".join(self._sent)

    def _passed(self, sentences: list[str]) -> Iterator[str]:
        for sentence in sentences:
            verdict = self._checks.check(sentence)
            if self._held or (verdict.faults and not self._marks):
                self._held.append(verdict)
            else:
                self._sent.append(sentence)
                yield verdict.text
