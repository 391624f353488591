"""Saving the chart of an answer where the user says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taplens import messages
from taplens.cli import output
from taplens.errors import ArgumentError
from taplens.tables.saving import check_path, replacing

if TYPE_CHECKING:
    from taplens.charts import Chart
    from taplens.charts.rendering import Format

_FORMATS: dict[str, Format] = {".png": "png", ".svg": "svg"}
_SCALE = 2.0  # of a PNG: sharp on the screens and in the documents of today


@dataclass(frozen=True, slots=True)
class Target:
    """The file that a chart goes to, checked before anything is asked of the mirror.

    Raises ArgumentError for a name that is no picture's, ExportError where no file can be.
    """

    path: Path
    dark: bool = False

    def __post_init__(self) -> None:
        if self.path.suffix.lower() not in _FORMATS:
            raise ArgumentError("chart_ending", path=self.path)
        check_path(self.path)

    async def save(self, make: Callable[[], Chart] | None) -> None:
        """Draw the chart that `make` gives, and put it in the file's place when it is whole.

        Raises ArgumentError where there is no chart, ExportError where the file can't be written.
        """
        from taplens.tools.pictures import drawn

        if make is None:
            raise ArgumentError("chart_nothing")
        picture = await drawn(
            make,
            locale=messages.system_locale(),
            theme="dark" if self.dark else "light",
            format=_FORMATS[self.path.suffix.lower()],
            scale=_SCALE,
        )
        with replacing(self.path) as beside:
            beside.write_bytes(picture)
        output.say(messages.text("cli.footer.chart", path=self.path))


def target(path: Path | None, dark: bool) -> Target | None:
    """Where `--chart` and `--dark` say that the chart goes; None: nowhere."""
    return None if path is None else Target(path, dark)
