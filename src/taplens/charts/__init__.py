"""Charts: data first, then a picture (SVG or PNG) or a table (CSV) of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taplens.charts.bins import histogram
from taplens.charts.csv_text import csv_of
from taplens.charts.model import Chart, Kind, Mark, Series

if TYPE_CHECKING:
    from taplens.charts.rendering import render

__all__ = ["Chart", "Kind", "Mark", "Series", "csv_of", "histogram", "render"]


def __getattr__(name: str) -> Any:
    """`render`, loaded when it is first asked for: few who make charts draw them."""
    if name != "render":
        raise AttributeError(name)
    from taplens.charts.rendering import render

    return render
