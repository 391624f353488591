"""A sentence as the checks see it: its figures, what it names, and which goes with which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from taplens.agent.checks.demand import Demand
from taplens.agent.checks.lexicon import folded, places, stands, words
from taplens.agent.checks.numerals import Numeral, numerals
from taplens.agent.checks.times import times
from taplens.agent.checks.vocabulary import Mention

if TYPE_CHECKING:
    from taplens.agent.checks.evidence import Evidence, Result
    from taplens.agent.checks.references import Filled
    from taplens.filters import Named

_STOPS = r"[，,；;、。:：（）()|\n]|和|而|但|到|(?<=[升降增减跌涨落])至|中有|其中"
_CLAUSE = re.compile(
    rf"{_STOPS}|以及|与|(?<![一-鿿])(?:and|while|but|whereas|versus|vs)(?![a-z])|\bto\b"
)
_PAUSE = re.compile(rf"{_STOPS}|\b(?:and|while|but|to)\b")
_ITEM = re.compile(
    r"(?<![\w.])#?(\d{7,21})(?![\w])"
    r"|(?:#|编号|\bid\b|单号|[^\W\d_]*(?:缺陷|需求|任务|bug|story|task))[ :：]*#?(\d{4,21})(?!\w)"
)
_NONE = re.compile(
    r"(?:没有|并无|暂无|尚无|无(?!法|关|需|论|响应)|未发现|不存在|没找到|未找到"
    r"|\bno\b|\bnone of\b|\bzero\b|\bnot any\b|\bwithout any\b)[^，。；,.;]{0,14}?"
    r"(?:缺陷|需求|任务|用例|条目"
    r"|bugs?\b|stor(?:y|ies)\b|tasks?\b|defects?\b|items?\b|issues?\b)"
)
_FROM = re.compile(r"[从由自]|\bfrom\b")
_OF = re.compile(r"\s*(?:out )?of (?:the |these |those )?\d")
_NUMBER_ALONE = re.compile(r"[\d.,]+")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number or value in the sentence; `filled` where it came from a reference."""

    numeral: Numeral
    filled: Filled | None = None


class Sentence:
    """`text` with its references filled in. What stands before `begin` isn't judged: it is the
    head of a table's column, or the name of its row.
    """

    def __init__(
        self, text: str, filled: Sequence[Filled], evidence: Evidence, begin: int = 0
    ) -> None:
        self.text = text
        self.plain = folded(text)
        self.begin = begin
        self._filled = filled
        self._evidence = evidence
        self._found: dict[tuple[str, str], list[Mention]] = {}

    @cached_property
    def mentions(self) -> list[Mention]:
        """The workspace's words in the sentence."""
        return self._evidence.vocabulary.mentions(self.plain)

    @cached_property
    def times(self) -> list[Named]:
        """The stretches of time that it names."""
        found = times(self.plain, self._evidence.now)
        return [time for time in found if not self._inside(time.begin, time.stop, self._names)]

    @cached_property
    def ids(self) -> list[tuple[int, int, str]]:
        """The ids of items in it, known or not."""
        found: list[tuple[int, int, str]] = []
        for match in _ITEM.finditer(self.plain):
            group = 1 if match[1] else 2
            if not self._inside(*match.span(group), [*self._names, *self._workspaces]):
                found.append((*match.span(group), match[group]))
        return found

    @cached_property
    def figures(self) -> list[Figure]:
        """Its numbers that have to be verified, from left to right."""
        away = [
            *((start, end) for start, end, _ in self.ids),
            *((time.begin, time.stop) for time in self.times),
            *self._names,
            *self._workspaces,
        ]
        texts = [f for f in self._filled if f.cell is not None and f.cell.value is None]
        away += [(one.start, one.end) for one in texts]
        found = [
            Figure(numeral, self._filling(numeral))
            for numeral in numerals(self.plain)
            if not self._inside(numeral.start, numeral.start + 1, away)
            and not self._counts_ids(numeral)
        ]
        found += [Figure(Numeral(m.start(), m.end(), 0.0)) for m in _NONE.finditer(self.plain)]
        return sorted(found, key=lambda figure: figure.numeral.start)

    def _counts_ids(self, numeral: Numeral) -> bool:
        """Whether it says how many ids stand just before it: 1000101、1000103 两个."""
        before = [end for _, end, _ in self.ids if end <= numeral.start]
        between = self.plain[before[-1] : numeral.start] if before else "?"
        return numeral.value == len(before) > 1 and not between.strip(" 、，,这共等」)")

    @cached_property
    def texts(self) -> list[Filled]:
        """References that are no numbers: names, statuses, dates; or lead nowhere."""
        return [one for one in self._filled if one.cell is None or one.cell.value is None]

    @cached_property
    def _names(self) -> list[tuple[int, int]]:
        """Where names stand that hold digits: of iterations, versions, labels, titles in quotes."""
        found = [
            (mention.start, mention.end)
            for mention in self.mentions
            if not _NUMBER_ALONE.fullmatch(self.plain[mention.start : mention.end])
        ]
        for title in self._evidence.titles:
            found += [
                span
                for span in places(title, self.plain)
                if self._is_quoted(*span) or self._named(title)
            ]
        for query in self._evidence.queries:
            found += places(query, self.plain)
        return found

    @cached_property
    def _workspaces(self) -> list[tuple[int, int]]:
        """Where workspaces stand; their ids look like those of items."""
        return [
            (mention.start, mention.end)
            for mention in self.mentions
            if any(meaning.dimension == "workspace" for meaning in mention.meanings)
        ]

    def _is_quoted(self, start: int, end: int) -> bool:
        before, after = self.plain[start - 1 : start], self.plain[end : end + 1]
        return before + after in ("「」", "“”", '""', "《》", "''", "『』", "【】")

    def _named(self, title: str) -> bool:
        """Whether the item with this title is named by its id, too."""
        return any(item in self.plain for item in self._evidence.titles[title])

    @staticmethod
    def _inside(start: int, end: int, spans: Iterable[tuple[int, int]]) -> bool:
        return any(first <= start and end <= last for first, last in spans)

    def _filling(self, numeral: Numeral) -> Filled | None:
        for one in self._filled:
            if one.start <= numeral.start < one.end and one.cell is not None:
                return one
        return None

    def of(self, dimension: str, result: Result, only: Demand | None = None) -> list[Mention]:
        """Mentions of a dimension: by the workspace's words, and by those of a result's rows.

        Where `only` is given: those that name it.
        """
        key = dimension, result.name
        if key not in self._found:
            self._found[key] = self._of(dimension, result)
        found = self._found[key]
        return found if only is None else [m for m in found if agrees(m, (only,))]

    def _of(self, dimension: str, result: Result) -> list[Mention]:
        found = [m for m in self.mentions if any(d.dimension == dimension for d in m.meanings)]
        taken = [(mention.start, mention.end) for mention in self.mentions]
        for demand in {d for cell in result.cells for d in cell.labels if d.dimension == dimension}:
            for word in demand.words:
                for span in places(word, self.plain):
                    if not self._inside(*span, taken):
                        found.append(Mention(*span, (demand,)))
                        taken.append(span)
        return sorted(found)

    def governing(
        self, found: Sequence[Mention], numeral: Numeral, *, near: bool = False
    ) -> Mention | None:
        """Which of `found` the number goes with; None where it goes with none.

        What follows it at once; else the last before it, or the first after it, in its clause;
        else (unless it must be `near`) the last before that. With "respectively", or "from … to",
        the first goes with the first. In "4 of the 25 …" the 4 goes with what comes last.
        """
        if not found:
            return None
        figures = [figure.numeral for figure in self.figures]
        if self._is_respective(found, figures) and numeral in figures:
            return found[figures.index(numeral)]
        start, end = numeral.start, numeral.end
        stop = self._next_pause(end, figures)
        first, last = self.clause(start, end)
        groups = (
            [m for m in found if end <= m.start < last][-1:] if self._is_part(end) else [],
            [m for m in found if end <= m.start < stop][:1],
            [m for m in found if first <= m.start and m.end <= start][-1:],
            [m for m in found if start <= m.start < last][:1],
            [m for m in found if m.end <= start and not near][-1:],
        )
        return next((group[0] for group in groups if group), None)

    def _is_respective(self, found: Sequence[Mention], figures: Sequence[Numeral]) -> bool:
        if len(figures) != len(found) or len(found) < 2:
            return False
        ordered = found[-1].end <= figures[0].start and _FROM.search(self.plain) is not None
        return ordered or stands(words("respectively"), self.plain)

    def _is_part(self, end: int) -> bool:
        return _OF.match(self.plain, end) is not None

    def _next_pause(self, end: int, figures: Sequence[Numeral]) -> int:
        match = _PAUSE.search(self.plain, end)
        stop = match.start() if match else len(self.plain)
        return min([stop, *(figure.start for figure in figures if figure.start >= end)])

    def clause(self, start: int, end: int) -> tuple[int, int]:
        """Where the clause begins and ends that holds the stretch from `start` to `end`."""
        first = max([stop for _, stop in self._breaks if stop <= start], default=0)
        last = min([begin for begin, _ in self._breaks if begin >= end], default=len(self.plain))
        return first, last

    @cached_property
    def _breaks(self) -> list[tuple[int, int]]:
        """Between clauses; none within a name."""
        return [
            match.span()
            for match in _CLAUSE.finditer(self.plain)
            if not any(m.start < match.end() and match.start() < m.end for m in self.mentions)
        ]


def agrees(mention: Mention, demands: Iterable[Demand]) -> bool:
    """Whether a mention names one of the demands."""
    told = tuple(demands)
    return any(meaning.agrees(demand) for meaning in mention.meanings for demand in told)
