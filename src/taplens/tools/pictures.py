"""Pictures of what a tool found: charts drawn off the event loop, and the words on them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator
from pydantic.json_schema import SkipJsonSchema

from taplens import messages

if TYPE_CHECKING:
    from taplens.charts import Chart
    from taplens.charts.rendering import Format

Theme = Literal["light", "dark"]
# Of a picture in an answer: 1,440 x 810 pixels, which models look at without making them smaller.
_SCALE = 1.5


def _theme(value: Any) -> Any:
    """A theme from how models say that they want a picture, or don't."""
    word = str(value).strip().lower()
    if word in ("true", "yes", "1", "png"):
        return "light"
    return None if word in ("false", "no", "0", "none", "") else word


# The argument `chart` of a tool whose answer can be drawn, None by default.
ChartTheme = Annotated[Theme | SkipJsonSchema[None], BeforeValidator(_theme)]


async def drawn(
    make: Callable[[], Chart],
    *,
    locale: str,
    theme: Theme = "light",
    format: Format = "png",  # noqa: A002 - as in `render`
    scale: float = _SCALE,
) -> bytes:
    """The picture of the chart that `make` gives; both happen in a thread."""

    def draw() -> bytes:
        from taplens.charts import render

        return render(make(), format=format, theme=theme, scale=scale, locale=locale)

    return await asyncio.to_thread(draw)


def field_word(name: str, locale: str) -> str:
    """What people call a field: "owner" is 处理人 in Chinese. Else its name, as found."""
    from taplens.mirror.fields import FIELDS

    if messages.has(f"cli.column.{name}"):
        return messages.text(f"cli.column.{name}", locale)
    aliases = (alias for field in FIELDS if field.name == name for alias in field.aliases)
    chinese = next((alias for alias in aliases if not alias.isascii()), name)
    return chinese if locale == "zh" else name
