"""The charts of `bench/chart_samples.py`, one of each kind, and pictures of them, drawn once."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from taplens.charts import Chart, render

BENCH = Path(__file__).parents[2] / "bench"
sys.path.insert(0, str(BENCH))

from chart_samples import samples  # noqa: E402

SAMPLES = samples()
THEMES = ("light", "dark")
SVG = "{http://www.w3.org/2000/svg}"
Draw = Callable[..., str]


@cache
def svg(name: str, theme: Any = "light") -> str:
    """The SVG of a sample."""
    return render(SAMPLES[name], format="svg", theme=theme, locale="zh").decode("utf-8")


def png(chart: Chart, **options: Any) -> Image.Image:
    """The picture of a chart, a pixel for each of its size."""
    content = render(chart, **{"format": "png", "scale": 1.0, "locale": "zh"} | options)
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG"
        return image.convert("RGB")


@pytest.fixture(params=sorted(SAMPLES))
def sample(request: pytest.FixtureRequest) -> str:
    """The name of each sample in turn."""
    return str(request.param)
