"""The check of a sentence: filled in, held against the data, marked where it isn't borne out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from taplens import messages
from taplens.agent.checks.claims import Claims
from taplens.agent.checks.evidence import Cell, Evidence
from taplens.agent.checks.items import linked, unknown_ids, wrong_facts
from taplens.agent.checks.lexicon import folded
from taplens.agent.checks.links import Links
from taplens.agent.checks.numerals import Numeral
from taplens.agent.checks.reading import Figure, Sentence, agrees
from taplens.agent.checks.references import Filled, filled
from taplens.agent.checks.support import Context, Support, as_of_instant, is_as_of, is_date_told
from taplens.agent.checks.tables import Table
from taplens.agent.checks.times import within
from taplens.agent.checks.verdict import Verdict
from taplens.agent.checks.vocabulary import Vocabulary
from taplens.filters import Named

_LEAD = re.compile(r"^\s*(?:#{1,6}\s|\*\*.*\*\*\s*[:：]?\s*$)|[:：]\**\s*$")
_END = re.compile(r"[\s。！？!?；;….”’」』）)\"*|]*$")
_SHOWN = 60
_UNWANTED = ("score", "keyness")
_OWN_MARKS = re.compile(r"〔未核实〕|\[unverified\]")

Spot = tuple[int, str]


class Checker:
    """Judges the sentences of one answer, in their order.

    `question` is what the user asked, `locale` the language of the marks, `now` in UTC epoch
    seconds, `web_base` the address of the TAPD pages.
    """

    def __init__(
        self, vocabulary: Vocabulary, question: str, *, locale: str, now: int, web_base: str
    ) -> None:
        self.evidence = Evidence(vocabulary, now)
        self.marked = 0
        self._mark = messages.text("agent.unverified", locale)
        self._removed = messages.text("agent.link_removed", locale)
        self._web_base = web_base
        self._links = Links(web_base)
        self._table = Table()
        self._question = self._plain(question[-4000:])
        self._lead = self._before = self._plain("")

    def learn(
        self, name: str, tool: str, arguments: Mapping[str, Any], content: Mapping[str, Any]
    ) -> None:
        """A result that the model may rest on."""
        self.evidence.add(name, tool, arguments, content)

    def facts(self) -> dict[str, Any]:
        """What the answer rests on."""
        as_of = [result.as_of for result in self.evidence.results.values() if result.as_of]
        return {
            "as_of": min(as_of, default=None),
            "item_ids": list(self.evidence.items)[:200],
            "unverified": self.marked,
        }

    def check(self, sentence: str) -> Verdict:
        """The sentence as it may leave, and what is wrong with it, for the model to mend."""
        restricted = self._restricted(_OWN_MARKS.sub("", sentence))
        parts = self._table.parts(restricted)
        pieces: list[str] = []
        faults: list[str] = []
        for head, part in parts:
            verdict = self._judged(part, head)
            pieces.append(verdict.text)
            faults += verdict.faults
        if len(parts) > 1:
            row, fills = filled(restricted, self.evidence)
            claims = tuple(self._claims(Sentence(row, fills, self.evidence)))
            if claims:
                self.marked += 1
                pieces[-1] = self._with_marks(pieces[-1], [0])
                faults += claims
        self._remember(restricted)
        # Once more: what was filled in was written by people, and may have completed an address.
        told = self._restricted("".join(pieces))
        return Verdict(linked(told, self.evidence, self._web_base), tuple(faults))

    def _restricted(self, text: str) -> str:
        return self._links.restricted(text, self.evidence.items, self._removed)

    def _plain(self, text: str) -> Sentence:
        return Sentence(text, (), self.evidence)

    def _remember(self, text: str) -> None:
        line = text.strip()
        if not line:
            return
        told, _ = filled(text, self.evidence)
        if _LEAD.search(line):
            self._lead = self._plain(told)
        self._before = self._plain(told)

    @property
    def _context(self) -> Context:
        return Context(self._question, self._lead, self._before)

    def _claims(self, sentence: Sentence) -> Iterator[str]:
        return Claims(sentence, self._context, self.evidence).faults()

    def _judged(self, text: str, head: str) -> Verdict:
        """A sentence, or a cell of a table after its `head`."""
        told, fills = filled(text, self.evidence)
        moved = [Filled(f.start + len(head), f.end + len(head), f.cell, f.path) for f in fills]
        sentence = Sentence(head + told, moved, self.evidence, len(head))
        spots = sorted(set(self._spots(sentence)))
        if not spots:
            return Verdict(told)
        self.marked += len(spots)
        shown = told.strip()[:_SHOWN]
        faults = tuple(f"{shown!r}: {fault}" for _, fault in spots)
        return Verdict(self._with_marks(told, [place - len(head) for place, _ in spots]), faults)

    def _with_marks(self, text: str, places: list[int]) -> str:
        last = _END.search(text)
        end = last.start() if last else len(text)
        for place in sorted({min(max(place, 0), end) for place in places}, reverse=True):
            text = text[:place] + self._mark + text[place:]
        return text

    def _spots(self, sentence: Sentence) -> Iterator[Spot]:
        """Where a mark has to stand, and why."""
        support = Support(sentence, self._context, self.evidence)
        end = len(sentence.text)
        for _, stop, unknown in unknown_ids(sentence, self.evidence):
            if stop > sentence.begin:
                yield stop, unknown
        for figure in sentence.figures:
            if figure.numeral.start >= sentence.begin and (
                fault := self._of_figure(sentence, figure, support)
            ):
                yield figure.numeral.end, fault
        for one in sentence.texts:
            if fault := self._of_text(one, sentence, support):
                yield one.end, fault
        for time in sentence.times:
            if time.begin >= sentence.begin and not self._is_known(time, sentence):
                yield (
                    time.stop,
                    f"the time {sentence.text[time.begin : time.stop]!r} is none of the data's",
                )
        claims = () if sentence.begin else self._claims(sentence)
        for claim in (*wrong_facts(sentence, self.evidence), *claims):
            yield end, claim

    def _of_figure(self, sentence: Sentence, figure: Figure, support: Support) -> str | None:
        """Why no cell bears the figure out; None where one does."""
        shown = sentence.text[figure.numeral.start : figure.numeral.end]
        if figure.filled is not None and figure.filled.cell is not None:
            cell = figure.filled.cell
            if self._is_glued(sentence, figure.filled) or not figure.numeral.says(
                cell.value or 0.0
            ):
                return f"{shown!r}: something was written onto a reference"
            fault = support.fault(cell, figure.numeral)
            return fault and f"{{{{{figure.filled.path}}}}}: {fault}"
        reasons = []
        for cell in self._candidates(figure):
            fault = support.fault(cell, figure.numeral)
            if fault is None:
                return None
            reasons.append(fault)
        return f"{shown!r}: {reasons[0] if reasons else 'no result has this figure'}"

    def _candidates(self, figure: Figure) -> Iterator[Cell]:
        for cell in self.evidence.cells():
            wanted = cell.value is not None and cell.column not in _UNWANTED
            if wanted and cell.value is not None and figure.numeral.says(cell.value):
                yield cell

    def _is_glued(self, sentence: Sentence, one: Filled) -> bool:
        """Whether a sign beside a reference changes what its figure says."""
        before, after = sentence.text[: one.start][-1:], sentence.text[one.end :][:1]
        is_before = before.isdigit() or (
            before in "-.," and sentence.text[: one.start - 1][-1:].isdigit()
        )
        more = sentence.text[one.end :][:2]
        is_after = (
            after.isdigit() or (after in ".," and more[1:].isdigit()) or after in tuple("万亿千百")
        )
        return is_before or is_after

    def _of_text(self, one: Filled, sentence: Sentence, support: Support) -> str | None:
        """A reference to a name or a date, or to nothing."""
        if one.cell is None:
            return f"{{{{{one.path}}}}} is in no result"
        if one.cell.column in ("as_of", "history_from"):
            return None
        labels = [label for label in one.cell.labels if not _is_itself(label.words, one.cell.text)]
        numeral = Numeral(one.start, one.end, None)
        for label in labels:
            found = sentence.of(label.dimension, one.cell.result)
            governing = sentence.governing(found, numeral)
            if governing is None or not agrees(governing, labels):
                return f"{{{{{one.path}}}}}: its row {label.words[0]!r} isn't named with it"
        return None

    def _is_known(self, time: Named, sentence: Sentence) -> bool:
        """Whether a stretch of time is one of the data's: asked about, a row's, a date in a row
        that is named, or when the data was read.
        """
        now, span = self.evidence.now, (time.start, time.end)
        results = list(self.evidence.results.values())
        if is_as_of(sentence, time):
            instants = [as_of_instant(result.as_of) for result in results]
            return any(at is not None and time.start <= at < time.end for at in instants)
        asked = [s for r in results for s in (*r.question.spans, *r.stretch)]
        rows = [s for cell in self.evidence.cells() for s in cell.spans]
        questions = [(t.start, t.end) for t in self._question.times]
        if within(span, (*asked, *rows, *questions), now):
            return True
        return is_date_told(time, sentence, self.evidence)


def _is_itself(words: tuple[str, ...], text: str) -> bool:
    return folded(text) in words
