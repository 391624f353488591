"""Charts as data: what is refused, what is counted, and the table of it as CSV."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taplens.charts import Chart, Mark, Series, csv_of, histogram
from taplens.charts.fewer import MOST_WORDS, fewer
from taplens.charts.theme import MOST_SERIES
from taplens.errors import ArgumentError
from tests.charts.conftest import SAMPLES

NUMBERS = st.one_of(st.none(), st.integers(0, 10**12), st.floats(0, 1e12))


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"kind": "pie"}, "pie"),
        ({"x": ["a"], "series": [Series("s", [1, 2])]}, "2 values, 1 places"),
        ({"x": ["a", date(2026, 1, 1)], "series": []}, "date, text"),
        ({"kind": "line", "x": [float("nan")]}, "not finite"),
        ({"x": [1.0, 2.0]}, "number"),
        ({"x": [None]}, "?"),
        ({"x": ["a"], "series": [Series("s", [float("inf")])]}, "not finite"),
        ({"kind": "areas", "x": ["a"], "series": [Series("s", [-1])]}, "below 0"),
        ({"kind": "words", "x": ["a"], "series": [Series("s", [1])] * 2}, "more than one series"),
        ({"x": ["a"], "marks": [Mark("m", date(2026, 1, 1))]}, "mark m: date"),
        ({"kind": "line", "x": [1.0], "marks": [Mark("m", float("nan"))]}, "mark m: not finite"),
        ({"kind": "line", "x": [date(2026, 1, 1)], "marks": [Mark("m", 3.0)]}, "mark m: number"),
        ({"kind": "fan", "x": ["a"], "series": [Series("s", [1])] * 10}, "10 series"),
        ({"kind": "histogram", "x": [0.0, 1.0], "series": [Series("s", [1, 2])]}, "1 places"),
        ({"x": ["a"], "series": [Series("s", [1])] * 1_001}, "1001 series"),
        ({"x": ["a"] * 300_001}, "300001"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts: dict[str, Any], told: str) -> None:
    with pytest.raises(ArgumentError) as fault:
        Chart(**{"kind": "bars", "title": "图"} | parts)
    assert told in fault.value.message("zh")
    assert "图" in fault.value.message("zh")


@given(st.lists(st.floats(0, 1e6), max_size=300))
@example([0.0])
@example([5.0] * 100 + [1_000.0])
@example([1e-12])
def test_a_histogram_counts_every_value_once_in_its_bin(values: list[float]) -> None:
    chart = histogram(values, "项", title="分布")
    assert sum(sum(v or 0 for v in row.values) for row in chart.series) == len(values)
    if values:
        limits: list[Any] = list(chart.x)
        assert limits == sorted(limits)
        assert limits[0] == 0
        assert len(limits) <= 33
        assert limits[-1] >= max(values) * (1 - 1e-9)


def test_bins_have_round_limits() -> None:
    chart = histogram([1, 3, 3, 9, 44, 300], "项", most=10, title="分布")
    assert list(chart.x)[:3] == [0, 50, 100]
    assert list(chart.series[0].values) == [5, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("bad", [[-1.0], [float("nan")], [float("inf")]])
def test_a_histogram_of_nonsense_is_refused(bad: list[float]) -> None:
    with pytest.raises(ArgumentError):
        histogram(bad, "项", title="分布")


@given(
    st.lists(st.text(), min_size=1, max_size=8),
    st.lists(st.tuples(st.text(max_size=12), NUMBERS), max_size=5),
)
def test_the_table_holds_the_data(x: list[str], made: list[tuple[str, Any]]) -> None:
    chart = Chart(kind="line", title="表", x=x, series=[Series(n, [v] * len(x)) for n, v in made])
    head, *rows = rows_of(csv_of(chart, locale="zh"))
    assert [name.removeprefix("'") for name in head[1:]] == [n.removeprefix("'") for n, _ in made]
    assert len(rows) == len(x)
    for place, row in zip(x, rows, strict=True):
        assert row[0] == place or row[0] == f"'{place}"
        assert [float(cell) if cell else None for cell in row[1:]] == [v for _, v in made]


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "－1")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_spreadsheet_runs_nothing(text: str) -> None:
    chart = Chart(kind="bars", title="表", x=[text], series=[Series(text, [-1])], x_name=text)
    head, row = rows_of(csv_of(chart))
    assert head == [f"'{text}", f"'{text}"]
    assert row == [f"'{text}", "-1"]  # a number is a number


def test_excel_is_told_the_encoding_where_asked() -> None:
    chart = SAMPLES["severities"]
    assert csv_of(chart, bom=True, locale="zh") == "\ufeff" + csv_of(chart, locale="zh")
    assert csv_of(chart, locale="zh").splitlines()[0] == "分组,致命,严重,一般,提示"


def test_dates_and_bins_are_written_as_they_are() -> None:
    assert rows_of(csv_of(SAMPLES["trend"]))[1][0] == "2026-01-05"
    head, first, *_ = rows_of(csv_of(SAMPLES["cycle_times"], locale="zh"))
    assert head == ["从", "到", "需求"]
    assert first[0] == "0"
    assert first[1] == rows_of(csv_of(SAMPLES["cycle_times"]))[2][0]


@pytest.mark.parametrize("kind", ["stacked_bars", "areas", "ranking", "bars", "histogram"])
def test_what_is_too_much_is_summed_as_other(kind: Any) -> None:
    x: list[Any] = [float(n) for n in range(5)] if kind == "histogram" else list("甲乙丙丁")
    series = [Series(f"系列{n}", [n, 1, None, 0]) for n in range(60)]
    small = fewer(Chart(kind=kind, title="多", x=x, series=series), 20, "zh")
    assert len(small.series) == MOST_SERIES
    assert small.series[-1].name == "其他 53 项"
    for place in range(4):
        whole = sum(row.values[place] or 0 for row in series)
        assert sum(row.values[place] or 0 for row in small.series) == whole


def test_of_lines_the_largest_are_kept_and_the_rest_is_named() -> None:
    series = [Series(f"系列{n}", [n]) for n in range(20)]
    small = fewer(Chart(kind="line", title="多", x=["甲"], series=series), 20, "zh")
    assert [row.name for row in small.series] == [f"系列{n}" for n in range(12, 20)]
    assert small.notes == ["另有 12 个系列未画出。"]


def test_a_ranking_of_hundreds_keeps_its_sum() -> None:
    x = [f"模块{n}" for n in range(300)]
    series = [Series("数", [300 - n for n in range(300)]), Series("数二", [1] * 300)]
    small = fewer(Chart(kind="ranking", title="多", x=x, series=series), 20, "zh")
    assert list(small.x) == [*x[:19], "其他 281 项"]
    assert [sum(row.values) for row in small.series] == [  # type: ignore[arg-type]
        sum(row.values)
        for row in series  # type: ignore[arg-type]
    ]


def test_a_cloud_keeps_the_heaviest_words() -> None:
    words = [f"词{n}" for n in range(500)]
    chart = Chart(kind="words", title="词", x=words, series=[Series("次", list(range(500)))])
    assert list(fewer(chart, 20, "zh").x) == words[: -MOST_WORDS - 1 : -1]
