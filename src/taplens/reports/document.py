"""A report as a Word document, by the package python-docx (the extra `docx`)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from taplens.errors import ExportError
from taplens.reports.model import Figure, Item, Report, Section
from taplens.reports.wording import Wording, one_line

if TYPE_CHECKING:
    from docx.document import Document

_FONT, _CHINESE_FONT = "Calibri", "Microsoft YaHei"
_WIDTH = 16.0  # of a picture, in centimetres: A4 less its margins
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a ZIP can tell
_UNWRITABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), "\ufffd")


def document(report: Report) -> bytes:
    """The file: the same bytes for the same report. To be called off the event loop.

    Raises ExportError where python-docx isn't installed.
    """
    try:
        import docx
    except ModuleNotFoundError as fault:
        raise ExportError("docx_missing") from fault
    made = docx.Document()
    _Writer(made, report).write()
    target = io.BytesIO()
    made.save(target)
    return _timeless(target.getvalue())


class _Writer:
    """Writes one report into one document."""

    def __init__(self, made: Document, report: Report) -> None:
        self._made = made
        self._report = report
        self._say = Wording(report.lang)

    def write(self) -> None:
        """Everything, in order."""
        self._settle()
        report, say = self._report, self._say
        self._made.add_heading(_text(f"{report.title} · {say.period(report)}"), 0)
        for label, text in say.facts(report):
            self._made.add_paragraph(_text(f"{label}: {text}"), style="List Bullet")
        for warning in report.warnings:
            self._made.add_paragraph(_text(f"⚠ {warning}"))
        self._prose()
        for section in report.sections:
            self._section(section)
        self._definitions()
        self._made.add_paragraph(say.text("word.generated"))

    def _settle(self) -> None:
        """Fonts for both scripts, A4, and properties that tell the report's own time."""
        from docx.enum.style import WD_STYLE_TYPE
        from docx.oxml.ns import qn
        from docx.shared import Cm, Pt

        for style in self._made.styles:
            if style.type == WD_STYLE_TYPE.PARAGRAPH:
                style.font.name = _FONT
                properties = style.element.get_or_add_rPr()
                properties.get_or_add_rFonts().set(qn("w:eastAsia"), _CHINESE_FONT)
        self._made.styles["Normal"].font.size = Pt(10.5)
        for page in self._made.sections:
            page.page_width, page.page_height = Cm(21), Cm(29.7)
            page.left_margin = page.right_margin = Cm(2.5)
        core, report = self._made.core_properties, self._report
        core.title = _text(f"{report.title} {self._say.period(report)}")
        core.author = core.last_modified_by = "TapLens"
        core.comments = ""
        if report.as_of is not None:
            core.created = core.modified = datetime.fromisoformat(report.as_of).replace(tzinfo=None)

    def _prose(self) -> None:
        prose, say = self._report.prose, self._say
        if prose is None:
            return
        self._made.add_heading(say.text("section.prose"), 1)
        for text in prose.summary:
            self._made.add_paragraph(_text(text))
        for one in prose.findings:
            rests = f"({say.text('word.rests_on')} {', '.join(one.ids)})"
            self._made.add_paragraph(_text(f"{one.text} {rests}"), style="List Bullet")
        told = say.text("word.coverage", read=prose.read, asked=prose.asked, model=prose.model)
        for text in (told, *(f"⚠ {missing}" for missing in prose.missing)):
            self._made.add_paragraph(_text(text))

    def _section(self, section: Section) -> None:
        self._made.add_heading(_text(section.title), 1)
        self._figures(section.figures)
        for picture in section.pictures:
            self._picture(picture.chart)
        for table in section.breakdowns:
            self._made.add_heading(_text(table.title), 2)
            self._figures(table.figures)
            if table.beyond:
                beyond = self._say.number(table.beyond)
                self._made.add_paragraph(self._say.text("word.beyond", count=beyond))
        for listing in section.listings:
            count = listing.count
            self._made.add_heading(_text(f"{count.label}: {self._say.value(count)}"), 2)
            self._items(listing.items)
        self._items(section.items)
        for note in section.notes:
            self._made.add_paragraph(_text(note))

    def _picture(self, chart: Any) -> None:
        from docx.shared import Cm

        from taplens.charts import render

        drawn = render(chart, format="png", width=860, height=360, locale=self._report.lang)
        self._made.add_picture(io.BytesIO(drawn), width=Cm(_WIDTH))

    def _figures(self, figures: Sequence[Figure]) -> None:
        say = self._say
        if not figures:
            return
        heads = [say.text(f"word.{name}") for name in ("figure", "value", "before", "change")]
        rows = [[one.label, say.value(one), say.before(one), say.change(one)] for one in figures]
        if not any(one.before_call for one in figures):
            heads = [heads[0], say.text("word.count")]
            rows = [row[:2] for row in rows]
        self._table(heads, rows)

    def _items(self, items: Sequence[Item]) -> None:
        say = self._say
        if not items:
            return
        names = ("item", "figure", "status", "priority", "owner", "why")
        heads = [say.text(f"word.{name}") if name != "figure" else "" for name in names]
        rows: list[list[str | tuple[str, str]]] = [
            [
                (f"{say.text(f'one.{one.type}')} {one.number or one.id}", one.link),
                one.title,
                one.status,
                one.priority,
                one.owner,
                "; ".join(one.reasons),
            ]
            for one in items
        ]
        if not any(one.reasons for one in items):
            heads, rows = heads[:-1], [row[:-1] for row in rows]
        self._table(heads, rows)

    def _definitions(self) -> None:
        say = self._say
        self._made.add_heading(say.text("word.definitions"), 1)
        rows = [
            [one.label, one.definition, f"{one.call.tool} {one.call.where or '*'}"]
            for one in self._report.every_figure()
            if one.definition
        ]
        self._table([say.text(f"word.{name}") for name in ("figure", "definition", "query")], rows)

    def _table(self, heads: Sequence[str], rows: Iterable[Sequence[str | tuple[str, str]]]) -> None:
        """A table; a pair in a cell is a text that leads to an address."""
        table = self._made.add_table(rows=1, cols=len(heads), style="Light Grid Accent 1")
        for cell, head in zip(table.rows[0].cells, heads, strict=True):
            cell.text = _text(head)
        for row in rows:
            for cell, value in zip(table.add_row().cells, row, strict=True):
                if isinstance(value, tuple):
                    self._link(cell.paragraphs[0], *value)
                else:
                    cell.text = _text(value)
        self._made.add_paragraph()

    def _link(self, paragraph: Any, text: str, address: str) -> None:
        """python-docx reads links but makes none: one is a run in a w:hyperlink."""
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        key = paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), key)
        run = paragraph.add_run(_text(text))
        link.append(run._r)
        paragraph._p.append(link)


def _text(value: object) -> str:
    """`value` on one line, without what XML can't hold."""
    plain = one_line(value).translate(_UNWRITABLE)
    return plain.encode("utf-8", "replace").decode("utf-8")


def _timeless(packed: bytes) -> bytes:
    """The same archive with one time for all its members: when it was packed is no part of it."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0  # the same on all systems
            new.writestr(entry, old.read(name))
    return target.getvalue()
