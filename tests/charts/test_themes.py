"""Colours that everybody can read, and patterns where there are none."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from taplens.charts import Chart, Series
from taplens.charts.theme import DASHES, HATCHES, MARKERS, MOST_SERIES, THEMES
from tests.charts.conftest import png

RGB = tuple[float, float, float]
# Machado, Oliveira and Fernandes (2009): what is seen with no red, or no green, cones (severity 1).
BLIND = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}  # fmt: skip


def linear(colour: str) -> RGB:
    """The linear light of #rrggbb (IEC 61966-2-1)."""
    values = [byte / 255 for byte in bytes.fromhex(colour[1:])]
    r, g, b = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return r, g, b


def contrast(one: str, other: str) -> float:
    """The contrast of WCAG 2.2: from 1 to 21."""
    lights = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(other))]
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def lab(light: RGB) -> RGB:
    """CIE L*a*b* (D65) of linear light."""
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    found = []
    for row, scale in zip(rows, white, strict=True):
        t = sum(c * v for c, v in zip(row, light, strict=True)) / scale
        found.append(t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116)
    x, y, z = found
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(colour: str, matrix: Any) -> RGB:
    light = linear(colour)
    r, g, b = [
        min(1.0, max(0.0, sum(c * v for c, v in zip(row, light, strict=True)))) for row in matrix
    ]
    return lab((r, g, b))


@pytest.mark.parametrize("name", THEMES)
def test_texts_stand_out_from_the_paper(name: Any) -> None:
    theme = THEMES[name]
    for ink in (theme.ink, theme.muted, theme.words):
        assert contrast(ink, theme.paper) >= 4.5, ink


@pytest.mark.parametrize("name", THEMES)
def test_series_stand_out_from_the_paper(name: Any) -> None:
    for colour in THEMES[name].series:
        assert contrast(colour, THEMES[name].paper) >= 3, colour


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("kind", BLIND)
def test_the_first_colours_differ_for_who_sees_no_red_or_no_green(name: Any, kind: str) -> None:
    """Of the first six any two; of the others those that stand side by side."""
    shades = [seen(colour, BLIND[kind]) for colour in THEMES[name].series]
    pairs = {*combinations(range(6), 2), *((n, n + 1) for n in range(len(shades) - 1))}
    for one, other in pairs:
        distance = sum((a - b) ** 2 for a, b in zip(shades[one], shades[other], strict=True)) ** 0.5
        assert distance >= 15, (one, other, distance)


def test_every_series_has_a_pattern_of_its_own() -> None:
    for patterns in (DASHES, MARKERS, HATCHES, *(theme.series for theme in THEMES.values())):
        assert len(set(patterns)) == len(patterns) == MOST_SERIES


def eight(kind: Any) -> Chart:
    """Eight series, the same but for their places."""
    x = [str(n) for n in range(12)] if kind == "line" else ["甲"]
    values = [[n + 1.0] * len(x) if kind == "line" else [1.0] for n in range(MOST_SERIES)]
    series = [Series(f"系列{n}", row) for n, row in enumerate(values)]
    return Chart(kind=kind, title="黑白", x=x, series=series)


def texture(image: Any, box: tuple[int, int, int, int]) -> Any:
    """How a part of a grey picture is patterned, wherever the pattern begins."""
    import numpy

    part = numpy.asarray(image.crop(box), dtype=float)
    return numpy.abs(numpy.fft.fft2(part - part.mean()))


def places(
    image: Any, theme: Any, size: tuple[int, int], above: int
) -> list[tuple[int, int, int, int]]:
    """A box of `size` around the middle of what each series has drawn, in a picture in colour.

    What stands in the first `above` rows is the legend.
    """
    import numpy

    pixels = numpy.asarray(image)
    found = []
    for colour in theme.series:
        rows, columns = (pixels == tuple(bytes.fromhex(colour[1:]))).all(axis=2).nonzero()
        inside = rows > above
        x, y = int(numpy.median(columns[inside])), int(numpy.median(rows[inside]))
        wide, high = size
        found.append((x - wide // 2, y - high // 2, x + wide // 2, y + high // 2))
    return found


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(
    ("kind", "size", "legend"), [("bars", (50, 200), 200), ("line", (300, 36), 0)]
)
def test_printed_in_one_ink_any_two_series_still_differ(
    monkeypatch: pytest.MonkeyPatch, kind: Any, size: tuple[int, int], legend: int, name: Any
) -> None:
    import numpy

    theme, options = THEMES[name], {"theme": name, "scale": 2.0, "width": 480, "height": 400}
    boxes = places(png(eight(kind), **options), theme, size, legend)  # type: ignore[arg-type]
    grey = replace(theme, series=("#777777",) * MOST_SERIES)
    monkeypatch.setitem(THEMES, name, grey)
    image = png(eight(kind), **options).convert("L")
    textures = [texture(image, box) for box in boxes]
    for one, other in combinations(range(MOST_SERIES), 2):
        a, b = textures[one], textures[other]
        apart = numpy.linalg.norm(a - b) / (numpy.linalg.norm(a) + numpy.linalg.norm(b))
        assert apart > 0.15, (one, other, apart)
