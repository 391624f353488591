"""What the tools found, as cells: a value, its row, and the question behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from taplens.agent.checks.demand import Demand
from taplens.agent.checks.lexicon import folded, lexicon
from taplens.agent.checks.questions import Question, question_of, stretch_of
from taplens.agent.checks.times import Span, range_of, times
from taplens.agent.checks.vocabulary import Vocabulary
from taplens.tools.markdown import short

_TOLD_OF_ALL = ("total", "returned")
_ITEM_FIELDS = (
    "status",
    "priority",
    "severity",
    "owner",
    "iteration",
    "creator",
    "module",
    "label",
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a result.

    `labels` name its row: each a dimension with the words that name it. `facts` are what else is
    said of the row (an item's status). `value` is None for a text that isn't a number; `spans` are
    the stretch of time that names the row.
    """

    result: Result
    column: str
    text: str
    value: float | None
    unit: str
    labels: tuple[Demand, ...] = ()
    facts: tuple[Demand, ...] = ()
    spans: tuple[Span, ...] = ()
    row: int = -1

    @property
    def demands(self) -> tuple[Demand, ...]:
        """What a sentence with this value must tell: of which row, and of what."""
        return (*self.labels, *self.result.question.demands)

    def of(self, dimension: str) -> tuple[Demand, ...]:
        """What it is of by a dimension: its row's name says more than what was asked for."""
        own = tuple(label for label in self.labels if label.dimension == dimension)
        asked = self.result.question.demands
        return own or tuple(demand for demand in asked if demand.dimension == dimension)


@dataclass(slots=True)
class Result:
    """A result under its name ("r2").

    `implied` is true of all that it is about, `stretch` the time that it looked at.
    """

    name: str
    tool: str
    content: Mapping[str, Any]
    question: Question
    cells: list[Cell] = field(default_factory=list)
    implied: tuple[Demand, ...] = ()
    stretch: tuple[Span, ...] = ()

    @property
    def as_of(self) -> str:
        """When what it tells was so, as it tells it."""
        return str(self.content.get("as_of") or "")


class Evidence:
    """All results of one answer. `now` is in UTC epoch seconds."""

    def __init__(self, vocabulary: Vocabulary, now: int) -> None:
        self.vocabulary = vocabulary
        self.now = now
        self.results: dict[str, Result] = {}
        self.items: dict[str, list[Demand]] = {}
        self.types: dict[str, str] = {}
        self.titles: dict[str, set[str]] = {}
        self.queries: list[str] = []

    def add(
        self, name: str, tool: str, arguments: Mapping[str, Any], content: Mapping[str, Any]
    ) -> None:
        """Takes a result, whole."""
        question = question_of(tool, arguments, self.vocabulary, self.now)
        result = self.results[name] = Result(name, tool, content, question)
        result.implied = (*_implied(tool, arguments), *self._places(arguments))
        result.stretch = _stretch(tool, arguments, content, self.now)
        result.cells = list(self._cells(result))
        # Of several values that were asked for an item has one: only that all are open is sure.
        states = [demand for demand in question.demands if demand.dimension == "state"]
        self._note_items(content, states)
        if where := str(arguments.get("where") or ""):
            self.queries.append(folded(where))

    def cells(self) -> Iterator[Cell]:
        """All cells, the newest result's first."""
        for result in reversed(self.results.values()):
            yield from result.cells

    def _places(self, arguments: Mapping[str, Any]) -> Iterator[Demand]:
        """The workspaces that a call was about."""
        named = arguments.get("workspace") or self.vocabulary.workspaces[:1]
        for workspace in (named,) if isinstance(named, str) else named:
            yield self.vocabulary.demand("workspace", workspace)

    def _cells(self, result: Result) -> Iterator[Cell]:
        for column in _TOLD_OF_ALL:
            if isinstance(value := result.content.get(column), int):
                yield Cell(result, column, str(value), float(value), "count")
        rows = result.content.get("data") or ()
        if result.tool in ("find_items", "get_items"):
            yield Cell(result, "rows", str(len(rows)), float(len(rows)), "count")
        for number, row in enumerate(rows):
            if isinstance(row, Mapping):
                yield from self._of_row(result, number, row)

    def _of_row(self, result: Result, number: int, row: Mapping[str, Any]) -> Iterator[Cell]:
        labels, spans = self._labels(result, row)
        facts = tuple(self._facts(row)) if "id" in row else ()
        for path, keys, value in _leaves(row):
            own = [*labels, *self._keys(result, path, keys)]
            told = [*own, *_column(path)]
            yield Cell(
                result, path, _shown(value), _number(value), _unit(result.tool, path),
                tuple(told), (*facts, *_allowed(path)), spans, number,
            )  # fmt: skip

    def _labels(
        self, result: Result, row: Mapping[str, Any]
    ) -> tuple[list[Demand], tuple[Span, ...]]:
        """What names a row: an item's id or title; else its texts, by their columns."""
        if "id" in row and "type" in row:
            return [Demand("item", _names_of(row))], ()
        labels: list[Demand] = []
        spans: list[Span] = []
        numbers = lexicon()["rows"].get(result.tool, ())
        for column, value in row.items():
            if column in numbers:
                labels.append(
                    Demand(column, (f"{value}%", f"{value} %", f"p{value}", f"{value}分位"))
                )
            elif column == "period" and (span := range_of(str(value), self.now)) is not None:
                spans.append(span)
            elif _names_row(column, value, result.question.by):
                labels.append(self.vocabulary.demand(column, value))
        return labels, tuple(spans)

    def _facts(self, row: Mapping[str, Any]) -> Iterator[Demand]:
        for name in _ITEM_FIELDS:
            values = row.get(name) or ()
            for value in values if isinstance(values, list | tuple) else (values,):
                demand = self.vocabulary.demand(name, value)
                key = row.get(f"{name}_key")
                more = self.vocabulary.demand(name, key).words if key else ()
                yield Demand(demand.dimension, (*demand.words, *more))
        if "type" in row:
            yield self.vocabulary.demand("type", row["type"])

    def _keys(self, result: Result, path: str, keys: Sequence[str]) -> Iterator[Demand]:
        """Keys within a column name a part of the row: `created: {严重: 3}`."""
        dimension = "status" if path == "statuses" else (result.question.by or ("",))[-1]
        for key in keys:
            yield self.vocabulary.demand(dimension, None if key == "none" else key)

    def _note_items(self, value: Any, asked: Sequence[Demand] = ()) -> None:
        if isinstance(value, Mapping):
            if isinstance(item := value.get("id"), str) and item.isdigit():
                known = self.items.setdefault(item, [])
                known += (*self._facts(value), *asked)
                if isinstance(value.get("type"), str):
                    self.types[item] = value["type"]
                if len(title := folded(str(value.get("title") or ""))) > 3:
                    self.titles.setdefault(title, set()).update((item, short(item)))
            for name, part in value.items():
                self._note_items(part, asked if name == "data" else ())
        elif isinstance(value, list | tuple):
            for part in value:
                if isinstance(part, str) and part.isdigit() and len(part) > 9:
                    self.items.setdefault(part, [])
                else:
                    self._note_items(part, asked)


def _names_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What an item is called by: its long id, its number, its title."""
    item = str(row["id"])
    title = folded(str(row.get("title") or ""))
    return tuple(name for name in (item, short(item), title) if name)


def _names_row(column: str, value: Any, by: Sequence[str]) -> bool:
    if column in by:
        return value is None or isinstance(value, str)
    unnamed = column in lexicon()["rows"]["unnamed"] or column.endswith("_key")
    return isinstance(value, str) and not unnamed


def _leaves(row: Mapping[str, Any]) -> Iterator[tuple[str, list[str], Any]]:
    """(column, keys within it, value) of every number and date in a row."""
    for column, value in row.items():
        if isinstance(value, Mapping):
            for _, keys, inner in _inner(value, []):
                yield column, keys, inner
        elif not isinstance(value, list | tuple):
            yield column, [], value


def _inner(value: Mapping[str, Any], keys: list[str]) -> Iterator[tuple[str, list[str], Any]]:
    for key, part in value.items():
        if isinstance(part, Mapping):
            yield from _inner(part, [*keys, key])
        elif not isinstance(part, list | tuple):
            yield key, [*keys, key], part


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)


def _unit(tool: str, column: str) -> str:
    columns = lexicon()["columns"]
    return str(columns.get(f"{tool}.{column}", columns.get(column, "count")))


def _named(part: str) -> Demand | None:
    dimension, _, name = part.partition(".")
    told = lexicon()["dimensions"].get(dimension, {}).get(name)
    return Demand(dimension, tuple(told)) if told else None


def _implied(tool: str, arguments: Mapping[str, Any]) -> Iterator[Demand]:
    """What is true of all that was counted, and needn't be told."""
    implied = lexicon()["implied"]
    parts = (*implied.get(tool, ()), *implied.get(str(arguments.get("metric")), ()))
    yield from (demand for part in parts if (demand := _named(part)))


def _stretch(
    tool: str, arguments: Mapping[str, Any], content: Mapping[str, Any], now: int
) -> tuple[Span, ...]:
    """The stretch of time that a tool looked at: as it was asked, else as its result says."""
    asked = stretch_of(arguments, now)
    if asked is not None:
        return (asked,)
    if tool not in ("flow_metrics", "trends"):
        return ()
    told = times(str(content.get("definition") or ""), now)
    return tuple((time.start, time.end) for time in told[:1])


def _allowed(path: str) -> Iterator[Demand]:
    """What may be said of a column's values and needn't be."""
    for part in lexicon()["allowed"].get(path, ()):
        if (demand := _named(part)) is not None:
            yield demand


def _column(path: str) -> Iterator[Demand]:
    """What a column itself says: that these were closed, that it is a median."""
    for part in lexicon()["telling"].get(path, (f"state.{path}", f"statistic.{path}")):
        if (demand := _named(part)) is not None:
            yield demand
