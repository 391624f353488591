"""Pictures of the charts that answers link to, and their data."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from taplens.errors import RefusalError
from taplens.gateway.answers import Answer
from taplens.gateway.call import Call, Route

if TYPE_CHECKING:
    from taplens.charts.rendering import Format
    from taplens.tools.pictures import Theme

PATH = "/charts/{chart}"
_KINDS = {"svg": b"image/svg+xml", "png": b"image/png", "csv": b"text/csv; charset=utf-8"}
_PICTURES: dict[str, Format] = {"svg": "svg", "png": "png"}
# An SVG that is opened by itself is a document: it loads and runs nothing.
_HEADERS = [
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"private, max-age=3600"),
]


def routes() -> list[Route]:
    """Public: clients that show an answer send no key with its pictures. The name is the key."""
    return [Route(PATH, ("GET",), handle, public=True)]


async def handle(call: Call) -> Answer:
    """A chart as its name ends: svg, png or csv; `theme=dark` for dark pages.

    Raises RefusalError 404 for a chart that isn't kept.
    """
    name, _, ending = call.parameters["chart"].rpartition(".")
    kept = call.services.charts.find(name)
    if kept is None or ending not in _KINDS:
        raise RefusalError("chart_not_kept", status=404)
    if ending in _PICTURES:
        theme: Theme = "dark" if call.query.get("theme") == "dark" else "light"
        body = await kept.picture(_PICTURES[ending], theme)
    else:
        from taplens.charts import csv_of

        text = await asyncio.to_thread(lambda: csv_of(kept.make(), bom=True, locale=kept.locale))
        body = text.encode()
    return Answer(body=body, kind=_KINDS[ending], headers=list(_HEADERS))
