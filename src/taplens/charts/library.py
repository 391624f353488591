"""The one place where matplotlib is loaded: without the user's settings, fonts and folders."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import as_file, files
from typing import Any

FONT = "TapLens Sans"
FALLBACK = "DejaVu Sans"  # comes with matplotlib: Arabic letters, more of Latin, some emoji
_FILE = "TapLensSans-Regular.otf"

# matplotlib keeps its settings for the whole process: charts are drawn one at a time.
_drawing = threading.RLock()


@contextmanager
def drawing() -> Iterator[None]:
    """While inside, matplotlib is this thread's, with its own defaults and our font.

    The process's settings are as before afterwards.
    """
    with _drawing:
        matplotlib = _loaded()
        with matplotlib.rc_context(_settings()):
            yield


@cache
def font_files() -> tuple[str, str]:
    """The paths of our font and of the one that stands in for what it lacks."""
    _loaded()
    from matplotlib import get_data_path

    with as_file(files("taplens.charts") / "font" / _FILE) as path:
        return str(path), os.path.join(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")  # noqa: PTH118


@cache
def _loaded() -> Any:
    """matplotlib, knowing our font and none of the system's.

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
    with as_file(files("taplens.charts") / "font" / _FILE) as path:
        matplotlib.font_manager.fontManager.addfont(str(path))
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
        "font.family": [FONT, FALLBACK],
        "text.parse_math": False,  # a dollar sign in a title is a dollar sign
        "text.hinting": "none",  # else letters are as wide as whole pixels, not as measured
        "axes.unicode_minus": True,
        "svg.fonttype": "path",
        "svg.hashsalt": "taplens",
        "hatch.linewidth": 0.7,
    }
    return {**kept, **ours}
