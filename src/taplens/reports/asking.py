"""Asking the mirror for the figures of a report: each call is kept beside the number it gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from taplens import messages
from taplens.filters import And, Condition, Node, Query, Value, parse, to_text
from taplens.reports.model import Call, Figure, Item, Listing, Number

if TYPE_CHECKING:
    from taplens.analysis.counts import Counted
    from taplens.analysis.flow.question import Found
    from taplens.analysis.trends import Trends
    from taplens.mirror.rows import Row
    from taplens.mirror.scope import Scope
    from taplens.mirror.snapshot.keeping import Source
    from taplens.reports.periods import Days

LISTED = 10  # items of a list


@dataclass(slots=True)
class Notes:
    """What is to be told beside the numbers, each once.

    `left_out` counts by reason the items that a metric couldn't reckon with, at most.
    """

    warnings: dict[str, None] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def add(self, texts: Sequence[str]) -> None:
        """Take further warnings."""
        self.warnings |= dict.fromkeys(texts)

    def leave_out(self, counts: Mapping[str, int]) -> None:
        """Take what a metric left out."""
        for reason, count in counts.items():
            self.left_out[reason] = max(count, self.left_out.get(reason, 0))


@dataclass(frozen=True)
class Asking:
    """The questions of one report, all to one version of the mirror.

    `where` narrows all of them; `days` are what the report is about; `stop_words` (folded)
    aren't told among its words.
    """

    source: Source
    scope: Scope
    where: Query
    days: Days
    lang: str
    web_base_url: str
    stop_words: frozenset[str] = frozenset()
    notes: Notes = field(default_factory=Notes)

    def text(self, key: str, /, **parameters: object) -> str:
        """A text of the catalogue, under `report.`, in the report's language."""
        return messages.text(f"report.{key}", self.lang, **parameters)

    def narrowed(self, where: str) -> str:
        """The report's own filter and `where` together, as text."""
        return _together(self.where.where, parse(where).where)

    def of_value(self, where: str, field: str, value: str | None) -> str:
        """Of the items of `where` (which is whole) those whose `field` is `value`; None: unset."""
        values = () if value is None else (Value(value, quoted=True),)
        only = Condition(field, "unset" if value is None else "=", values)
        return _together(parse(where).where, only)

    # Calls of tools, as figures name them

    def call_of(self, tool: str, where: str, cell: tuple[str | int, ...], **more: Any) -> Call:
        """The call of `tool` about the items of `where`, in the report's workspaces."""
        workspaces = list(self.scope.workspace_ids)
        return Call(tool, {"where": where, "workspace": workspaces, **more}, cell)

    # Numbers

    def counted(self, where: str, by: Sequence[str] = (), limit: int = 1000) -> Counted:
        """The items of `where` (which is whole), counted."""
        from taplens.analysis.counts import count_items

        found = count_items(self.source, parse(where), self.scope, by=by, limit=limit)
        self.notes.add([notice.text(self.lang) for notice in found.warnings])
        return found

    def number(self, where: str) -> int:
        """How many items `where` means."""
        return self.counted(where).total

    def flow(self, metric: str, where: str, days: Days, interval: str = "") -> Found:
        """A metric of the flow over some days, by periods where an interval is named."""
        from taplens.analysis.flow.metrics import flow
        from taplens.analysis.flow.question import Asked

        asked = Asked(where=parse(where), interval=interval, **days.arguments)
        found, notices = flow(self.source, self.scope, metric, asked)
        self.notes.add([notice.text(self.lang) for notice in notices])
        self.notes.leave_out(found.left_out)
        return found

    def trends(
        self, where: str, days: Days, interval: str, of: Sequence[str] = ("open",)
    ) -> Trends:
        """The course of some measures over some days."""
        from taplens.analysis.trends import Asked, trends

        asked = Asked(of=tuple(of), interval=interval, **days.arguments)
        found = trends(self.source, parse(where), self.scope, asked)
        self.notes.add([notice.text(self.lang) for notice in found.warnings])
        return found

    # Figures

    def count(
        self, name: str, where: str, before: str | None = None, wish: str = "", **label: object
    ) -> Figure:
        """The number of items that `where` means, beside that of `before`."""
        whole = self.narrowed(where)
        earlier = None if before is None else self.narrowed(before)
        return self.figure(
            name,
            self.number(whole),
            self.call_of("count_items", whole, ("total",)),
            None if earlier is None else self.number(earlier),
            None if earlier is None else self.call_of("count_items", earlier, ("total",)),
            wish=wish,
            **label,
        )

    def figure(
        self,
        name: str,
        value: Number,
        call: Call,
        before: Number = None,
        before_call: Call | None = None,
        *,
        wish: Any = "",
        unit: Any = "",
        **label: object,
    ) -> Figure:
        """A figure with its words from the catalogue."""
        return Figure(
            name=name,
            label=self.text(f"figure.{name}", **label),
            definition=self.text(f"define.{name}", **label),
            value=value,
            before=before,
            call=call,
            before_call=before_call,
            unit=unit,
            wish=wish,
        )

    def of_flow(
        self, metric: str, where: str, cells: Mapping[str, tuple[int, str, str, str]], **label: str
    ) -> list[Figure]:
        """Figures of one metric: by name the row, the column, the unit, and the wish."""
        whole, days = self.narrowed(where), self.days
        now, earlier = self.flow(metric, whole, days), self.flow(metric, whole, days.before)
        figures = []
        for name, (row, column, unit, wish) in cells.items():
            cell = ("data", row, column)
            calls = [
                self.call_of("flow_metrics", whole, cell, metric=metric, **span.arguments)
                for span in (days, days.before)
            ]
            values = [found.rows[row].get(column) for found in (now, earlier)]
            figures.append(
                self.figure(
                    name, values[0], calls[0], values[1], calls[1],
                    wish=wish, unit=unit, **label,
                )
            )  # fmt: skip
        return figures

    def open_at_end(self, where: str, **label: object) -> Figure:
        """How many items were open when the period, and the one before, ended."""
        from taplens.reports.periods import Days

        whole, calls, values = self.narrowed(where), [], []
        for span in (self.days, self.days.before):
            last = Days(span.until, span.until)
            found = self.trends(whole, last, "day")
            values.append(found.series[0].numbers[-1])
            more = {"of": ["open"], "interval": "day", **last.arguments}
            calls.append(self.call_of("trends", whole, ("data", 0, "open"), **more))
        return self.figure("open", values[0], calls[0], values[1], calls[1], wish="less", **label)

    # Items

    def listing(self, name: str, where: str, sort: str, **options: Any) -> Listing:
        """The number of items of `where`, and the first of them by `sort`."""
        count = self.count(name, where, **options)
        return Listing(count=count, items=tuple(self.items(count.call.where, sort)))

    def items(self, where: str, sort: str, limit: int = LISTED) -> list[Item]:
        """The first items of `where` (which is whole)."""
        from taplens.mirror.reads_find import find_items

        query = parse(f"{where} sort:{sort}")
        found = find_items(self.source.connection, query, self.scope, limit=limit)
        return [self._item(row) for row in found.rows]

    def _item(self, row: Row) -> Item:
        from taplens.mirror.rows import web_link

        return Item(
            workspace=row.workspace_id,
            type=row.type,
            id=row.id,
            number=row.number,
            title=row.title,
            status=row.status_label or row.status,
            priority=row.severity_label or row.priority_label or row.priority,
            owner="、".join(row.owners) if self.lang == "zh" else ", ".join(row.owners),
            link=web_link(self.web_base_url, row.workspace_id, row.type, row.id),
        )

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The types of items that the report is about."""
        return tuple(
            name for name in ("story", "bug", "task") if self.number(self.narrowed(f"type:{name}"))
        )


def _together(*nodes: Node | None) -> str:
    """What all of the nodes mean, as text; None means everything."""
    parts: list[Node] = []
    for node in nodes:
        parts += node.parts if isinstance(node, And) else [node] if node is not None else []
    return to_text(Query(And(parts) if len(parts) > 1 else parts[0] if parts else None))
