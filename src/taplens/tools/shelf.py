"""Charts of answers, kept for a while to be looked at under names that nobody can guess."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taplens.tools.pictures import Theme, drawn

if TYPE_CHECKING:
    from taplens.charts import Chart
    from taplens.charts.rendering import Format
    from taplens.clock import Clock

KEPT_SECONDS = 24 * 3600.0
MOST_KEPT = 200
_NAME_BYTES = 16


@dataclass(frozen=True, slots=True)
class Kept:
    """A chart: `make` gives it, `locale` is the language of its words."""

    make: Callable[[], Chart]
    locale: str
    until: float
    _drawn: dict[tuple[Format, Theme], bytes] = field(default_factory=dict)

    async def picture(self, format: Format, theme: Theme) -> bytes:  # noqa: A002 - as in `render`
        """The picture, drawn once."""
        if (format, theme) not in self._drawn:
            picture = await drawn(self.make, locale=self.locale, theme=theme, format=format)
            self._drawn[format, theme] = picture
        return self._drawn[format, theme]


class ChartShelf:
    """The charts of one process: the last MOST_KEPT, none longer than KEPT_SECONDS."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def keep(self, make: Callable[[], Chart], locale: str) -> str:
        """Keeps a chart; its name."""
        name = secrets.token_urlsafe(_NAME_BYTES)
        self._kept[name] = Kept(make, locale, self._clock.monotonic() + KEPT_SECONDS)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return name

    def find(self, name: str) -> Kept | None:
        """The chart called `name`; None for one that isn't kept (any more)."""
        found = self._kept.get(name)
        if found is not None and found.until < self._clock.monotonic():
            del self._kept[name]
            return None
        return found
