"""The formats of a report, and how its files come about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from taplens.errors import ArgumentError
from taplens.reports.model import Figure, Item, Report, json_value
from taplens.reports.wording import Wording
from taplens.tables import Cell, Destination, Link, Table, check_path, replacing, save

TEXTS = ("md", "html", "json")  # what can be printed
FORMATS = (*TEXTS, "docx", "xlsx")


@dataclass(frozen=True, slots=True)
class Target:
    """A file that a report goes to."""

    path: Path
    format: str


def target_of(path: Path, format_: str = "") -> Target:
    """The file `path`, in the format that is asked for, else in that of its ending.

    Raises ArgumentError for what is no format of a report, ExportError for a place where nothing
    can be written.
    """
    found = format_ or path.suffix.lower().removeprefix(".")
    if found not in FORMATS:
        raise ArgumentError("report_format", name=str(path)[-80:], known=", ".join(FORMATS))
    check_path(path)
    return Target(path, found)


def text_of(report: Report, format_: str, template: str, home: Path) -> str:
    """The report as text of one of TEXTS. Raises as templating.filled; call it in a thread."""
    if format_ == "json":
        return json.dumps(json_value(report), ensure_ascii=False, indent=2) + "\n"
    if format_ == "html":
        from taplens.reports.page import page

        return page(report, template, home)
    from taplens.reports.templating import filled

    return filled(report, template, "md", home)


def write(report: Report, target: Target, template: str, home: Path) -> None:
    """Write a file; what is there is replaced once the new one is whole. Call it in a thread.

    Raises ExportError, and as text_of.
    """
    if target.format == "xlsx":
        save(_table(report), [Destination("xlsx", str(target.path))])
        return
    if target.format == "docx":
        from taplens.reports.document import document

        content = document(report)
    else:
        content = text_of(report, target.format, template, home).encode("utf-8", "replace")
    with replacing(target.path) as path:
        path.write_bytes(content)


def _table(report: Report) -> Table:
    """The figures as rows, and the items that are named."""
    say = Wording(report.lang)
    names = ("section", "figure", "value", "before", "change", "unit", "definition", "tool",
             "query")  # fmt: skip
    facts = [*say.facts(report), *((say.text("word.warnings"), text) for text in report.warnings)]
    made = report.as_of and datetime.fromisoformat(report.as_of).replace(tzinfo=None)
    return Table(
        report.title,
        [say.text(f"word.{name}") for name in names],
        _rows(report),
        facts,
        made or None,
    )


def _rows(report: Report) -> Iterator[list[Cell]]:
    say = Wording(report.lang)
    for section in report.sections:
        for figure in section.figures:
            yield _row(section.title, figure)
        for table in section.breakdowns:
            for figure in table.figures:
                yield _row(f"{section.title} · {table.title}", figure)
        for listing in section.listings:
            yield _row(section.title, listing.count)
            for item in listing.items:
                yield _item_row(say, f"{section.title} · {listing.count.label}", item)
        for item in section.items:
            yield _item_row(say, section.title, item)


def _row(section: str, one: Figure) -> list[Cell]:
    facts = [one.value, one.before, one.change, one.unit, one.definition]
    return [section, one.label, *facts, one.call.tool, one.call.where]


def _item_row(say: Wording, section: str, one: Item) -> list[Cell]:
    name = f"{say.text(f'one.{one.type}')} {one.number or one.id} {one.title}"
    told = "; ".join(filter(None, (one.status, one.priority, one.owner, *one.reasons)))
    return [section, Link(name, one.link), None, None, None, None, told, None, None]
