"""Reports as text by templates: ours, and those that a team keeps in its home folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taplens.errors import NotFoundError, ReportError
from taplens.reports.model import Report
from taplens.reports.wording import Wording, markdown, one_line

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

FOLDER = "templates"  # in the home
_ENDING = ".jinja"
_NAME = re.compile(r"[\w-]{1,60}")
_MOST_CHARACTERS = 20_000_000


def names(home: Path) -> list[str]:
    """The templates there are: `overview`, and those of the team's home."""
    found = {path.name for path in _ours().values()}
    folder = home / FOLDER
    if folder.is_dir():
        found |= {path.name for path in folder.iterdir() if path.name.endswith(_ENDING)}
    return sorted({name.split(".")[0] for name in found})


def check(name: str, home: Path) -> None:
    """Raises NotFoundError where there is no template of that name."""
    if not _NAME.fullmatch(name) or name not in names(home):
        raise NotFoundError("template_unknown", name=name[:60], known=", ".join(names(home)))


def filled(
    report: Report, name: str, kind: str, home: Path, more: Mapping[str, Any] | None = None
) -> str:
    """The report in the template `<name>.<kind>.jinja`, the team's before ours.

    A template of the team's may extend ours (`{% extends "overview.md.jinja" %}`), and sees
    `report`, `say` (wording.Wording) and, in HTML, `style` and `charts`. It can't reach beyond
    them: templates run in Jinja's sandbox. Raises NotFoundError, ReportError for a template that
    is faulty, with its line.
    """
    from jinja2 import TemplateError, TemplateNotFound

    check(name, home)
    environment = _environment(home)
    place = f"{name}.{kind}{_ENDING}"
    try:
        template = environment.get_template(place)
        text = template.render(report=report, say=Wording(report.lang), **(more or {}))
    except TemplateNotFound as fault:  # it may be one that this one extends or includes
        raise ReportError("template_missing", name=str(fault.name)[:80]) from fault
    except TemplateError as fault:
        line = getattr(fault, "lineno", None)
        detail = one_line(fault.message or type(fault).__name__)
        raise ReportError(
            "template_faulty", name=getattr(fault, "name", None) or place, line=line or "–",
            detail=detail[:300],
        ) from fault  # fmt: skip
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as fault:
        detail = one_line(fault)[:300]
        raise ReportError("template_faulty", name=place, line="–", detail=detail) from fault
    if len(text) > _MOST_CHARACTERS:
        raise ReportError("template_faulty", name=place, line="–", detail="too long")
    return text


def _environment(home: Path) -> ImmutableSandboxedEnvironment:
    from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    ours = {name: path.read_text(encoding="utf-8") for name, path in _ours().items()}
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(home / FOLDER, encoding="utf-8"), DictLoader(ours)]),
        autoescape=lambda name: bool(name) and ".html" in str(name),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = markdown
    environment.filters["line"] = one_line
    return environment


@cache
def _ours() -> dict[str, Any]:
    folder = files("taplens.reports") / FOLDER
    return {path.name: path for path in folder.iterdir() if path.name.endswith(_ENDING)}


def style() -> str:
    """The style sheet of our HTML template."""
    return (files("taplens.reports") / FOLDER / "overview.css").read_text(encoding="utf-8")
