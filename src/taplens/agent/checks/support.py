"""Whether a cell bears out what a sentence says with it; if not, why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from taplens.agent.checks.demand import Demand
from taplens.agent.checks.lexicon import stands, words
from taplens.agent.checks.reading import Sentence, agrees
from taplens.agent.checks.times import range_of, within
from taplens.agent.checks.vocabulary import Mention

if TYPE_CHECKING:
    from taplens.agent.checks.evidence import Cell, Evidence
    from taplens.agent.checks.numerals import Numeral
    from taplens.filters import Named

# Whoever stands before a verb of having is a subject, known or not.
_SUBJECT = re.compile(
    r"(?P<who>[一-鿿·]{2,4}?|[a-z][\w.-]{2,20})\s?(?:目前|现在|一共|共|总共|名下|手上|还)*\s?"
    r"(?:有|负责|提交|创建|修复|关闭|处理|has\b|had\b|owns\b|fixed\b|closed\b|created\b|reported\b)"
)
_FITTING = {"count": ("count",), "none": ("",)}
_FLAT = ("item",)


class Context:
    """What the sentence is read after: the question, the heading or line that introduces it, and
    the sentence before. Each is a Sentence.
    """

    def __init__(self, question: Sentence, lead: Sentence, before: Sentence) -> None:
        self.question, self.lead, self.before = question, lead, before

    @property
    def all(self) -> tuple[Sentence, ...]:
        """The nearest first."""
        return self.before, self.lead, self.question


class Support:
    """Judges cells for the figures of one sentence."""

    def __init__(self, sentence: Sentence, context: Context, evidence: Evidence) -> None:
        self._sentence = sentence
        self._context = context
        self._evidence = evidence

    def fault(self, cell: Cell, numeral: Numeral) -> str | None:
        """Why the cell doesn't bear out the number there; None where it does."""
        for fault in self._faults(cell, numeral):
            return fault
        return None

    def _faults(self, cell: Cell, numeral: Numeral) -> Iterator[str]:
        yield from self._unit(cell, numeral)
        yield from self._labels(cell, numeral)
        yield from self._contradictions(cell, numeral)
        yield from self._conditions(cell)
        yield from self._times(cell, numeral)
        yield from self._strangers(cell, numeral)

    def _unit(self, cell: Cell, numeral: Numeral) -> Iterator[str]:
        if numeral.unit and numeral.unit not in _FITTING.get(cell.unit, (cell.unit,)):
            yield f"it is told in {numeral.unit}, but is in {cell.unit}"

    def _labels(self, cell: Cell, numeral: Numeral) -> Iterator[str]:
        """Its row's names stand in the sentence, and the number goes with them."""
        for label in cell.labels:
            found = self._sentence.of(label.dimension, cell.result)
            governing = self._sentence.governing(found, numeral)
            if governing is None or not agrees(governing, cell.of(label.dimension)):
                yield f"its row is {label.dimension} {label.words[0]!r}, which isn't named with it"

    def _contradictions(self, cell: Cell, numeral: Numeral) -> Iterator[str]:
        """What the sentence names with it is true of it."""
        question = cell.result.question
        negated = question.negated if stands(words("negation"), self._sentence.plain) else ()
        allowed = (*cell.facts, *cell.result.implied, *negated)
        for dimension in self._dimensions():
            mention = self._named(dimension, cell, numeral)
            if mention is None or self._is_superseded(mention, numeral):
                continue
            told = (one for meaning in mention.meanings for one in cell.of(meaning.dimension))
            if not agrees(mention, (*told, *allowed)):
                word = mention.meanings[0].words[0]
                yield f"it is named with {dimension} {word!r}, which it isn't about"

    def _is_superseded(self, mention: Mention, numeral: Numeral) -> bool:
        """Whether the word also means something else, of which another one stands nearer."""
        for meaning in mention.meanings[:-1] and mention.meanings:
            found = [
                m
                for m in self._sentence.mentions
                if any(d.dimension == meaning.dimension for d in m.meanings)
            ]
            if mention in found and self._sentence.governing(found, numeral) != mention:
                return True
        return False

    def _dimensions(self) -> list[str]:
        places = (self._sentence, *self._context.all)
        meanings = (d for s in places for m in s.mentions for d in m.meanings)
        return list(dict.fromkeys(d.dimension for d in meanings if d.dimension not in _FLAT))

    def _named(self, dimension: str, cell: Cell, numeral: Numeral) -> Mention | None:
        """What of a dimension the number goes with: in the sentence, else where it is introduced,
        else in the question, where that names one alone and the sentence doesn't speak of all.
        """
        found = self._sentence.of(dimension, cell.result)
        if found:
            if dimension == "statistic":
                found = [m for m in found if not self._is_taken(m, numeral)]
            return self._sentence.governing(found, numeral, near=dimension == "statistic")
        if any(demand.dimension == dimension for demand in cell.demands):
            return None
        if stands(words("overall"), self._sentence.plain):
            return None
        lead, question = self._context.lead, self._context.question
        for place in (lead,) if self._is_elsewhere() else (lead, question):
            told = [m for m in place.mentions if any(d.dimension == dimension for d in m.meanings)]
            if told:
                alone = len({m.meanings[0].words for m in told}) == 1
                return told[0] if alone else None
        return None

    def _is_elsewhere(self) -> bool:
        """Whether the sentence speaks of another type or metric than the question does."""
        asked = [m.meanings for m in self._context.question.mentions]
        return any(
            mention.meanings not in asked
            for mention in self._sentence.mentions
            if any(meaning.dimension in ("type", "metric") for meaning in mention.meanings)
        )

    def _is_taken(self, mention: Mention, numeral: Numeral) -> bool:
        """Whether another figure stands between the word and the number."""
        others = (figure.numeral for figure in self._sentence.figures)
        return any(mention.end <= one.start < one.end <= numeral.start for one in others)

    def _conditions(self, cell: Cell) -> Iterator[str]:
        """What the filter selected is told here or in what the sentence is read after."""
        columns = any(label.dimension == "state" for label in cell.labels)
        question = cell.result.question
        for demand in (*question.demands, *question.negated):
            if demand.dimension == "metric" and columns:
                continue  # its column says it
            if not self._is_told(demand):
                yield f"it is only of {demand.dimension} {demand.words[0]!r}, which isn't said"

    def _is_told(self, demand: Demand) -> bool:
        return any(
            stands(demand.words, place.plain) for place in (self._sentence, *self._context.all)
        )

    def _times(self, cell: Cell, numeral: Numeral) -> Iterator[str]:
        named = self._time_of(self._sentence, numeral)
        now = self._evidence.now
        asked = cell.spans or cell.result.question.spans
        allowed = (*asked, *(() if cell.spans else cell.result.stretch))
        if named is not None:
            if not within((named.start, named.end), allowed, now) and not self._is_now(cell, named):
                yield "it is of another stretch of time than is named with it"
            return
        if cell.spans:
            yield "its row is a stretch of time, which isn't named with it"
        elif asked and not self._told_before(asked):
            yield "it is of a stretch of time, which isn't named"
        elif not asked and self._asked_otherwise(allowed):
            yield "the question is of a stretch of time, and this isn't"

    def _time_of(self, sentence: Sentence, numeral: Numeral) -> Named | None:
        """The stretch that a number goes with; when the data was read doesn't count."""
        found = [
            time
            for time in sentence.times
            if not is_as_of(sentence, time) and not is_date_told(time, sentence, self._evidence)
        ]
        mentions = [Mention(time.begin, time.stop, ()) for time in found]
        governing = sentence.governing(mentions, numeral)
        return None if governing is None else found[mentions.index(governing)]

    def _is_now(self, cell: Cell, named: Named) -> bool:
        """Whether the day of the data is meant, by a figure that is of no other time."""
        if cell.spans or cell.result.question.spans:
            return False
        as_of = as_of_instant(cell.result.as_of)
        return as_of is not None and named.start <= as_of < named.end <= named.start + 86_400

    def _told_before(self, asked: Iterable[tuple[int, int]]) -> bool:
        spans = tuple(asked)
        found = (time for place in self._context.all for time in place.times)
        return any(within((time.start, time.end), spans, self._evidence.now) for time in found)

    def _asked_otherwise(self, allowed: tuple[tuple[int, int], ...]) -> bool:
        """Whether the question names one stretch of time, and it is none of these."""
        asked = self._context.question.times
        if len(asked) != 1 or stands(words("overall"), self._sentence.plain):
            return False
        return not within((asked[0].start, asked[0].end), allowed, self._evidence.now)

    def _strangers(self, cell: Cell, numeral: Numeral) -> Iterator[str]:
        """Whoever has the number is somebody that the workspace knows."""
        first, _ = self._sentence.clause(numeral.start, numeral.end)
        for match in _SUBJECT.finditer(self._sentence.plain, first, numeral.start):
            start, end = match.span("who")
            known = [(m.start, m.end) for m in self._sentence.mentions]
            known += [(t.begin, t.stop) for t in self._sentence.times]
            known += [
                (m.start, m.end) for d in cell.labels
                for m in self._sentence.of(d.dimension, cell.result)
            ]  # fmt: skip
            if any(one < end and start < other for one, other in known):
                continue
            if not any(word in match["who"] for word in words("whole")):
                yield f"nobody here is called {match['who']!r}"


def is_as_of(sentence: Sentence, time: Named) -> bool:
    """Whether a stretch says when the data was read: 截至…, as of …"""
    before = sentence.plain[max(0, time.begin - 12) : time.begin]
    return stands(words("as_of"), before)


def as_of_instant(text: str) -> int | None:
    """The instant of an `as_of`, as a result tells it."""
    from datetime import datetime

    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return None


def is_date_told(time: Named, sentence: Sentence, evidence: Evidence) -> bool:
    """Whether a stretch is a date that stands in a row which the sentence names."""
    span = (time.start, time.end)
    for cell in evidence.cells():
        found = range_of(cell.text, evidence.now) if cell.value is None else None
        if found is None or not cell.labels:
            continue
        inside = span[0] <= found[0] and found[1] <= span[1] <= span[0] + 86_400
        if inside and all(
            sentence.of(label.dimension, cell.result, label) for label in cell.labels
        ):
            return True
    return False
