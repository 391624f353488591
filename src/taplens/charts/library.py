"""The one place where matplotlib is loaded: without the user's settings, fonts and folders."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

# Our fonts by family, each standing in for what those before it lack.
_OURS = {
    "TapLens Sans": "TapLensSans-Regular.otf",
    "TapLens Mongolian": "TapLensMongolian-Regular.ttf",
    "TapLens Tibetan": "TapLensTibetan-Regular.ttf",
    "TapLens Yi": "TapLensYi-Regular.ttf",
}
# Comes with matplotlib: Arabic letters, more of Latin, some emoji.
_LAST, _LAST_FILE = "DejaVu Sans", "DejaVuSans.ttf"

# matplotlib keeps its settings for the whole process: charts are drawn one at a time.
_drawing = threading.RLock()


@contextmanager
def drawing() -> Iterator[None]:
    """While inside, matplotlib is this thread's, with its own defaults and our fonts.

    The process's settings are as before afterwards.
    """
    with _drawing:
        matplotlib = _loaded()
        with matplotlib.rc_context(_settings()):
            yield


@cache
def font_files() -> tuple[str, ...]:
    """The paths of our fonts and of the last one, in the order they stand in for each other."""
    from matplotlib import get_data_path

    last = Path(get_data_path()) / "fonts" / "ttf" / _LAST_FILE
    return (*_our_files(), str(last))


def _our_files() -> list[str]:
    return [str(Path(__file__).parent / "font" / name) for name in _OURS.values()]


@cache
def _loaded() -> Any:
    """matplotlib, knowing our fonts and none of the system's.

    Looking through a system's fonts takes seconds, and what it found would be written to the
    user's folders; both happen at import, hence the environment meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="taplens-", ignore_cleanup_errors=True) as folder:
        ours = {"MPL_IGNORE_SYSTEM_FONTS": "1"}
        if "MPLCONFIGDIR" not in os.environ:
            ours["MPLCONFIGDIR"] = folder
        with _environment(ours):
            import matplotlib
            import matplotlib.backends.backend_agg
            import matplotlib.backends.backend_svg
            import matplotlib.font_manager
    for path in _our_files():
        matplotlib.font_manager.fontManager.addfont(path)
    return matplotlib


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@cache
def _settings() -> dict[str, Any]:
    """matplotlib's own defaults, whatever a `matplotlibrc` says, and what we want otherwise."""
    import matplotlib

    kept: dict[str, Any] = {
        name: value
        for name, value in matplotlib.rcParamsDefault.items()
        if not name.startswith(("backend", "webagg", "interactive", "toolbar", "date.epoch"))
    }
    ours: dict[str, Any] = {
        "font.family": [*_OURS, _LAST],
        "text.parse_math": False,  # a dollar sign in a title is a dollar sign
        "text.hinting": "none",  # else letters are as wide as whole pixels, not as measured
        "axes.unicode_minus": True,
        "svg.fonttype": "path",
        "svg.hashsalt": "taplens",
        "hatch.linewidth": 0.7,
    }
    return {**kept, **ours}
