"""Charts as parts of a page: inline SVG whose colours and styles come from the page's sheet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from taplens.charts import Chart

_WIDTH, _HEIGHT = 860, 360
_TALL = 440  # for a row each
_STYLE = re.compile(r' style="([^"]*)"')
_IDS = re.compile(r'(\bid="|url\(#|href="#)')
_OWN_SHEET = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL)
_METADATA = re.compile(r"<\?xml[^>]*\?>\s*|<metadata>.*?</metadata>\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Charts as SVG elements, in their order, and the style sheet that they need."""

    elements: tuple[str, ...]
    sheet: str


def drawn(charts: Sequence[Chart], locale: str) -> Drawn:
    """The charts, which share one sheet: styles as classes, the theme's colours as variables.

    So a page's policy needs to allow no style attribute, one drawing serves both themes, and the
    ids of one chart aren't taken for another's. To be called off the event loop.
    """
    classes: dict[str, str] = {}
    elements = tuple(_element(chart, place, locale, classes) for place, chart in enumerate(charts))
    rules = [f".{name}{{{style}}}" for style, name in classes.items()]
    return Drawn(elements, "\n".join([_themes(), *rules]))


def _element(chart: Chart, place: int, locale: str, classes: dict[str, str]) -> str:
    from taplens.charts import render

    height = _TALL if chart.kind == "ranking" else _HEIGHT
    picture = render(chart, format="svg", width=_WIDTH, height=height, locale=locale)
    svg = _METADATA.sub("", picture.decode("utf-8"))
    svg = _OWN_SHEET.sub("", svg)
    svg = _IDS.sub(rf"\g<1>p{place}-", svg)
    svg = _STYLE.sub(lambda match: f' class="{_class(match[1], classes)}"', svg)
    svg = _colours(svg)
    svg = re.sub(r'(<svg [^>]*?)\swidth="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg [^>]*?)\sheight="[^"]*"', r"\1", svg, count=1)
    return svg.replace("<svg ", '<svg class="chart" ', 1).strip()


def _class(style: str, classes: dict[str, str]) -> str:
    style = _colours(re.sub(r"\s+", " ", style.strip()))
    return classes.setdefault(style, f"s{len(classes)}")


def _colours(text: str) -> str:
    """The light theme's colours as the variables that the sheet sets by the reader's theme."""
    from taplens.charts.theme import THEMES

    names = _named(THEMES["light"])
    return re.sub(
        r"#[0-9a-f]{6}", lambda m: f"var(--{names[m[0]]})" if m[0] in names else m[0], text
    )


def _named(theme: object) -> dict[str, str]:
    """The colours of a theme, and the variable of each."""
    found: dict[str, str] = {}
    for name in ("paper", "ink", "muted", "grid", "words"):
        found.setdefault(getattr(theme, name), f"chart-{name}")
    for place, colour in enumerate(theme.series):  # type: ignore[attr-defined]
        found.setdefault(colour, f"chart-{place}")
    return found


def _themes() -> str:
    """The variables in both themes; what is printed is light."""
    from taplens.charts.theme import THEMES

    light, dark = THEMES["light"], THEMES["dark"]
    values = dict(zip(_named(light).values(), _named(light), strict=True))
    darker = dict(zip(_named(dark).values(), _named(dark), strict=True))
    told = [";".join(f"--{n}:{colour}" for n, colour in one.items()) for one in (values, darker)]
    return (
        f":root{{{told[0]}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{told[1]}}}}}\n"
        ".chart *{stroke-linejoin:round;stroke-linecap:butt}"
    )
