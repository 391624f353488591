"""From a chart to the bytes of a picture."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, Literal, get_args
from xml.sax.saxutils import escape

from taplens import messages
from taplens.charts import library
from taplens.charts.fewer import fewer
from taplens.charts.kinds import areas, bars, lines, spread, words
from taplens.charts.lettering import printable
from taplens.charts.model import Chart
from taplens.charts.panel import PIXELS_PER_INCH, TITLE, Panel
from taplens.charts.theme import THEMES, ThemeName
from taplens.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Format = Literal["png", "svg"]
SIDES = (240, 2_400)  # of a picture, in CSS pixels
SCALES = (0.5, 4.0)
_MOST_PIXELS = 16_000_000
_ROW = 21.0  # the least height of a row in a ranking
_DRAWN = {
    "line": lines.draw,
    "fan": lines.draw_fan,
    "areas": areas.draw,
    "bars": bars.draw,
    "stacked_bars": bars.draw_stacked,
    "ranking": bars.draw_ranking,
    "histogram": spread.draw_histogram,
    "scatter": spread.draw_scatter,
    "words": words.draw,
}


def render(
    chart: Chart,
    *,
    format: Format = "png",  # noqa: A002 - what everybody calls it
    theme: ThemeName = "light",
    width: int = 960,
    height: int = 540,
    scale: float = 2.0,
    locale: str | None = None,
) -> bytes:
    """The picture of `chart`: the same bytes for the same data.

    `width` and `height` are CSS pixels; a PNG has `scale` times as many, an SVG needs no fonts.
    `locale` is of the few words that aren't the chart's own. It takes a while and is to be called
    off the event loop; threads wait for each other. Raises ArgumentError for a format, theme or
    size that isn't one.
    """
    _check(format, theme, width, height, scale)
    with library.drawing():
        figure = _figure(chart, theme, width, height, locale)
        target = io.BytesIO()
        if format == "svg":
            figure.savefig(target, format="svg", facecolor=THEMES[theme].paper, metadata=_NO_WORDS)
            return _finished(target.getvalue().decode("utf-8"), chart).encode("utf-8")
        figure.savefig(
            target,
            format="png",
            facecolor=THEMES[theme].paper,
            dpi=PIXELS_PER_INCH * scale,
            metadata={"Software": None},
        )
        return target.getvalue()


_NO_WORDS: dict[str, Any] = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def _check(format_: str, theme: str, width: int, height: int, scale: float) -> None:
    for name, value, known in (("format", format_, get_args(Format)), ("theme", theme, THEMES)):
        if value not in known:
            choices = ", ".join(known)
            raise ArgumentError("argument_choice", name=name, choices=choices, value=value[:40])
    low, high = SIDES
    sides_fit = low <= width <= high and low <= height <= high
    if not sides_fit or not SCALES[0] <= scale <= SCALES[1]:
        raise ArgumentError("chart_size", low=low, high=high, least=SCALES[0], most=SCALES[1])
    if width * height * scale * scale > _MOST_PIXELS:
        raise ArgumentError("chart_pixels", most=_MOST_PIXELS // 1_000_000)


def _figure(chart: Chart, theme: ThemeName, width: int, height: int, locale: str | None) -> Figure:
    from matplotlib.figure import Figure

    # A hair more than the size: the sides are cut to whole pixels, and must not fall short.
    inches = [side / PIXELS_PER_INCH + 1e-6 for side in (width, height)]
    figure = Figure(figsize=(inches[0], inches[1]), dpi=PIXELS_PER_INCH)
    panel = Panel(figure, THEMES[theme], float(width), float(height))
    panel.head(chart)
    shown = chart if chart.empty else fewer(chart, int((panel.top - 60) // _ROW), locale)
    panel.foot(list(shown.notes))
    if chart.empty:
        middle = (panel.top + panel.bottom) / 2
        text = messages.text("chart.empty", locale)
        panel.write(width / 2, middle, text, TITLE, ha="center", va="center")
    else:
        _DRAWN[chart.kind](panel, shown)
    return figure


def _finished(svg: str, chart: Chart) -> str:
    """The SVG with a title and a description for who can't see it, and without its DTD."""
    described = ". ".join(filter(None, (chart.subtitle, *(row.name for row in chart.series[:8]))))
    words = (
        f"<title>{escape(printable(chart.title))}</title>"
        f"<desc>{escape(printable(described))}</desc>"
    )
    svg = re.sub(r"<!DOCTYPE[^>]*>\s*", "", svg, count=1)
    return re.sub(r"<svg ([^>]*)>", rf'<svg role="img" \1>{_literal(words)}', svg, count=1)


def _literal(text: str) -> str:
    return text.replace("\\", r"\\")
