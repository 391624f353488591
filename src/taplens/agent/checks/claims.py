"""What a sentence says without a number: causes, comparisons, trends, what is most or all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from taplens.agent.checks.demand import Demand
from taplens.agent.checks.lexicon import places, stands, words
from taplens.agent.checks.reading import Sentence, agrees
from taplens.agent.checks.times import same
from taplens.agent.checks.vocabulary import Mention

if TYPE_CHECKING:
    from taplens.agent.checks.evidence import Cell, Evidence, Result
    from taplens.agent.checks.support import Context

_CHINESE_THAN = re.compile(r"(?<![占对同环类])比(?!例|重|率|较|如|对)")
_ENGLISH_THAN = re.compile(r"\bthan\b")
_NO_TREND = re.compile(r"\bmore or less\b|\bat (?:most|least)\b|\bmost recent\b|\bat the most\b")
_SUGGESTED = re.compile(
    r"建议|应当|应该|可以|需要|优先|\bshould\b|\bcould\b|\bsuggest|\brecommend|\bconsider\b|请|是否|[?？]"
)
_ALL_STATE = re.compile(
    r"(?:所有|全部(?!\s*\d)|每个|全都|都已|均已|\ball\b|\bevery\b)[^，。；,.;]{0,20}?(?:关闭|解决|完成|修复|处理|closed|resolved|fixed|done|completed|open)"
)
_NAMES = ("person", "iteration", "module", "version", "label")
_QUOTED = re.compile(r"「[^」]*」|“[^”]*”|\"[^\"]*\"|《[^》]*》|『[^』]*』")
_TITLED = 4  # a quotation is that of a title if it holds at least so many of its characters


class Claims:
    """Judges what a sentence claims."""

    def __init__(self, sentence: Sentence, context: Context, evidence: Evidence) -> None:
        self._evidence = evidence
        self._sentence = sentence
        self._context = context
        self._plain = self._without_quotes()

    def faults(self) -> Iterator[str]:
        """What it claims and the data doesn't show."""
        if stands(words("cause"), self._plain):
            yield "a cause: the data shows none"
        if _SUGGESTED.search(self._plain):
            return  # it says what to do, not what is
        yield from self._quantity()
        if self._is_comparison():
            yield from self._comparison()
        else:
            yield from self._superlative()
            yield from self._trend()

    def _without_quotes(self) -> str:
        """The sentence without titles that it quotes as they are."""

        def kept(match: re.Match[str]) -> str:
            inner = match[0][1:-1]
            is_title = len(inner) >= _TITLED and any(
                inner in title for title in self._evidence.titles
            )
            return " " * len(match[0]) if is_title else match[0]

        plain = _QUOTED.sub(kept, self._sentence.plain)
        for mention in self._sentence.mentions:  # an iteration may be called 稳定性
            if any(meaning.dimension in _NAMES for meaning in mention.meanings):
                blank = " " * (mention.end - mention.start)
                plain = plain[: mention.start] + blank + plain[mention.end :]
        for title, ids in self._evidence.titles.items():
            if any(item in plain for item in ids):
                plain = plain.replace(title, " " * len(title))
        return plain

    def _quantity(self) -> Iterator[str]:
        shares = [
            cell.value or 0.0
            for cell in self._evidence.cells()
            if cell.column in ("share", "percent") and self._is_told(cell)
        ]
        if stands(words("majority"), self._plain) and not any(share > 50 for share in shares):
            yield "a majority that no row shows"
        if _ALL_STATE.search(self._plain) and 100.0 not in shares and not self._has_none():
            yield "that all are so, which no row shows"

    def _has_none(self) -> bool:
        totals = (cell for cell in self._evidence.cells() if cell.column == "total")
        return any(cell.value == 0 and self._is_told(cell) for cell in totals)

    def _is_told(self, cell: Cell) -> bool:
        """Whether the sentence names the row, and it or what it is read after the conditions."""
        named = all(stands(label.words, self._plain) for label in cell.labels)
        return named and self._is_about(cell.result)

    def _is_about(self, result: Result) -> bool:
        """Whether what a result is about is named here, or in what the sentence is read after."""
        told = "\n".join(place.plain for place in (self._sentence, *self._context.all))
        return all(stands(demand.words, told) for demand in result.question.demands)

    # Comparisons

    def _is_comparison(self) -> bool:
        than = _CHINESE_THAN.search(self._plain) or _ENGLISH_THAN.search(self._plain)
        exceeds = stands(("超过", "多于", "高于", "大于", "少于", "低于", "小于", "不及", "领先",
                          "exceeds", "exceed"), self._plain)  # fmt: skip
        return bool(than) or exceeds

    def _comparison(self) -> Iterator[str]:
        direction = self._direction("more", "fewer")
        pair = self._compared()
        if direction is None or pair is None:
            yield "a comparison that no rows show"
            return
        found = [
            (one.value or 0) - (other.value or 0)
            for one, other in self._pairs(*pair)
        ]  # fmt: skip
        if not found or not all(difference * direction > 0 for difference in found):
            yield "a comparison that the rows don't show so"

    def _direction(self, up: str, down: str) -> int | None:
        rises, falls = (stands(words(name), self._plain) for name in (up, down))
        if rises == falls:
            return None
        return 1 if rises else -1

    def _compared(self) -> tuple[Mention, Mention] | None:
        """The two that are compared: the first and the second that are named, of one dimension."""
        for dimension in (
            "person",
            "status",
            "priority",
            "severity",
            "module",
            "iteration",
            "type",
        ):
            found = [
                m for m in self._sentence.mentions
                if any(d.dimension == dimension for d in m.meanings)
            ]  # fmt: skip
            different = [m for m in found if m.meanings != found[0].meanings]
            if different:
                return found[0], different[0]
        spans = [Mention(t.begin, t.stop, ()) for t in self._sentence.times]
        return (spans[0], spans[1]) if len(spans) > 1 else None

    def _pairs(self, one: Mention, other: Mention) -> Iterator[tuple[Cell, Cell]]:
        """Cells of the one and the other that differ in nothing else."""
        cells = [cell for cell in self._evidence.cells() if cell.value is not None]
        first = [cell for cell in cells if self._is_of(cell, one) and self._fits(cell)]
        second = [cell for cell in cells if self._is_of(cell, other) and self._fits(cell)]
        for a in first:
            for b in second:
                alike = (a.column, a.unit, a.result.tool) == (b.column, b.unit, b.result.tool)
                if alike and a is not b and len(a.labels) == len(b.labels):
                    yield a, b

    def _is_of(self, cell: Cell, mention: Mention) -> bool:
        if mention.meanings:
            return any(agrees(mention, cell.of(one.dimension)) for one in mention.meanings)
        named = next(t for t in self._sentence.times if t.begin == mention.start)
        spans = cell.spans or cell.result.question.spans
        return any(same((named.start, named.end), span, self._evidence.now) for span in spans)

    def _is_row(self, cell: Cell, mention: Mention) -> bool:
        """Whether the mention, a word or a stretch of time, names the cell's row."""
        return agrees(mention, _names(cell)) if mention.meanings else self._is_of(cell, mention)

    def _fits(self, cell: Cell) -> bool:
        """Whether the sentence speaks of this column, where it says which of several."""
        question = cell.result.question
        own = [d for d in cell.labels if d.dimension in ("state", "statistic")]
        own += [*question.demands, *question.negated, *cell.result.implied]
        states = [
            m
            for m in self._sentence.mentions
            if any(d.dimension in ("state", "statistic") for d in m.meanings)
        ]
        return all(agrees(mention, own) for mention in states)

    # What is most

    def _superlative(self) -> Iterator[str]:
        plain = _NO_TREND.sub(lambda match: " " * len(match[0]), self._plain)
        for name, largest in (("most", True), ("least", False)):
            for word in words(name):
                for start, _ in places(word, plain):
                    if not self._is_best(start, largest=largest):
                        yield f"that it is {word!r}, which the rows don't show"
                        return

    def _is_best(self, start: int, *, largest: bool) -> bool:
        """Whether somebody named near has the largest (smallest) value of a column."""
        times = [Mention(time.begin, time.stop, ()) for time in self._sentence.times]
        named = [*self._sentence.mentions, *self._item_mentions(), *times]
        before = sorted(named, key=lambda mention: abs(mention.start - start))
        for mention in before:  # the nearest that has rows decides
            found = [
                leads
                for result in self._evidence.results.values()
                if self._is_about(result)
                and (leads := self._leads(mention, result, largest)) is not None
            ]
            if found:
                return any(found)
        return False

    def _item_mentions(self) -> list[Mention]:
        return [
            Mention(start, end, (Demand("item", (item,)),))
            for start, end, item in self._sentence.ids
        ]

    def _leads(self, mention: Mention, result: Result, largest: bool) -> bool | None:
        """Whether it has the extreme of a column; None where it has no row among several."""
        columns: dict[str, list[Cell]] = {}
        for cell in result.cells:
            if (
                cell.value is not None
                and cell.row >= 0
                and cell.column != "share"
                and self._fits(cell)
            ):
                columns.setdefault(cell.column, []).append(cell)
        leads: bool | None = None
        for cells in columns.values():
            of_it = [cell for cell in cells if self._is_row(cell, mention)]
            if not of_it or len(of_it) == len(cells):
                continue
            values = [cell.value for cell in cells if cell.value is not None]
            extreme = max(values) if largest else min(values)
            leads = leads or any(cell.value == extreme for cell in of_it)
        return leads

    # Trends

    def _trend(self) -> Iterator[str]:
        direction = self._direction("rising", "falling")
        steady = stands(words("steady"), self._plain)
        if direction is None and not steady:
            return
        moves = list(self._moves())
        wanted = 0 if direction is None else direction
        if not moves or not all((move > 0) - (move < 0) == wanted for move in moves):
            yield "a trend that the rows don't show so"

    def _moves(self) -> Iterator[float]:
        """How the values went from the first to the last stretch of time, by column."""
        wanted = [(t.start, t.end) for t in self._sentence.times]
        series: dict[tuple[str, ...], list[tuple[int, float]]] = {}
        for cell in self._evidence.cells():
            spans = cell.spans or cell.result.question.spans
            if cell.value is None or not spans or not self._fits(cell) or cell.column == "returned":
                continue
            if len(wanted) > 1 and not any(same(spans[0], w, self._evidence.now) for w in wanted):
                continue
            labels = _names(cell)
            if not self._are_named(labels):
                continue
            key = (cell.column, *(d.words[0] for d in labels))
            series.setdefault(key, []).append((spans[0][0], cell.value))
        for points in series.values():
            points.sort()
            if len(points) > 1 and points[0][0] != points[-1][0]:
                yield points[-1][1] - points[0][1]

    def _are_named(self, labels: Sequence[Demand]) -> bool:
        told = self._sentence.plain + self._context.lead.plain
        return all(stands(label.words, told) for label in labels)


def _names(cell: Cell) -> list[Demand]:
    """What names the cell's row, without what its column says."""
    return [label for label in cell.labels if label.dimension not in ("state", "statistic")]
