"""An evaluation as one HTML page that needs nothing else: no script, no font, no other address."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from taplens import messages
from taplens.evaluate.evaluating import Evaluated, total_of
from taplens.evaluate.model import Evaluation, Mark
from taplens.tables import replacing

MOST = 5_000  # cases on a page, the worst: a browser draws more slowly than anybody reads
_BANDS = ((0, "none"), (5, "low"), (8, "fair"))  # below which score; the best above


def write(found: Evaluated, path: Path, *, title: str, notes: Sequence[str], locale: str) -> None:
    """Write the page to `path`, whole or not at all. Raises ExportError.

    `title` names what was evaluated, `notes` say what a reader must know, such as who scored.
    """
    text = page(found, title=title, notes=notes, locale=locale)
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", errors="replace", newline="\n")


def page(found: Evaluated, *, title: str, notes: Sequence[str], locale: str) -> str:
    """The page; it forbids itself everything but its own sheet, which it names by its hash."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    sheet = _file("evaluation.css")
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode("ascii")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_file("evaluation.html.jinja"))

    def say(key: str, **told: Any) -> str:
        return messages.text(f"evaluate.{key}", locale, **told)

    return template.render(
        found=found,
        worst=sorted(found.evaluations, key=total_of)[:MOST],
        beyond=max(0, len(found.evaluations) - MOST),
        title=title,
        notes=notes,
        language={"zh": "zh-CN"}.get(locale, locale),
        say=say,
        total_of=total_of,
        band=band,
        shown=shown,
        style=Markup(sheet),  # noqa: S704 - ours
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'",
    )


def band(score: float) -> str:
    """The class of a score: its colour."""
    return next((name for above, name in _BANDS if score < above), "good")


def shown(evaluation: Evaluation) -> list[Mark]:
    """The marks of a case that say something, the lowest first."""
    said = [one for one in evaluation.marks if one.suggestion]
    return sorted(said, key=lambda one: (one.score < 0, one.score))


def _file(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
