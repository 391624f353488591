"""A report as one HTML page that needs nothing else: no script, no font, no other address."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from taplens.reports.model import Report
from taplens.reports.svg import drawn
from taplens.reports.templating import filled, style


def page(report: Report, template: str, home: Path) -> str:
    """The page; it forbids itself everything but its own sheet, which it names by its hash.

    Draws charts: to be called off the event loop. Raises as templating.filled.
    """
    from markupsafe import Markup

    pictures = [picture for section in report.sections for picture in section.pictures]
    charts = drawn([picture.chart for picture in pictures], report.lang)
    sheet = f"{style()}\n{charts.sheet}\n"
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode("ascii")
    more = {
        "style": Markup(sheet),  # noqa: S704 - ours, and the charts' own
        "policy": f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'",
        "charts": {
            picture.name: Markup(svg)  # noqa: S704 - drawn by us, its texts as paths
            for picture, svg in zip(pictures, charts.elements, strict=True)
        },
    }
    return filled(report, template, "html", home, more)
