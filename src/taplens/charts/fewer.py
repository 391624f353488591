"""Making a chart small enough to be read: what is too much goes into "other", or is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from heapq import nlargest

from taplens import messages
from taplens.charts.model import Chart, Series
from taplens.charts.theme import MOST_SERIES

_SUMMED = ("bars", "stacked_bars", "ranking", "areas", "histogram")
MOST_WORDS = 120


def fewer(chart: Chart, rows: int, locale: str | None) -> Chart:
    """`chart` with at most eight series, and at most `rows` places if it is a ranking.

    What can be summed is, as "other"; of lines and points the largest are kept and a note says
    how many aren't shown.
    """
    if chart.kind == "words":
        return _fewer_words(chart)
    if len(chart.series) > MOST_SERIES and chart.kind != "fan":
        chart = _fewer_series(chart, locale)
    if chart.kind == "ranking" and len(chart.x) > rows:
        chart = _fewer_rows(chart, rows, locale)
    return chart


def _fewer_words(chart: Chart) -> Chart:
    weights = [value or 0 for value in chart.series[0].values]
    kept = nlargest(MOST_WORDS, range(len(weights)), key=lambda i: (weights[i], -i))
    row = replace(chart.series[0], values=[weights[index] for index in kept])
    return replace(chart, x=[chart.x[index] for index in kept], series=[row])


def _fewer_series(chart: Chart, locale: str | None) -> Chart:
    sums = [sum(abs(value or 0) for value in row.values) for row in chart.series]
    summed = chart.kind in _SUMMED
    count = MOST_SERIES - 1 if summed else MOST_SERIES
    largest = set(nlargest(count, range(len(sums)), key=lambda index: sums[index]))
    kept = [row for index, row in enumerate(chart.series) if index in largest]
    rest = [row for index, row in enumerate(chart.series) if index not in largest]
    if summed:
        return replace(chart, series=[*kept, _other(rest, locale)])
    note = messages.text("chart.not_shown", locale, count=len(rest))
    return replace(chart, series=kept, notes=[*chart.notes, note])


def _other(rest: Sequence[Series], locale: str | None) -> Series:
    name = messages.text("chart.other", locale, count=len(rest))
    columns = zip(*(row.values for row in rest), strict=True)
    return Series(name, [sum(value or 0 for value in column) for column in columns])


def _fewer_rows(chart: Chart, rows: int, locale: str | None) -> Chart:
    kept = max(1, rows - 1)
    name = messages.text("chart.other", locale, count=len(chart.x) - kept)
    series = [
        replace(row, values=[*row.values[:kept], sum(v or 0 for v in row.values[kept:])])
        for row in chart.series
    ]
    return replace(chart, x=[*map(str, chart.x[:kept]), name], series=series)
