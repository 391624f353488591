"""The picture of a trend shows the numbers of its rows."""

from __future__ import annotations

import pytest

from tests.tools.conftest import Ask


@pytest.mark.parametrize(
    ("arguments", "kind", "title"),
    [
        ({"interval": "month"}, "line", "新建、关闭、期末未关闭"),
        ({"interval": "day", "of": ["resolved"]}, "line", "解决时间"),
        ({"interval": "month", "by": "severity"}, "stacked_bars", "新建（按严重程度）"),
        ({"interval": "week", "by": "severity", "of": "open"}, "areas", "期末未关闭（按严重程度）"),
    ],
)
async def test_a_trend_is_drawn_as_it_is_told(
    ask: Ask, arguments: dict[str, object], kind: str, title: str
) -> None:
    asked = {"where": "type:bug", "since": "2026-01", "until": "2026-03", **arguments}
    result = await ask("trends", asked, locale="zh", budget=None)
    chart = result.chart()
    assert (chart.kind, chart.title) == (kind, title)
    rows = result.content["data"]
    assert len(chart.x) == len(rows)
    for series, name in zip(chart.series, rows[0], strict=False):
        assert all(isinstance(value, int) for value in series.values), name
    told = [sum(_numbers(row)) for row in rows]
    drawn = [sum(series.values[place] for series in chart.series) for place in range(len(rows))]
    assert drawn == told
    assert sum(drawn) > 0
    assert not {"none", "other"} & {series.name for series in chart.series}


def _numbers(row: dict[str, object]) -> list[int]:
    """The numbers of the measure that is drawn: of a split the first alone."""
    measures = [value for name, value in row.items() if name != "period"]
    first = measures[0]
    return list(first.values()) if isinstance(first, dict) else measures  # type: ignore[return-value]
