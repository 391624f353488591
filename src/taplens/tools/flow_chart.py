"""The charts of the flow metrics, made from the rows that are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from taplens.charts import Chart, Mark, Series, histogram
from taplens.tools.pictures import field_word

if TYPE_CHECKING:
    from taplens.analysis.flow.question import Found
    from taplens.charts import Kind
    from taplens.tools.context import ToolContext
    from taplens.tools.registry import Piece

_DAY = 86_400
_FARTHEST_DAYS = 1_000  # of a burn-down's plan: its end may have been set to never
_MARKED = ("p50", "p85", "p95")
_DRAWN = ("p50", "p85")  # of each group or period
_RATES = {"reopen_rate": "reopened", "escaped": "escaped", "rejected": "rejected"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What a chart is drawn from: the metric, what was asked and found, and its rows."""

    context: ToolContext
    metric: str
    subtitle: str
    found: Found
    rows: Sequence[Piece]
    notes: Sequence[str]

    def text(self, name: str) -> str:
        """A text of the catalogue's for charts of the flow."""
        return self.context.text(f"chart.flow.{name}")

    def word(self, name: str) -> str:
        """What people call a field or a column."""
        return field_word(name, self.context.locale)

    def label(self, row: Piece, name: str) -> str:
        """The word for a row's group."""
        value = row[name]
        if value is None:
            return self.context.text("chart.none")
        return self.context.text(f"cli.type.{value}") if name == "type" else str(value)

    def chart(self, kind: Kind, **parts: Any) -> Chart:
        """A chart with the title, the subtitle and the notes of the metric."""
        return Chart(kind=kind, **self.frame(), **parts)

    def frame(self) -> dict[str, Any]:
        """The parts that all charts of the metric have."""
        return {"title": self.text(self.metric), "subtitle": self.subtitle, "notes": self.notes}


def flow_chart(drawing: Drawing) -> Chart:
    """The chart of a metric in DRAWN."""
    return DRAWN[drawing.metric](drawing)


def drawable(metric: str, by: str, rows: Sequence[Piece]) -> bool:
    """Whether the rows of a metric, split `by` a field or "" by none, make a picture."""
    return metric in DRAWN and bool(rows) and bool(by or metric != "reopen_rate")


def _times(drawing: Drawing) -> Chart:
    """Lead, cycle and fix times: their distribution; of groups and periods their percentiles."""
    rows, unit = drawing.rows, drawing.text("days")
    group = next(iter(rows[0]))
    if group == "count":
        seconds = drawing.found.seconds
        return histogram(
            [] if seconds is None else seconds / _DAY,
            drawing.text("items"),
            **drawing.frame(),
            unit=drawing.context.text("chart.items"),
            x_name=unit,
            marks=[Mark(name.upper(), rows[0][name]) for name in _MARKED if name in rows[0]],
        )
    series = [Series(name.upper(), [row.get(name) for row in rows]) for name in _DRAWN]
    places = [drawing.label(row, group) for row in rows]
    return drawing.chart(
        "line" if group == "period" else "bars", x=places, series=series, unit=unit
    )


def _throughput(drawing: Drawing) -> Chart:
    rows, split = drawing.rows, _split(drawing.rows)
    finished = {"finished": [row["finished"] for row in rows]}
    lines = _lines(rows, split) if split else finished
    return drawing.chart(
        "stacked_bars" if split else "bars",
        x=[row["period"] for row in rows],
        series=[Series(_group_word(drawing, split, name), line) for name, line in lines.items()],
        unit=drawing.context.text("chart.items"),
    )


def _cumulative_flow(drawing: Drawing) -> Chart:
    """What is ended lies at the bottom, what isn't started on top."""
    rows, split = drawing.rows, _split(drawing.rows)
    stages = {
        name: [row[name] for row in rows] for name in rows[0] if name not in (split, "period")
    }
    lines = _lines(rows, split) if split else stages
    names = list(lines)[::-1]
    return drawing.chart(
        "areas",
        x=_along(rows),
        series=[Series(_group_word(drawing, split, name), lines[name]) for name in names],
        unit=drawing.context.text("chart.items"),
    )


def _split(rows: Sequence[Piece]) -> str:
    """The field whose groups the rows hold; "" where they aren't split."""
    return next((name for name, value in rows[0].items() if isinstance(value, dict)), "")


def _lines(rows: Sequence[Piece], split: str) -> dict[str, list[int]]:
    return {name: [row[split][name] for row in rows] for name in rows[0][split]}


def _group_word(drawing: Drawing, split: str, name: str) -> str:
    """The word for a column: a measure's, or a group's of the field `split`."""
    if not split or name == "other":
        return drawing.word(name)
    return drawing.label({split: None if name == "none" else name}, split)


def _along(rows: Sequence[Piece]) -> list[Any]:
    """The periods: days as dates, which leave more room."""
    names = [row["period"] for row in rows]
    if all(len(name) == len("2026-05-04") for name in names):
        return [date.fromisoformat(name) for name in names]
    return names


def _ageing(drawing: Drawing) -> Chart:
    """The oldest items, each named."""
    _, finished, *items = drawing.rows
    names = [f"{row['title']} · {row['status']}" for row in items]
    past = ", ".join(f"{name.upper()} {finished[name]}" for name in _MARKED if name in finished)
    notes = [*drawing.notes, *([f"{drawing.text('finished')} {past}"] if past else [])]
    parts = drawing.frame() | {"notes": notes}
    ages = Series(drawing.word("age"), [row["age"] for row in items])
    return Chart(kind="ranking", x=names, series=[ages], unit=drawing.text("days"), **parts)


def _time_in_status(drawing: Drawing) -> Chart:
    rows = drawing.rows
    return drawing.chart(
        "ranking",
        x=[row["status"] for row in rows],
        series=[Series(drawing.word("total"), [row["total"] for row in rows])],
        unit=drawing.text("days"),
    )


def _rates(drawing: Drawing) -> Chart:
    """Of each group the share in percent; where there are no groups, each of the signs."""
    rows, name = drawing.rows, _RATES[drawing.metric]
    group = next(iter(rows[0]))
    if group == "bugs":
        signs = {key: rows[0][key] for key in rows[0] if key not in ("bugs", "percent")}
        return drawing.chart(
            "ranking",
            x=[drawing.word(key) for key in signs],
            series=[Series(drawing.word("bugs"), list(signs.values()))],
            unit=drawing.context.text("chart.items"),
        )
    return drawing.chart(
        "bars",
        x=[drawing.label(row, group) for row in rows],
        series=[Series(drawing.word(name), [row["percent"] for row in rows])],
        unit="%",
    )


def _density(drawing: Drawing) -> Chart:
    rows = drawing.rows[1:]
    return drawing.chart(
        "ranking",
        x=[drawing.label(row, next(iter(row))) for row in rows],
        series=[Series(drawing.word("bugs"), [row["bugs"] for row in rows])],
        unit=drawing.context.text("chart.items"),
    )


def _burndown(drawing: Drawing) -> Chart:
    """Scope, done and left up to today, and the straight way to nothing left."""
    rows = drawing.rows
    days = [date.fromisoformat(row["period"]) for row in rows]
    last = max(days[-1], date.fromisoformat(drawing.found.due or rows[-1]["period"]))
    first, steps = rows[0]["scope"], max((last - days[0]).days, 1)
    drawn = max(min((last - days[0]).days + 1, _FARTHEST_DAYS), len(rows))
    planned = [days[0] + timedelta(days=n) for n in range(drawn)]
    ahead: list[float | None] = [None] * (drawn - len(rows))
    ideal = [round(first * (1 - place / steps), 2) for place in range(len(planned))]
    told = {name: [row[name] for row in rows] + ahead for name in ("scope", "done", "left")}
    return drawing.chart(
        "line",
        x=planned,
        series=[
            Series(drawing.word("scope"), told["scope"], "scope"),
            Series(drawing.text("ideal"), ideal, "ideal"),
            Series(drawing.word("left"), told["left"]),
            Series(drawing.word("done"), told["done"]),
        ],
        unit=drawing.context.text("chart.items"),
    )


DRAWN: dict[str, Callable[[Drawing], Chart]] = {
    "lead_time": _times,
    "cycle_time": _times,
    "fix_time": _times,
    "throughput": _throughput,
    "cumulative_flow": _cumulative_flow,
    "ageing": _ageing,
    "time_in_status": _time_in_status,
    "reopen_rate": _rates,
    "escaped": _rates,
    "rejected": _rates,
    "density": _density,
    "burndown": _burndown,
}
