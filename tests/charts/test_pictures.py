"""PNG: as large as asked, drawn, and readable where there is too much, too little or too long."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from taplens.charts import Chart, Mark, Series, histogram, render
from taplens.charts.theme import THEMES
from taplens.errors import ArgumentError
from tests.charts.conftest import SAMPLES, png


def inked(image: Image.Image) -> tuple[int, int, int, int] | None:
    """The box that holds everything that isn't paper."""
    paper = Image.new("RGB", image.size, image.getpixel((0, 0)))
    return ImageChops.difference(image, paper).getbbox()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_kind_is_drawn_on_its_paper_within_the_edges(sample: str, theme: Any) -> None:
    image = png(SAMPLES[sample], theme=theme)
    assert image.size == (960, 540)
    assert "#{:02x}{:02x}{:02x}".format(*image.getpixel((1, 1))) == THEMES[theme].paper
    box = inked(image)
    assert box is not None
    left, top, right, bottom = box
    assert right - left > 500
    assert bottom - top > 350
    assert left >= 4
    assert top >= 4
    assert right <= 956
    assert bottom <= 536


@given(
    width=st.integers(240, 700),
    height=st.integers(240, 500),
    scale=st.sampled_from((0.5, 1.0, 1.5)),
)
@example(width=240, height=2_400, scale=1.0)
@example(width=2_400, height=240, scale=2.0)
@settings(max_examples=12)
def test_a_picture_is_as_large_as_asked(width: int, height: int, scale: float) -> None:
    chart = Chart(kind="bars", title="大小", x=["甲"], series=[Series("数量", [1])])
    image = png(chart, width=width, height=height, scale=scale)
    assert image.size == (int(width * scale), int(height * scale))


def test_threads_draw_the_same_picture_as_one_alone() -> None:
    charts = [SAMPLES[name] for name in ("trend", "people", "words")] * 2
    with ThreadPoolExecutor(3) as pool:
        drawn = list(pool.map(lambda chart: render(chart, scale=1.0, locale="zh"), charts))
    assert drawn[:3] == drawn[3:]
    assert drawn[0] == render(SAMPLES["trend"], scale=1.0, locale="zh")


KINDS = ("line", "bars", "stacked_bars", "ranking", "areas", "histogram", "scatter", "fan", "words")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "empty",
    [
        {},
        {"x": ["甲"], "series": [Series("无", [None])]},
        {"x": [], "series": [Series("无", [])]},
    ],
)
def test_no_data_is_said_in_words(kind: Any, empty: dict[str, Any]) -> None:
    if kind == "histogram" and empty.get("x"):
        empty = {"x": [0.0, 1.0], "series": [Series("无", [None])]}
    image = png(Chart(kind=kind, title="空", **empty), width=400, height=300)
    box = image.crop((100, 120, 300, 220))
    assert inked(box), "the words stand in the middle"


def one_value(kind: Any) -> Chart:
    x: list[Any] = [0.0, 1.0] if kind == "histogram" else ["甲"]
    return Chart(kind=kind, title="一", x=x, series=[Series("数量", [0])])


@pytest.mark.parametrize("kind", KINDS)
def test_a_single_zero_can_be_drawn(kind: Any) -> None:
    assert inked(png(one_value(kind), width=400, height=300))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_far_too_long_stays_inside_a_small_picture(kind: Any) -> None:
    text = "一个非常长的名称，没有人会把它读完（含括号）" * 30
    count = 40
    x: list[Any] = [f"{text}{n}" for n in range(count)]
    if kind == "histogram":
        x = list(map(float, range(count + 1)))
    series = [Series(text, [float(n) for n in range(count)])]
    many = series * {"words": 1, "fan": 9}.get(kind, 20)
    marks = [Mark(text, 3.0, "y")]
    chart = Chart(
        kind=kind, title=text, subtitle=text, unit=text, x_name=text, notes=[text], x=x,
        series=many, marks=marks,
    )  # fmt: skip
    box = inked(png(chart, width=480, height=420))
    assert box is not None
    assert box[0] >= 4
    assert box[2] <= 476
    assert box[1] >= 4
    assert box[3] <= 416


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["line", "scatter", "bars", "areas"])
def test_thousands_of_values_are_drawn(kind: Any) -> None:
    chance = random.Random(1)
    values = [chance.random() * 100 for _ in range(6_000)]
    days: list[Any] = [date(2010, 1, 1) + timedelta(days=n) for n in range(6_000)]
    chart = Chart(kind=kind, title="很多", x=days, series=[Series("值", values)])
    assert inked(png(chart))
    assert len(render(chart, format="svg")) < 1_500_000


@pytest.mark.parametrize(
    "options",
    [
        {"format": "gif"},
        {"theme": "blue"},
        {"width": 0},
        {"width": 100_000},
        {"height": -1},
        {"scale": 0.0},
        {"scale": float("nan")},
        {"scale": float("inf")},
        {"width": 2_400, "height": 2_400, "scale": 4.0},
    ],
)
def test_nonsense_is_refused_by_name(options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError) as fault:
        render(one_value("bars"), **options)
    assert fault.value.message("zh")
    assert fault.value.mend("en")


def test_values_below_zero_hang_from_the_line() -> None:
    chart = Chart(kind="bars", title="净变化", x=["甲", "乙"], series=[Series("变化", [-5, 5])])
    image = png(chart, width=400, height=300)
    colour = tuple(bytes.fromhex(THEMES["light"].series[0][1:]))
    rows = {x: [y for y in range(300) if image.getpixel((x, y)) == colour] for x in (130, 300)}
    assert min(rows[130]) >= max(rows[300])


def test_a_histogram_far_to_the_right_keeps_its_bins_wide() -> None:
    chart = histogram([1.0] * 500 + [2.0] * 480 + [9_000.0], "项", title="长尾")
    assert len(chart.x) < 40
    assert inked(png(chart))


@pytest.mark.parametrize("axis", ["x", "y"])
def test_a_mark_beyond_the_values_is_drawn_inside_the_plot(axis: Any) -> None:
    def picture(marks: list[Mark]) -> Image.Image:
        series = [Series("值", [1, 2, 3])]
        x = [1.0, 2.0, 3.0]
        return png(Chart(kind="scatter", title="线", x=x, series=series, marks=marks))

    near, far = picture([Mark("线", 2.0, axis)]), picture([Mark("线", 30.0, axis)])
    assert inked(far)
    # The header is untouched by the mark's name, and the points have moved together.
    assert near.crop((0, 0, 960, 50)).tobytes() == far.crop((0, 0, 960, 50)).tobytes()
    assert near.tobytes() != far.tobytes()


def test_a_line_without_values_has_no_name_at_its_end() -> None:
    some, none = Series("有", [1, 2]), Series("没有值的系列", [None, None])
    pictures = [
        png(Chart(kind="line", title="线", x=["一", "二"], series=series))
        for series in ([some], [some, none])
    ]
    assert pictures[0].tobytes() == pictures[1].tobytes()


def test_numbers_over_bars_are_left_out_where_they_would_meet() -> None:
    def numbered(values: list[float]) -> bool:
        """Whether the plot holds ink as dark as that of the numbers over bars."""
        x = [str(n) for n in range(len(values))]
        chart = Chart(kind="bars", title="柱", x=x, series=[Series("值", values)])
        plot = png(chart, width=400).crop((60, 60, 400, 540))
        return any(max(colour) < 60 for _, colour in plot.getcolors(1_000_000) or ())  # type: ignore[arg-type]

    assert numbered([123_456.0] * 4)
    assert not numbered([123_456.0] * 12)


def test_many_notes_leave_the_plot_its_room() -> None:
    notes = [f"注意事项 {n}" for n in range(50)]
    image = png(Chart(kind="bars", title="注", x=["甲"], series=[Series("值", [1])], notes=notes))
    colour = tuple(bytes.fromhex(THEMES["light"].series[0][1:]))
    rows = [y for y in range(540) if image.getpixel((480, y)) == colour]
    assert max(rows) - min(rows) > 250
