"""Figures: each is what its own query gives, and none is made up where there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taplens.errors import ArgumentError, FilterError, NotFoundError
from taplens.reports.formats import text_of
from taplens.reports.model import json_value
from taplens.tools.reporting import ReportAsked, report_of
from tests.reports.conftest import DAYS, FIRST, SECOND, Ask, made

if TYPE_CHECKING:
    from taplens.config import Settings
    from taplens.reports.model import Call, Report
    from taplens.tools.context import ToolContext
    from tests.conftest import SandboxFactory


async def given(ask: Ask, call: Call, answers: dict[str, Any]) -> Any:
    """What the cell of a call holds; `answers` are those of calls made before."""
    key = f"{call.tool} {call.arguments}"
    if key not in answers:
        answers[key] = (await ask(call.tool, dict(call.arguments), budget=None)).content
    found = answers[key]
    for place in call.cell:
        found = found.get(place) if isinstance(place, str) else found[place]
    return found


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"workspace": (FIRST, SECOND), "lang": "zh"},
        {"where": "type:bug (priority:high or owner:any)"},
        {"where": "-type:task", "since": "2026-01", "until": "2026-03"},
    ],
)
async def test_every_figure_is_given_again_by_its_query(
    context: ToolContext, ask: Ask, asked: dict[str, Any]
) -> None:
    report = await report_of(context, ReportAsked(**(DAYS | asked)))
    answers: dict[str, Any] = {}
    figures = list(report.every_figure())
    assert len(figures) > 20
    for figure in figures:
        assert await given(ask, figure.call, answers) == figure.value, figure
        if figure.before_call is not None:
            assert await given(ask, figure.before_call, answers) == figure.before, figure
    counts = [figure for figure in figures if figure.call.tool == "count_items"]
    assert sum(bool(figure.value) for figure in counts) > 8  # it isn't all zeros


async def test_a_chart_shows_the_numbers_of_its_query(report: Report, ask: Ask) -> None:
    answers: dict[str, Any] = {}
    for section in report.sections:
        for picture in section.pictures:
            rows = await given(ask, picture.call, answers)
            series = picture.chart.series
            assert rows
            if picture.call.tool in ("count_items", "word_frequency"):
                assert (
                    list(series[0].values)
                    == [row["count"] for row in rows][: len(series[0].values)]
                )
            else:
                told = [value for row in rows for name, value in row.items() if name != "period"]
                for one in series:
                    assert set(one.values) <= set(told)


def test_the_period_before_is_as_long_and_ends_the_day_before(report: Report) -> None:
    assert (report.since.isoformat(), report.until.isoformat()) == tuple(DAYS.values())
    assert report.until - report.since == report.before_until - report.before_since
    assert (report.since - report.before_until).days == 1


def test_a_table_that_is_cut_says_how_many_items_it_leaves_out(
    mirrored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from taplens.reports import quality

    monkeypatch.setattr(quality, "_MOST_ROWS", 1000)
    whole = made(mirrored, since="2025-01-01")
    monkeypatch.setattr(quality, "_MOST_ROWS", 1)
    cut = made(mirrored, since="2025-01-01")
    tables = [one.section("quality").breakdowns for one in (whole, cut)]  # type: ignore[union-attr]
    for full, short in zip(*tables, strict=True):
        assert (len(short.figures), full.beyond) == (1, 0)
        assert short.beyond == sum(int(one.value or 0) for one in full.figures[1:]) > 0
    text = text_of(cut, "md", "overview", mirrored.home)
    assert f"{tables[1][0].beyond} more in further rows" in text


def test_items_are_cited_with_links_and_reasons(report: Report) -> None:
    items = report.section("items").items  # type: ignore[union-attr]
    assert items
    for item in items:
        assert item.id in item.link
        assert item.reasons
    assert len({(item.type, item.id) for item in items}) == len(items)


def test_a_period_without_data_has_zeros_and_says_so(mirrored: Settings) -> None:
    report = made(mirrored, since="2019-03-01", until="2019-03-07")
    for figure in report.every_figure():
        if figure.before_call is not None:
            assert not figure.value, figure
            assert not figure.before
    assert "Nothing moved" in text_of(report, "md", "overview", mirrored.home)


def test_nothing_in_scope_is_told_not_hidden(mirrored: Settings) -> None:
    report = made(mirrored, where="id:1")
    assert any("no items" in warning for warning in report.warnings)
    assert report.section("flow") is None
    for format_ in ("md", "html", "json"):
        assert text_of(report, format_, "overview", mirrored.home)


def test_one_item_makes_a_report(mirrored: Settings, report: Report) -> None:
    items = report.section("items").items  # type: ignore[union-attr]
    one = next(item for item in items if item.type == "bug")
    alone = made(mirrored, where=f"type:bug id:{one.id}")
    assert next(alone.every_figure()).value == 1
    assert text_of(alone, "html", "overview", mirrored.home)


async def test_an_empty_workspace_makes_a_report(
    start_sandbox: SandboxFactory, tmp_path: Any
) -> None:
    from taplens.config import Secret, Settings
    from taplens.mirror import Keeper
    from taplens.tools.context import ToolContext

    sandbox = start_sandbox(items=0)
    settings = Settings(
        home=tmp_path,
        api_base_url=sandbox.base_url,
        access_token=Secret("demo"),
        workspace_ids=(FIRST,),
        requests_per_minute=1_000_000,
    )
    async with Keeper(settings) as keeper:
        context = ToolContext(keeper=keeper, workspaces=(FIRST,), locale="zh")
        report = await report_of(context, ReportAsked())
        assert next(report.every_figure()).value == 0
        for format_ in ("md", "html", "json"):
            assert text_of(report, format_, "overview", tmp_path)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"since": "2026-05", "until": "2026-01"}, ArgumentError),
        ({"since": "2999-01-01", "until": ""}, ArgumentError),
        ({"since": "gestern"}, ArgumentError),
        ({"since": "1900-01-01"}, ArgumentError),
        ({"where": "status:"}, FilterError),
        ({"where": "没有:这个"}, FilterError),
        ({"workspace": ("71450286",)}, NotFoundError),
    ],
)
async def test_what_cannot_be_reported_on_is_refused(
    context: ToolContext, asked: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await report_of(context, ReportAsked(**(DAYS | asked)))


def test_the_same_mirror_gives_the_same_report(mirrored: Settings, chinese: Report) -> None:
    again = made(mirrored, lang="zh")
    assert json_value(again) == json_value(chinese)
    for format_ in ("md", "html", "json"):
        texts = {text_of(one, format_, "overview", mirrored.home) for one in (chinese, again)}
        assert len(texts) == 1


async def test_progress_is_told_section_by_section(context: ToolContext) -> None:
    from dataclasses import replace

    heard: list[Any] = []
    await report_of(replace(context, progress=heard.append), ReportAsked(**DAYS))
    steps = [(event.done, event.total) for event in heard if event.step == "report"]
    assert steps == [(place, len(steps)) for place in range(1, len(steps) + 1)]
