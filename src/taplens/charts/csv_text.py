"""The data behind a chart as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date

from taplens import messages
from taplens.charts.model import Chart

BOM = "\ufeff"
_MOST_WHOLE = 1e15  # below it a float holds every whole number
# A cell that begins so may be run as a formula by who opens the file.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_of(chart: Chart, *, bom: bool = False, locale: str | None = None) -> str:
    """The values of `chart`, a row for each place on x, a column for each series (RFC 4180).

    `bom` puts the mark before it by which Excel knows UTF-8. A text that a spreadsheet would run
    as a formula gets an apostrophe before it. `locale` is of the head of the first column, where
    the chart doesn't name x.
    """
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow([_cell(head) for head in _heads(chart, locale)])
    writer.writerows([_cell(value) for value in row] for row in _rows(chart))
    return (BOM if bom else "") + target.getvalue()


def _heads(chart: Chart, locale: str | None) -> list[str]:
    names = [row.name for row in chart.series]
    if chart.kind == "histogram":
        return [messages.text(f"chart.{key}", locale) for key in ("from", "to")] + names
    return [chart.x_name or messages.text("chart.x", locale), *names]


def _rows(chart: Chart) -> Iterator[Sequence[object]]:
    columns = [row.values for row in chart.series]
    if chart.kind == "histogram":
        yield from zip(chart.x, chart.x[1:], *columns, strict=False)
    else:
        yield from zip(chart.x, *columns, strict=True)


def _cell(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, float) and value.is_integer() and abs(value) < _MOST_WHOLE:
        return int(value)
    return "" if value is None else value
