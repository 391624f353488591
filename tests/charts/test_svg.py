"""SVG: needs no fonts, refers to nothing outside, and takes every text for data."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from taplens.charts import Chart, Series, render
from tests.charts.conftest import SAMPLES, SVG, svg

HREF = "{http://www.w3.org/1999/xlink}href"
HARMLESS = {
    "svg", "title", "desc", "defs", "style", "g", "path", "use", "clipPath", "rect", "image",
    "pattern", "symbol",
}  # fmt: skip


def safe(text: str) -> ElementTree.Element:
    """The root of an SVG that can run nothing and load nothing."""
    root = ElementTree.fromstring(text)
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in HARMLESS, element.tag
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on")
            if name in (HREF, "href"):
                assert value.startswith(("#", "data:image/png;base64,"))
            elif "url(" in value:
                assert re.findall(r"url\(([^)])", value) == ["#"] * value.count("url(")
    assert "@import" not in text
    assert "<!DOCTYPE" not in text
    return root


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_kind_needs_no_font_and_nothing_from_outside(sample: str, theme: Any) -> None:
    root = safe(svg(sample, theme))
    assert not root.findall(f".//{SVG}text")
    assert root.findall(f".//{SVG}use")  # the letters


def test_a_picture_has_a_name_and_a_description_for_who_cannot_see_it(sample: str) -> None:
    root = ElementTree.fromstring(svg(sample))
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == SAMPLES[sample].title
    assert root[1].tag == f"{SVG}desc"
    assert SAMPLES[sample].series[0].name in (root[1].text or "")


def test_it_is_as_large_on_the_screen_as_asked() -> None:
    root = ElementTree.fromstring(svg("trend"))
    points = [float((root.get(side) or "").removesuffix("pt")) for side in ("width", "height")]
    assert points == pytest.approx([960 * 0.75, 540 * 0.75], abs=0.01)


def test_the_same_data_give_the_same_bytes(sample: str) -> None:
    again = render(SAMPLES[sample], format="svg", locale="zh").decode("utf-8")
    assert again == svg(sample)


def test_it_is_small_enough_to_be_mailed(sample: str) -> None:
    assert len(svg(sample).encode()) < 250_000


EVIL = '<script>alert(1)</script>"\'&]]>\\1$x^2$ <image href="http://x.test/"/>'


@pytest.mark.parametrize("kind", ["line", "bars", "ranking", "words", "areas"])
def test_markup_in_a_text_is_data(kind: Any) -> None:
    chart = Chart(
        kind=kind, title=EVIL, subtitle=EVIL, unit=EVIL, notes=[EVIL], x=[EVIL, "乙"],
        series=[Series(EVIL, [1, 2])],
    )  # fmt: skip
    text = render(chart, format="svg").decode("utf-8")
    root = safe(text)
    assert root[0].text == EVIL
    assert "<script" not in text


def test_very_many_points_are_one_image_in_it() -> None:
    values = [float(n % 97) for n in range(20_000)]
    chart = Chart(kind="scatter", title="点", x=values, series=[Series("值", values)])
    text = render(chart, format="svg").decode("utf-8")
    assert len(safe(text).findall(f".//{SVG}image")) == 1
    assert len(text) < 400_000
