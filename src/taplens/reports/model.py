"""A report as data: every figure with its definition and the query that gives it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from typing import Any, Literal

from taplens.charts import Chart

Number = int | float | None
Wish = Literal["more", "less", ""]  # which way is good news


@dataclass(frozen=True, slots=True)
class Call:
    """The call of a tool that gives a number again.

    `cell` is where the number stands in the tool's answer, as keys and places.
    """

    tool: str
    arguments: Mapping[str, Any]
    cell: tuple[str | int, ...]

    @property
    def where(self) -> str:
        """The filter of the call."""
        return str(self.arguments.get("where", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of the period beside that of the period before; None: there is none.

    `name` is for programs, `label` for people, as `definition` is; `unit` is "" for a count,
    "percent", "days" or "each". `before_call` gives `before` again.
    """

    name: str
    label: str
    value: Number
    call: Call
    definition: str = ""
    unit: Literal["", "percent", "days", "each"] = ""
    before: Number = None
    before_call: Call | None = None
    wish: Wish = ""

    @property
    def change(self) -> Number:
        """How much it moved; None where one of the two is missing."""
        if self.value is None or self.before is None:
            return None
        moved = self.value - self.before
        return moved if isinstance(moved, int) else round(moved, 2)

    @property
    def news(self) -> Literal["good", "bad", ""]:
        """Whether the move is what one wishes for."""
        if not self.wish or not self.change:
            return ""
        return "good" if (self.change > 0) == (self.wish == "more") else "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """A table of figures of one kind, the largest first; `beyond` items stand in further rows."""

    name: str
    title: str
    figures: tuple[Figure, ...]
    beyond: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item that a report points to; `link` is its page in TAPD, `reasons` why it is named."""

    workspace: str
    type: str
    id: str
    number: int
    title: str
    status: str
    priority: str
    owner: str
    link: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How many items there are of a kind, and the first of them."""

    count: Figure
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart, and the call that gives its numbers."""

    name: str
    chart: Chart
    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a report; `notes` say what to mind, or that there is nothing to tell."""

    name: str
    title: str
    figures: tuple[Figure, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    listings: tuple[Listing, ...] = ()
    pictures: tuple[Picture, ...] = ()
    items: tuple[Item, ...] = ()
    notes: tuple[str, ...] = ()

    def every_figure(self) -> Iterator[Figure]:
        """The figures, also of tables and lists."""
        yield from self.figures
        for table in self.breakdowns:
            yield from table.figures
        for listing in self.listings:
            yield listing.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a model found in items, and the ids of the items that it rests on."""

    text: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """What a model wrote, after the checks.

    `read` of `asked` items were in a batch that came back, as all but `failed` of the `batches`
    did; `missing` says what isn't there, and
    why. Numbers in `summary` were filled in from the data.
    """

    model: str
    summary: tuple[str, ...]
    findings: tuple[Finding, ...]
    asked: int
    read: int
    batches: int = 0
    failed: int = 0
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole report, in the language `lang`.

    Both ends of a period are days and belong to it. `as_of` and `history_from` are ISO 8601 times
    in the workspace's zone; `workspaces` maps ids to names; `where` is what the reader narrowed it
    to.
    """

    name: str
    title: str
    lang: str
    workspaces: Mapping[str, str]
    where: str
    since: date
    until: date
    before_since: date
    before_until: date
    as_of: str | None
    history_from: str | None
    sections: tuple[Section, ...]
    warnings: tuple[str, ...] = ()
    prose: Prose | None = None
    format: int = field(default=1)

    def every_figure(self) -> Iterator[Figure]:
        """The figures of all sections."""
        for section in self.sections:
            yield from section.every_figure()

    def section(self, name: str) -> Section | None:
        """The section of that name, if the report has it."""
        return next((one for one in self.sections if one.name == name), None)


def json_value(value: Any) -> Any:
    """A report, or a part of it, as JSON can hold it; what is empty is left out."""
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        told = {one.name: getattr(value, one.name) for one in fields(value)}
        if isinstance(value, Figure):
            told["change"] = value.change
        kept = {name: json_value(part) for name, part in told.items() if part not in ("", (), [])}
        # A number that isn't there is told as such.
        return {n: part for n, part in kept.items() if part is not None or n == "value"}
    if isinstance(value, Mapping):
        return {str(name): json_value(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [json_value(part) for part in value]
    return value
